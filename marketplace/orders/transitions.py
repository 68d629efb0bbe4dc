"""The one table of a job's transitions (docs/architecture.md), and the one function that applies it.

    job_transition(job=job, event=JobTransition.ADMIT, detail={"clauses": 12})

`job` says in which state and attempt the caller believes the job to be. Whoever is second gets
`TransitionLost`, and nothing of its transaction remains if it lets the error pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from marketplace.orders.errors import AttemptsExhausted, TransitionLost, TransitionNotAllowed
from marketplace.orders.models import FINAL_STATES, MAX_ATTEMPTS, Job, JobEvent, JobState

__all__ = [
    "ADVANCE_TASK",
    "EVENT_KINDS",
    "TRANSITIONS",
    "JobTransition",
    "job_event_append",
    "job_transition",
]

logger = structlog.get_logger(__name__)

ADVANCE_TASK = "pipeline.advance"


class JobTransition(StrEnum):
    ADMIT = "admit"
    REFUSE = "refuse"
    MATCH = "match"
    OPEN = "open"
    DEAL = "deal"
    COMPUTE = "compute"
    PROVE = "prove"
    VERIFY = "verify"
    SETTLE = "settle"
    RESEAT = "reseat"
    CANCEL = "cancel"
    EXPIRE = "expire"
    FAIL = "fail"


_OPEN_STATES = tuple(state for state in JobState if state not in FINAL_STATES)

TRANSITIONS: Mapping[JobTransition, Mapping[JobState, JobState]] = {
    JobTransition.ADMIT: {JobState.PLACED: JobState.ADMITTED},
    JobTransition.REFUSE: {JobState.PLACED: JobState.FAILED},
    JobTransition.MATCH: {JobState.ADMITTED: JobState.MATCHED},
    JobTransition.OPEN: {JobState.MATCHED: JobState.OPENED},
    JobTransition.DEAL: {JobState.OPENED: JobState.DEALING},
    JobTransition.COMPUTE: {JobState.DEALING: JobState.COMPUTING},
    JobTransition.PROVE: {JobState.COMPUTING: JobState.PROVING},
    JobTransition.VERIFY: {JobState.PROVING: JobState.VERIFIED},
    JobTransition.SETTLE: {JobState.VERIFIED: JobState.SETTLED},
    JobTransition.RESEAT: dict.fromkeys(
        (JobState.DEALING, JobState.COMPUTING, JobState.PROVING), JobState.DEALING
    ),
    JobTransition.CANCEL: dict.fromkeys(
        (JobState.PLACED, JobState.ADMITTED, JobState.MATCHED, JobState.OPENED), JobState.CANCELLED
    ),
    JobTransition.EXPIRE: dict.fromkeys(_OPEN_STATES, JobState.EXPIRED),
    JobTransition.FAIL: dict.fromkeys(_OPEN_STATES, JobState.FAILED),
}

EVENT_KINDS: Mapping[JobTransition, str] = {
    JobTransition.ADMIT: "admitted",
    JobTransition.REFUSE: "admission_refused",
    JobTransition.MATCH: "matched",
    JobTransition.OPEN: "opened",
    JobTransition.DEAL: "dealing_started",
    JobTransition.COMPUTE: "computing_started",
    JobTransition.PROVE: "proving_started",
    JobTransition.VERIFY: "verified",
    JobTransition.SETTLE: "settled",
    JobTransition.RESEAT: "reseated",
    JobTransition.CANCEL: "cancelled",
    JobTransition.EXPIRE: "expired",
    JobTransition.FAIL: "failed",
}


def job_transition(
    *,
    job: Job,
    event: JobTransition,
    detail: Mapping[str, Any] | None = None,
    reason_code: str = "",
    reason_detail: Mapping[str, Any] | None = None,
    price: int | None = None,
) -> JobEvent:
    """Move the job by one event, append the JobEvent in the same transaction, and update `job`.

    `reason_code` and `reason_detail` belong to FAIL, REFUSE (default `admission_refused`) and EXPIRE; `price`
    to MATCH, OPEN and RESEAT. After commit the task `pipeline.advance` is sent with the job's id.

    Raises TransitionNotAllowed (the table has no such row), AttemptsExhausted (a fourth attempt), and
    TransitionLost (the stored state or attempt is not the one in `job`).
    """
    from_state = JobState(job.state)
    changes = _changes(job=job, event=event, from_state=from_state)
    if event is JobTransition.REFUSE:
        reason_code = reason_code or "admission_refused"
    if reason_code:
        changes |= {"reason_code": reason_code, "reason_detail": dict(reason_detail or {})}
    if price is not None:
        changes["price"] = price
    with transaction.atomic():
        moved = Job.objects.filter(job_id=job.job_id, state=from_state, attempt=job.attempt).update(**changes)
        if moved == 0:
            raise TransitionLost(
                f"the job is no longer {from_state} in attempt {job.attempt}; {event} came too late",
                job_id=job.job_id,
            )
        entry = _append(
            job_id=job.job_id,
            kind=EVENT_KINDS[event],
            from_state=from_state,
            to_state=changes["state"],
            attempt=changes.get("attempt", job.attempt),
            detail=_event_detail(detail, reason_code, reason_detail),
        )
        _advance_after_commit(job.job_id)
    for name, value in changes.items():
        setattr(job, name, value)
    logger.info("job_transition", job_id=job.job_id, kind=entry.kind, state=job.state, attempt=job.attempt)
    return entry


def job_event_append(*, job: Job, kind: str, detail: Mapping[str, Any] | None = None) -> JobEvent:
    """Append an event that changes no state (`match_not_found`, `node_lost`), in a transaction of its own."""
    with transaction.atomic():
        stored = Job.objects.select_for_update().get(job_id=job.job_id)
        return _append(
            job_id=stored.job_id,
            kind=kind,
            from_state=stored.state,
            to_state=stored.state,
            attempt=stored.attempt,
            detail=dict(detail or {}),
        )


def job_placed(*, job: Job) -> JobEvent:
    """The first event of a job that was just created; inside the transaction that created it."""
    entry = _append(
        job_id=job.job_id,
        kind="placed",
        from_state="",
        to_state=JobState.PLACED,
        attempt=job.attempt,
        detail={"consumer": str(job.consumer_id), "program_id": job.program_id},
    )
    _advance_after_commit(job.job_id)
    return entry


def _changes(*, job: Job, event: JobTransition, from_state: JobState) -> dict[str, Any]:
    targets = TRANSITIONS[event]
    if from_state not in targets:
        raise TransitionNotAllowed(
            f"{event} is not possible from {from_state}; it is from {', '.join(targets)}",
            job_id=job.job_id,
            state=str(from_state),
        )
    changes: dict[str, Any] = {"state": targets[from_state], "updated_at": timezone.now()}
    if event is JobTransition.RESEAT:
        if job.attempt >= MAX_ATTEMPTS:
            raise AttemptsExhausted(
                f"the job is in attempt {job.attempt} of {MAX_ATTEMPTS}", job_id=job.job_id
            )
        changes["attempt"] = job.attempt + 1
    return changes


def _event_detail(
    detail: Mapping[str, Any] | None, reason_code: str, reason_detail: Mapping[str, Any] | None
) -> dict[str, Any]:
    reason = {"reason_code": reason_code, "reason_detail": dict(reason_detail or {})} if reason_code else {}
    return {**dict(detail or {}), **reason}


def _append(
    *, job_id: str, kind: str, from_state: str, to_state: str, attempt: int, detail: dict[str, Any]
) -> JobEvent:
    """The caller holds the job's row lock, so the next sequence is nobody else's."""
    last = JobEvent.objects.filter(job_id=job_id).aggregate(last=Max("sequence"))["last"] or 0
    return JobEvent.objects.create(
        job_id=job_id,
        sequence=last + 1,
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        attempt=attempt,
        detail=detail,
    )


def _advance_after_commit(job_id: str) -> None:
    """A lost message costs seconds, not the job: beat sweeps every job that is not final."""
    transaction.on_commit(lambda: current_app.send_task(ADVANCE_TASK, args=[job_id]), robust=True)
