"""Django app of work leases and blobs."""

from typing import Any, ClassVar

from django.apps import AppConfig


class LeasesConfig(AppConfig):
    name = "scheduler.leases"
    label = "leases"
    verbose_name = "Leases"
    default_auto_field = "django.db.models.BigAutoField"
    beat_schedule: ClassVar[dict[str, Any]] = {
        "sweep leases": {"task": "leases.sweep", "schedule": 2.0, "options": {"expires": 10}},
        "purge shares": {"task": "leases.purge_shares", "schedule": 300.0, "options": {"expires": 300}},
    }
