"""VERIFIED → SETTLED: the contract verifies again, consumes the quantities and pays, or reverts."""

from __future__ import annotations

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import Job
from proofs import formats
from proofs.statement import BoundStatement
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.models import ProofRecord
from scheduler.pipeline.statement import job_statement
from scheduler.pipeline.step import locked
from scheduler.pipeline.wishes import wish, wish_settle

__all__ = ["bound_statement", "settle_on_chain"]

ENDED_THERE = frozenset({"JobNotOpen", "JobDeadlinePassed"})
"""Anyone may settle or expire a job: the indexer or the deadline says what happened."""


def settle_on_chain(job: Job) -> float | None:
    """Wish the settlement; the indexer says that it happened."""
    asked = wish(job, f"settle-{job.attempt}")
    if asked is None:
        record = ProofRecord.objects.get(job=job, attempt=job.attempt, verified_at__isnull=False)
        bound, proof = bound_statement(job, record), formats.proof_from(record.proof)
        with locked(job, "settle"):
            wish_settle(job, bound, proof)
    elif asked.state == ChainTransaction.State.REVERTED and asked.error_name not in ENDED_THERE:
        detail = {
            "error_code": asked.error_code,
            "error_name": asked.error_name,
            "error_arguments": asked.error_arguments,
        }
        with locked(job, "settle.refused"):
            job_fail(job, "settle_refused", detail)
    return None


def bound_statement(job: Job, record: ProofRecord) -> BoundStatement:
    """What the recorded proof is a proof of."""
    statement = job_statement(job)
    result = formats.result_from(record.combination["result"])
    return BoundStatement(statement.context, statement.statement, result)
