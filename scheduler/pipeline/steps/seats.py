"""ADMITTED → MATCHED: nodes for the first attempt."""

from __future__ import annotations

from marketplace.orders.models import Job
from marketplace.orders.transitions import JobTransition, job_event_append, job_transition
from scheduler.pipeline.seating import decide, match_round_keep, seats_take
from scheduler.pipeline.step import locked

__all__ = ["match_nodes"]


def match_nodes(job: Job) -> float | None:
    """Without a fit the job stays, its trace is kept, and it is tried again until the deadline."""
    decision = decide(job, job.attempt)
    with locked(job, "match"):
        is_new = match_round_keep(job, job.attempt, decision)
        outcome = decision.outcome
        if outcome.is_matched:
            seats_take(job, job.attempt, outcome)
            job_transition(
                job=job,
                event=JobTransition.MATCH,
                price=outcome.price,
                detail={"node_ids": list(outcome.seats), "price": str(outcome.price)},
            )
        elif is_new:
            job_event_append(
                job=job,
                kind="match_not_found",
                detail={"shortfall": outcome.shortfall.value, "candidates": len(outcome.verdicts)},
            )
    return None
