"""The Celery application. Tasks are sent by name; the apps' `tasks.py` are found by Django's registry.

An app that wants something repeated puts `beat_schedule` on its AppConfig:
`{"sweep jobs": {"task": "pipeline.sweep", "schedule": 5.0}}`.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

app = Celery("hengsuan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def collect_beat_schedules(sender: Celery, **_: Any) -> None:
    """Gather what the apps want repeated. A process that only sends before Django is ready has none."""
    from django.apps import apps

    if not apps.ready:
        return
    for config in apps.get_app_configs():
        sender.conf.beat_schedule.update(getattr(config, "beat_schedule", {}))


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Connecting to this signal stops Celery from replacing the logging of the settings."""


@signals.before_task_publish.connect
def carry_request_id(headers: dict[str, Any], **_: Any) -> None:
    from structlog.contextvars import get_contextvars

    if request_id := get_contextvars().get("request_id"):
        headers["request_id"] = request_id


@signals.task_prerun.connect
def bind_request_id(task_id: str, task: Any, **_: Any) -> None:
    from structlog.contextvars import bind_contextvars, clear_contextvars

    clear_contextvars()
    request_id = getattr(task.request, "request_id", None) or f"task-{task_id}"
    bind_contextvars(request_id=request_id, task=task.name)


@signals.task_postrun.connect
def unbind_request_id(**_: Any) -> None:
    from structlog.contextvars import clear_contextvars

    clear_contextvars()


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_unsafe_start(**_: Any) -> None:
    from marketplace.config.startup import refuse_unsafe_start as refuse

    refuse()
