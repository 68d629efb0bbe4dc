"""How a job ends badly: failed, expired, and what is tidied up behind any end.

Before OPENED the market alone decides. From then on the chain holds quantities and escrow: the market wishes
``fail`` or ``expire`` there, and the indexer changes the job's state when it happened.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import Job, JobState
from marketplace.orders.transitions import JobTransition, job_event_append, job_transition
from scheduler.leases.closing import tasks_cancel
from scheduler.pipeline.conf import expiry_margin
from scheduler.pipeline.demands import demand_missing
from scheduler.pipeline.step import locked
from scheduler.pipeline.wishes import wish, wish_expire, wish_fail

__all__ = ["expire_if_due", "is_failing", "job_fail", "tidy"]

REVERTED = ChainTransaction.State.REVERTED
BEFORE_CHAIN = (JobState.PLACED, JobState.ADMITTED, JobState.MATCHED)


def job_fail(job: Job, reason_code: str, detail: dict[str, Any]) -> None:
    """End the job for this reason. The caller holds the job's lock. The first reason counts."""
    if job.state in BEFORE_CHAIN:
        job_transition(job=job, event=JobTransition.FAIL, reason_code=reason_code, reason_detail=detail)
        return
    tasks_cancel(job=job)
    if wish(job, "fail") is None:
        wish_fail(job, reason_code)
        job_event_append(
            job=job,
            kind="failure_decided",
            detail={"reason_code": reason_code, "reason_detail": detail},
        )


def is_failing(job: Job) -> bool:
    """Whether the chain was asked to fail the job and has not refused."""
    asked = wish(job, "fail")
    return asked is not None and asked.state != REVERTED


def expire_if_due(job: Job) -> bool:
    """Past the deadline, expire the job here or on the chain. True: there is nothing else to do."""
    now = timezone.now()
    if job.is_final or now <= job.deadline:
        return False
    if job.state in BEFORE_CHAIN:
        return _expire_here(job)
    if is_failing(job) or _is_pending(job, f"settle-{job.attempt}"):
        return False
    if now > job.deadline + expiry_margin():
        _expire_on_chain(job)
    return True


def _expire_here(job: Job) -> bool:
    """Nothing is locked on the chain, unless the wish to open is still on its way."""
    if _is_pending(job, "open"):
        return False
    with locked(job, "expire"):
        job_transition(job=job, event=JobTransition.EXPIRE, reason_code="deadline_passed")
    return True


def _expire_on_chain(job: Job) -> None:
    with locked(job, "expire"):
        demand_missing(job)
        tasks_cancel(job=job)
        tries = ChainTransaction.objects.filter(job=job, function="expire")
        if not tries.exclude(state=REVERTED).exists():
            wish_expire(job, tries.count() + 1)


def _is_pending(job: Job, name: str) -> bool:
    asked = wish(job, name)
    return asked is not None and asked.state != REVERTED


def tidy(job: Job) -> float | None:
    """A final job needs no more work from anyone."""
    tasks_cancel(job=job)
    return None
