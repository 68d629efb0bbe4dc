"""Events of the Market contract: the only source of a job's steps on the chain."""

from __future__ import annotations

from typing import Any

import structlog

from marketplace.chain.encoding import text_from_bytes32, text_to_bytes32
from marketplace.chain.models import ChainEvent
from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job, JobEvent, JobState
from marketplace.orders.onchain import ENDS, job_on_chain_project
from marketplace.orders.transitions import JobTransition, job_event_append, job_transition

__all__ = [
    "job_cancelled",
    "job_dealing",
    "job_expired",
    "job_failed",
    "job_opened",
    "job_reseated",
    "job_settled",
    "job_undone",
]

logger = structlog.get_logger(__name__)

BYTES32_LENGTH = 32


def job_opened(event: ChainEvent) -> None:
    """MATCHED → OPENED.

    A job that ended in the meantime is given up on the chain, so that the escrow returns.
    """
    _project(event)
    job = _locked_job(event)
    if job is None:
        return
    if job.state == JobState.MATCHED:
        _seat(job, JobTransition.OPEN, event)
    elif job.is_final and not _has_ended_on_chain(event):
        _give_up_on_chain(job, event)


def job_dealing(event: ChainEvent) -> None:
    """The consumer may not cancel any more. The pipeline moves the job: it waits for the transaction."""
    _project(event)


def job_reseated(event: ChainEvent) -> None:
    """Another attempt; which one follows from how often the chain reseated the job."""
    _project(event)
    job = _locked_job(event)
    if job is None or job.is_final:
        return
    attempt = 1 + _reseats_until(event)
    if job.attempt < attempt:
        _seat(job, JobTransition.RESEAT, event)


def job_settled(event: ChainEvent) -> None:
    """VERIFIED → SETTLED."""
    payments = [{**part, "amount": str(part["amount"])} for part in event.arguments["payments"]]
    _end(
        event,
        JobTransition.SETTLE,
        JobState.SETTLED,
        result_hash=event.arguments["resultHash"],
        proof_hash=event.arguments["proofHash"],
        payments=payments,
    )


def job_cancelled(event: ChainEvent) -> None:
    """→ CANCELLED."""
    _end(event, JobTransition.CANCEL, JobState.CANCELLED, refunded=str(event.arguments["refunded"]))


def job_failed(event: ChainEvent) -> None:
    """→ FAILED with the reason on the chain, and with what the market knows of it."""
    reason = text_from_bytes32(event.arguments["reason"]) or "failed_on_chain"
    decided = JobEvent.objects.filter(job_id=event.arguments["jobId"], kind="failure_decided").last()
    known = decided.detail if decided is not None else {}
    if str(known.get("reason_code", ""))[:BYTES32_LENGTH] != reason:
        known = {}
    _end(
        event,
        JobTransition.FAIL,
        JobState.FAILED,
        reason_code=known.get("reason_code", reason),
        refunded=str(event.arguments["refunded"]),
        **known.get("reason_detail", {}),
    )


def job_expired(event: ChainEvent) -> None:
    """→ EXPIRED."""
    refunded = str(event.arguments["refunded"])
    _end(event, JobTransition.EXPIRE, JobState.EXPIRED, reason_code="deadline_passed", refunded=refunded)


def _seat(job: Job, transition: JobTransition, event: ChainEvent) -> None:
    """The chain fixed nodes, and with them the price: node fees differ."""
    price = int(event.arguments["price"])
    detail = _detail(event, price=str(price), node_ids=event.arguments["nodeIds"])
    job_transition(job=job, event=transition, detail=detail, price=price)


def _end(
    event: ChainEvent, transition: JobTransition, target: JobState, *, reason_code: str = "", **facts: Any
) -> None:
    _project(event)
    job = _locked_job(event)
    if job is None or job.is_final:
        if job is not None and job.state != target:
            _note_other_end(job, f"{target.lower()}_on_chain", _detail(event, **facts))
        return
    detail = _detail(event, **facts)
    job_transition(
        job=job,
        event=transition,
        detail=detail,
        reason_code=reason_code,
        reason_detail=detail if reason_code else None,
    )


def job_undone(event: ChainEvent) -> None:
    """A reorganisation took the event away: what the chain has of the job follows from the others."""
    job_on_chain_project(job_id=event.arguments["jobId"], checkpoint_id=event.checkpoint_id, newest=None)


def _project(event: ChainEvent) -> None:
    job_on_chain_project(job_id=event.arguments["jobId"], checkpoint_id=event.checkpoint_id, newest=event)


def _note_other_end(job: Job, kind: str, detail: dict[str, Any]) -> None:
    """The chain ended a job otherwise than the market had; told once, however often it is indexed."""
    same = {"transaction_hash": detail["transaction_hash"]}
    if not JobEvent.objects.filter(job=job, kind=kind, detail__contains=same).exists():
        job_event_append(job=job, kind=kind, detail=detail)


def _has_ended_on_chain(event: ChainEvent) -> bool:
    return ChainEvent.objects.filter(
        checkpoint_id=event.checkpoint_id,
        name__in=list(ENDS),
        orphaned_at__isnull=True,
        arguments__contains={"jobId": event.arguments["jobId"]},
    ).exists()


def _locked_job(event: ChainEvent) -> Job | None:
    """The job, locked until the event is handled; None if another market opened it with these contracts."""
    job = Job.objects.select_for_update().filter(job_id=event.arguments["jobId"]).first()
    if job is None:
        logger.warning("chain_job_unknown", job_id=event.arguments["jobId"], event_name=event.name)
    return job


def _reseats_until(event: ChainEvent) -> int:
    reseats = ChainEvent.objects.filter(
        checkpoint_id=event.checkpoint_id,
        contract="Market",
        name="JobReseated",
        orphaned_at__isnull=True,
        arguments__contains={"jobId": event.arguments["jobId"]},
    )
    earlier = reseats.filter(block_number__lt=event.block_number)
    same_block = reseats.filter(block_number=event.block_number, log_index__lte=event.log_index)
    return earlier.count() + same_block.count()


def _give_up_on_chain(job: Job, event: ChainEvent) -> None:
    _note_other_end(job, "opened_too_late", _detail(event))
    transaction_enqueue(
        kind="fail",
        dedupe_key=f"opened-too-late/{job.job_id}",
        contract="Market",
        function="fail",
        arguments=[job.job_id, text_to_bytes32("opened_too_late")],
        job=job,
    )


def _detail(event: ChainEvent, **facts: Any) -> dict[str, Any]:
    return {"transaction_hash": event.transaction_hash, "block_number": event.block_number, **facts}
