"""PROVING → VERIFIED: the proof is put together and verified twice, or whoever broke it is looked for."""

from __future__ import annotations

import structlog
from django.utils import timezone

from marketplace.orders.models import Job
from marketplace.orders.transitions import JobTransition, job_event_append, job_transition
from proofs import formats, verifier
from proofs.backend import available_backends, get_backend
from proofs.coordinator import combine_round2
from proofs.errors import ProofSystemError
from proofs.proof import Proof
from proofs.statement import BoundStatement
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.pipeline.answers import attempt_tasks, combined, round1_messages, round2_messages
from scheduler.pipeline.blame import find_fault
from scheduler.pipeline.losses import seat_losses
from scheduler.pipeline.models import ProofRecord
from scheduler.pipeline.payloads import seats_of
from scheduler.pipeline.points import reached
from scheduler.pipeline.reseating import reseat_or_fail
from scheduler.pipeline.statement import JobStatement, job_statement, proving_key, verifying_key
from scheduler.pipeline.step import locked

__all__ = ["prove_and_verify"]

logger = structlog.get_logger(__name__)

REFERENCE = "py_ecc"
NATIVE = "native"


def prove_and_verify(job: Job) -> float | None:
    """Nothing leaves PROVING but a verified proof, another attempt or the end of the job."""
    record = ProofRecord.objects.get(job=job, attempt=job.attempt)
    if record.rejection:
        return find_fault(job, record)
    tasks = attempt_tasks(job, TaskKind.PROVE)
    failed = [task for task in tasks if task.state == TaskState.FAILED]
    if failed:
        losses = seat_losses(job, failed)
        with locked(job, "lose_seats"):
            losses.keep()
        return reseat_or_fail(job, losses.reason_code, losses.detail)
    if not all(task.state == TaskState.DONE for task in tasks):
        return None
    return None if _combine_and_verify(job, record, tasks) else find_fault(job, record)


def _combine_and_verify(job: Job, record: ProofRecord, tasks: list[Task]) -> bool:
    """Whether the proof is verified; either way that is kept."""
    statement = job_statement(job)
    key = proving_key(job)
    messages = round1_messages(attempt_tasks(job, TaskKind.COMPUTE), record.answering)
    try:
        combination = combined(key, statement, messages)
        proof = combine_round2(key, combination, statement.commitments, round2_messages(tasks))
        record.proof = formats.proof_document(proof)
        _verify(job, record, statement, combination.bound, proof)
    except ProofSystemError as error:
        record.rejection = str(error) or type(error).__name__
    reached("verify.computed")
    with locked(job, "verify"):
        if record.rejection:
            logger.warning("proof_rejected", job_id=job.job_id, attempt=job.attempt, why=record.rejection)
            record.save()
            node_ids = [seat.node_id for seat in seats_of(job) if seat.seat in record.answering]
            detail = {"detail": record.rejection, "node_ids": node_ids}
            job_event_append(job=job, kind="proof_rejected", detail=detail)
            return False
        record.verified_at = timezone.now()
        record.save()
        verified_by = [NATIVE, REFERENCE] if record.is_verified_natively else [REFERENCE]
        job_transition(job=job, event=JobTransition.VERIFY, detail={"verified_by": verified_by})
    return True


def _verify(
    job: Job, record: ProofRecord, statement: JobStatement, bound: BoundStatement, proof: Proof
) -> None:
    """Natively if the kernel is built, and in any case by py_ecc. Raises what the verifier raises."""
    key = verifying_key(job)
    if NATIVE in available_backends():
        record.is_verified_natively = False
        verifier.verify(get_backend(NATIVE), key, statement.program, bound, proof)
        record.is_verified_natively = True
    record.is_verified_by_reference = False
    verifier.verify(get_backend(REFERENCE), key, statement.program, bound, proof)
    record.is_verified_by_reference = True
