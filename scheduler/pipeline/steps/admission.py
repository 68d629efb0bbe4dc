"""PLACED → ADMITTED: every clause of every licence, or the refusals that name licence, clause and column."""

from __future__ import annotations

from marketplace.orders.admission import job_refusals
from marketplace.orders.models import Job
from marketplace.orders.transitions import JobTransition, job_transition
from scheduler.pipeline.step import locked

__all__ = ["admit"]


def admit(job: Job) -> float | None:
    """Evaluate the order against the licences as they stand now."""
    refusals = job_refusals(job=job)
    with locked(job, "admit"):
        if refusals:
            job_transition(
                job=job,
                event=JobTransition.REFUSE,
                reason_detail={"refusals": [refusal.to_json() for refusal in refusals]},
            )
        else:
            job_transition(job=job, event=JobTransition.ADMIT)
    return None
