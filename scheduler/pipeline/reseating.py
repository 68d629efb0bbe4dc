"""Another attempt on other nodes: the chain replaces the seats, the indexer moves the job to DEALING."""

from __future__ import annotations

from typing import Any

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import MAX_ATTEMPTS, Job
from marketplace.orders.transitions import job_event_append
from scheduler.leases.closing import tasks_cancel
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.models import Seat
from scheduler.pipeline.offers import market_of
from scheduler.pipeline.points import reached
from scheduler.pipeline.rounds import RoundBusy, decision_of, round_keep, rounds_alone, seats_take
from scheduler.pipeline.step import LOOK_AGAIN_SECONDS, locked
from scheduler.pipeline.wishes import wish, wish_reseat

__all__ = ["is_reseating", "reseat_or_fail", "wait_for_reseat"]


def is_reseating(job: Job) -> bool:
    """Whether seats of the next attempt were chosen, and the chain does not have them yet."""
    return Seat.objects.filter(job=job, attempt=job.attempt + 1).exists()


def wait_for_reseat(job: Job) -> float | None:
    """The indexer moves the job. A refusal by the contract ends it."""
    asked = wish(job, f"reseat-{job.attempt + 1}")
    if asked is not None and asked.state == ChainTransaction.State.REVERTED:
        with locked(job, "reseat.refused"):
            job_fail(job, "reseat_refused", {"error_code": asked.error_code, "error_name": asked.error_name})
        return None
    return LOOK_AGAIN_SECONDS


def reseat_or_fail(job: Job, reason_code: str, detail: dict[str, Any]) -> float | None:
    """Seat other nodes for the next attempt, or end the job for the reason that made it necessary."""
    if job.attempt >= MAX_ATTEMPTS:
        with locked(job, "reseat.exhausted"):
            job_fail(job, reason_code, {**detail, "attempts": job.attempt})
        return None
    try:
        with rounds_alone():
            return _reseat(job, reason_code, detail)
    except RoundBusy:
        return LOOK_AGAIN_SECONDS


def _reseat(job: Job, reason_code: str, detail: dict[str, Any]) -> float | None:
    """A round of this job alone: a lost seat does not wait for others."""
    kept, _ = round_keep(market_of([job], attempt_offset=1))
    decision = decision_of(job, kept)
    reached("reseat.decided")
    with locked(job, "reseat"):
        if not decision.is_matched:
            job_fail(
                job,
                reason_code,
                {**detail, "no_other_nodes": decision.clause, "why_none": decision.trace["detail"]},
            )
            return None
        tasks_cancel(job=job)
        seats_take(job, decision)
        node_ids = decision.trace["seats"]
        wish_reseat(job, decision.attempt, node_ids)
        job_event_append(
            job=job,
            kind="reseat_decided",
            detail={
                **detail,
                "reason_code": reason_code,
                "node_ids": node_ids,
                "round_id": str(decision.round_id),
            },
        )
    return LOOK_AGAIN_SECONDS
