"""Writes of leases: take, renew, finish, fail. Tasks are made and cancelled in ``tasks_lifecycle``.

A lease is closed exactly once, by whoever closes it first: a finish, a fail, a cancellation or the sweep. The
row locks are always taken in the order task, lease.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from marketplace.accounts.models import Party
from scheduler.leases.closing import task_close, task_return
from scheduler.leases.conf import lease_duration
from scheduler.leases.domain import FailureMeaning, answer_fingerprint, failure_meaning
from scheduler.leases.errors import LeaseLost, LeaseUnknown
from scheduler.leases.hooks import drain_checks, validators
from scheduler.leases.models import Lease, Task, TaskState

__all__ = ["Beat", "lease_fail", "lease_finish", "lease_heartbeat", "lease_take"]

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Beat:
    """Answer to a heartbeat: ``action`` is continue, cancel or drain."""

    lease: Lease
    action: str


def lease_take(*, party: Party, kinds: Collection[str]) -> Lease | None:
    """Lease the party's oldest ready task of these kinds, or None. Two callers never get one task."""
    with transaction.atomic():
        task = (
            Task.objects.select_for_update(skip_locked=True)
            .filter(party=party, kind__in=kinds, state=TaskState.READY)
            .order_by("ready_at", "id")
            .first()
        )
        if task is None:
            return None
        now = timezone.now()
        lease = Lease.objects.create(
            task=task,
            party=party,
            fencing_token=_next_fencing_token(),
            granted_at=now,
            expires_at=now + lease_duration(),
        )
        task.state = TaskState.LEASED
        task.save(update_fields=["state"])
    logger.info("lease_taken", task_id=str(task.id), kind=task.kind, fencing_token=lease.fencing_token)
    return lease


def lease_heartbeat(*, party: Party, lease_id: UUID, fencing_token: int, progress: float, note: str) -> Beat:
    """Renew the lease and keep its progress. Raises LeaseUnknown, LeaseLost."""
    with transaction.atomic():
        lease = _locked(party=party, lease_id=lease_id, fencing_token=fencing_token)
        if lease.closed_at is not None:
            raise _lost(lease)
        now = timezone.now()
        lease.progress, lease.note = progress, note
        lease.expires_at = now + lease_duration()
        is_cancelled = lease.task.state == TaskState.CANCELLED
        if is_cancelled:
            lease.closed_at = now
        lease.save(update_fields=["progress", "note", "expires_at", "closed_at"])
    if is_cancelled:
        return Beat(lease, "cancel")
    return Beat(lease, "drain" if any(check(party.id) for check in drain_checks) else "continue")


def lease_finish(*, party: Party, lease_id: UUID, fencing_token: int, result: dict[str, Any]) -> Task:
    """Accept the answer, once; the same answer again is accepted again.

    Raises LeaseUnknown, LeaseLost, and the validator's DomainError, which leaves the task leased.
    """
    fingerprint = answer_fingerprint("finish", result)
    lease = _of_party(party=party, lease_id=lease_id, fencing_token=fencing_token)
    if _is_repeated(lease, fingerprint):
        return lease.task
    _check_open(lease)
    validator = validators.get(lease.task.kind)
    if validator is not None:
        validator(lease.task, result)
    with transaction.atomic():
        lease = _locked(party=party, lease_id=lease_id, fencing_token=fencing_token)
        if _is_repeated(lease, fingerprint):
            return lease.task
        _check_open(lease)
        lease.progress = 1.0
        _close(lease, fingerprint)
        task_close(task=lease.task, state=TaskState.DONE, result=result)
    return lease.task


def lease_fail(
    *,
    party: Party,
    lease_id: UUID,
    fencing_token: int,
    code: str,
    detail: str,
    evidence: Mapping[str, Any] | None = None,
) -> Task:
    """The party cannot or will not do the task. What follows is in ``domain.failure_meaning``."""
    evidence_document = dict(evidence) if evidence is not None else None
    body = {"code": code, "detail": detail, "evidence": evidence_document}
    fingerprint = answer_fingerprint("fail", body)
    with transaction.atomic():
        lease = _locked(party=party, lease_id=lease_id, fencing_token=fencing_token)
        if _is_repeated(lease, fingerprint):
            return lease.task
        _check_open(lease)
        _close(lease, fingerprint)
        meaning = failure_meaning(code)
        if meaning is FailureMeaning.REFUSED:
            task_close(
                task=lease.task,
                state=TaskState.FAILED,
                failure_code=code,
                failure_detail=detail,
                evidence=evidence_document,
            )
        else:
            task_return(task=lease.task, is_loss=meaning is FailureMeaning.UNLUCKY, code=code, detail=detail)
    return lease.task


def _next_fencing_token() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('leases_fencing_token')")
        return int(cursor.fetchone()[0])


def _of_party(*, party: Party, lease_id: UUID, fencing_token: int) -> Lease:
    lease = Lease.objects.select_related("task__party").filter(id=lease_id, party=party).first()
    if lease is None:
        raise LeaseUnknown(f"this party holds no lease {lease_id}")
    if lease.fencing_token != fencing_token:
        raise LeaseLost(f"the fencing token {fencing_token} is not this lease's", lease_id=str(lease_id))
    return lease


def _locked(*, party: Party, lease_id: UUID, fencing_token: int) -> Lease:
    """The lease with its task, both locked. The caller is in a transaction."""
    lease = _of_party(party=party, lease_id=lease_id, fencing_token=fencing_token)
    task = Task.objects.select_for_update().get(id=lease.task_id)
    lease = Lease.objects.select_for_update().get(id=lease_id)
    lease.task = task
    return lease


def _is_repeated(lease: Lease, fingerprint: str) -> bool:
    return lease.closed_at is not None and lease.answer_fingerprint == fingerprint


def _check_open(lease: Lease) -> None:
    if lease.closed_at is not None or lease.task.state != TaskState.LEASED:
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(
        f"lease {lease.id} with fencing token {lease.fencing_token} was closed: it expired, was answered "
        f"or its task was cancelled (the task is {lease.task.state})",
        lease_id=str(lease.id),
        task_state=lease.task.state,
    )


def _close(lease: Lease, fingerprint: str) -> None:
    lease.closed_at = timezone.now()
    lease.answer_fingerprint = fingerprint
    lease.save(update_fields=["closed_at", "answer_fingerprint", "progress"])
