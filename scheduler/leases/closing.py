"""How tasks begin and end: created, cancelled, answered, returned, lost. Each end wakes the pipeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marketplace.orders.models import Job
from marketplace.orders.transitions import ADVANCE_TASK
from scheduler.leases.bell import ring_after_commit
from scheduler.leases.conf import lease_max_losses
from scheduler.leases.domain import PARTY_LOST, is_party_lost
from scheduler.leases.models import Lease, Task, TaskState

__all__ = [
    "leases_sweep",
    "task_close",
    "task_return",
    "tasks_cancel",
    "tasks_create",
]

logger = structlog.get_logger(__name__)

OPEN_STATES = (TaskState.READY, TaskState.LEASED)


def tasks_create(*, tasks: Iterable[Task]) -> None:
    """Offer new tasks inside the caller's transaction. One that exists already is left as it is."""
    now = timezone.now()
    wanted = list(tasks)
    for task in wanted:
        task.ready_at = now
    Task.objects.bulk_create(wanted, ignore_conflicts=True)
    ring_after_commit({task.party_id for task in wanted})


def tasks_cancel(*, job: Job, kinds: Collection[str] | None = None, attempt: int | None = None) -> int:
    """Cancel the open tasks of a job. Their leases stay open, so that the next heartbeat hears of it."""
    chosen = Q(job=job, state__in=OPEN_STATES)
    if kinds is not None:
        chosen &= Q(kind__in=kinds)
    if attempt is not None:
        chosen &= Q(attempt=attempt)
    return Task.objects.filter(chosen).update(state=TaskState.CANCELLED, closed_at=timezone.now())


def task_close(
    *,
    task: Task,
    state: TaskState,
    result: dict[str, Any] | None = None,
    failure_code: str = "",
    failure_detail: str = "",
    evidence: dict[str, Any] | None = None,
) -> None:
    """End a task whose row the caller has locked."""
    task.state = state
    task.result = result
    task.failure_code, task.failure_detail, task.evidence = failure_code, failure_detail, evidence
    task.closed_at = timezone.now()
    task.save(
        update_fields=["state", "result", "failure_code", "failure_detail", "evidence", "closed_at", "losses"]
    )
    logger.info(
        "task_closed", task_id=str(task.id), kind=task.kind, state=task.state, failure_code=failure_code
    )
    job_id = task.job_id
    transaction.on_commit(lambda: current_app.send_task(ADVANCE_TASK, args=[job_id]), robust=True)


def task_return(*, task: Task, is_loss: bool, code: str, detail: str) -> None:
    """Offer a leased task again, or close it once it was lost too often. The caller has locked its row."""
    if is_loss:
        task.losses += 1
    if task.losses >= lease_max_losses() and is_loss:
        task_close(task=task, state=TaskState.FAILED, failure_code=code, failure_detail=detail)
        return
    task.state = TaskState.READY
    task.ready_at = timezone.now()
    task.save(update_fields=["state", "losses", "ready_at"])
    ring_after_commit({task.party_id})


def leases_sweep() -> int:
    """Close expired leases and give up tasks of silent parties; the number of tasks touched.

    Safe in several processes at once: each row is handled by whoever locks it first.
    """
    return _expire_leases() + _give_up_silent_parties()


def _expire_leases() -> int:
    count = 0
    while True:
        with transaction.atomic():
            overdue = Lease.objects.filter(closed_at__isnull=True, expires_at__lt=timezone.now())
            task = (
                Task.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(id__in=overdue.values("task_id"))
                .order_by("ready_at")
                .first()
            )
            if task is None:
                return count
            lease = (
                Lease.objects.select_for_update()
                .filter(task=task, closed_at__isnull=True, expires_at__lt=timezone.now())
                .first()
            )
            if lease is None:  # renewed or closed between the two reads
                continue
            lease.closed_at = timezone.now()
            lease.save(update_fields=["closed_at"])
            count += 1
            if task.state == TaskState.LEASED:
                logger.warning("lease_expired", task_id=str(task.id), fencing_token=lease.fencing_token)
                detail = f"{task.losses + 1} leases of the task expired without an answer"
                task_return(task=task, is_loss=True, code=PARTY_LOST, detail=detail)


def _give_up_silent_parties() -> int:
    count = 0
    now = timezone.now()
    waiting = Task.objects.filter(state=TaskState.READY, lost_after_seconds__isnull=False)
    for task_id in waiting.values_list("id", flat=True):
        with transaction.atomic():
            task = (
                Task.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("party")
                .filter(id=task_id, state=TaskState.READY)
                .first()
            )
            if task is None or not is_party_lost(
                now=now,
                ready_at=task.ready_at,
                last_seen_at=task.party.last_seen_at,
                lost_after_seconds=task.lost_after_seconds,
            ):
                continue
            detail = f"{task.party.name} was silent for more than {task.lost_after_seconds} s"
            task_close(task=task, state=TaskState.FAILED, failure_code=PARTY_LOST, failure_detail=detail)
            count += 1
    return count
