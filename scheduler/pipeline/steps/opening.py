"""MATCHED → OPENED: the chain reserves quantities and locks the escrow; the indexer says that it did."""

from __future__ import annotations

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import Job
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.payloads import seats_of
from scheduler.pipeline.step import locked
from scheduler.pipeline.wishes import wish, wish_open

__all__ = ["open_on_chain"]


def open_on_chain(job: Job) -> float | None:
    """Wish ``Market.open``; a refusal by the contract ends the job, since nothing was locked."""
    existing = wish(job, "open")
    if existing is None:
        with locked(job, "open"):
            wish_open(job, [seat.node_id for seat in seats_of(job)])
    elif existing.state == ChainTransaction.State.REVERTED and existing.error_name != "JobExists":
        detail = {
            "error_code": existing.error_code,
            "error_name": existing.error_name,
            "error_arguments": existing.error_arguments,
        }
        with locked(job, "open.refused"):
            job_fail(job, "open_refused", detail)
    return None
