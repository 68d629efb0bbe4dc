"""COMPUTING → PROVING: round 1 of enough nodes is combined, and with it the answering set is fixed."""

from __future__ import annotations

import structlog

from marketplace.orders.models import Job
from marketplace.orders.transitions import JobTransition, job_transition
from proofs import formats
from proofs.coordinator import CombinedRound1
from proofs.errors import ProofSystemError
from proofs.sharing import answers_needed
from proofs.statement import Program
from scheduler.leases.closing import tasks_cancel, tasks_create
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.nodes.services import node_note_speed
from scheduler.pipeline.answers import attempt_tasks, combined, round1_messages
from scheduler.pipeline.conf import node_silence_seconds
from scheduler.pipeline.losses import seat_losses
from scheduler.pipeline.models import ProofRecord
from scheduler.pipeline.payloads import seats_of, task_context
from scheduler.pipeline.reseating import reseat_or_fail
from scheduler.pipeline.statement import JobStatement, job_statement, proving_key
from scheduler.pipeline.step import locked

__all__ = ["combine_answers"]

logger = structlog.get_logger(__name__)


def combine_answers(job: Job) -> float | None:
    """The first answers that suffice are taken; the other nodes' work is cancelled."""
    tasks = attempt_tasks(job, TaskKind.COMPUTE)
    done = sorted(
        (task for task in tasks if task.state == TaskState.DONE),
        key=lambda task: (task.closed_at, task.seat),
    )
    if len(done) < answers_needed(Program.DEGREE):
        return _wait_or_reseat(job, tasks)
    answering = sorted(task.seat for task in done[: answers_needed(Program.DEGREE)])
    statement = job_statement(job)
    try:
        combination = combined(proving_key(job), statement, round1_messages(tasks, answering))
    except ProofSystemError as error:  # each answer was well-formed, but together they are not
        logger.warning("round1_not_combined", job_id=job.job_id, problem=str(error))
        return reseat_or_fail(job, "round1_inconsistent", {"detail": str(error), "answering": answering})
    with locked(job, "prove"):
        _keep(job, statement, combination)
        tasks_cancel(job=job, kinds=[TaskKind.COMPUTE], attempt=job.attempt)
        _note_speeds(job, statement, done)
        _offer_prove_tasks(job, tasks, answering)
        job_transition(job=job, event=JobTransition.PROVE, detail={"answering": answering})
    return None


def _wait_or_reseat(job: Job, tasks: list[Task]) -> float | None:
    failed = [task for task in tasks if task.state == TaskState.FAILED]
    if len(tasks) - len(failed) >= answers_needed(Program.DEGREE):
        return None
    losses = seat_losses(job, failed)
    with locked(job, "lose_seats"):
        losses.keep()
    return reseat_or_fail(job, losses.reason_code, losses.detail)


def _keep(job: Job, statement: JobStatement, combination: CombinedRound1) -> None:
    bound = combination.bound
    ProofRecord.objects.create(
        job=job,
        attempt=job.attempt,
        answering=list(combination.seats),
        statement=formats.statement_document(statement.statement),
        combination={
            "result": formats.result_document(bound.result),
            "result_hash": formats.to_hex(bound.result.result_hash),
            "R": formats.to_hex(combination.r),
            "S": formats.to_hex(combination.s),
            "S2": formats.to_hex(combination.s2),
            "job": formats.to_hex(bound.job.to_bytes(32, "big")),
            "z": formats.to_hex(bound.challenge.to_bytes(32, "big")),
        },
    )


def _note_speeds(job: Job, statement: JobStatement, done: list[Task]) -> None:
    node_ids = {seat.seat: seat.node_id for seat in seats_of(job)}
    for task in done:
        lease = task.leases.first()  # the newest
        if lease is not None and task.closed_at is not None:
            seconds = (task.closed_at - lease.granted_at).total_seconds()
            node_note_speed(node_id=node_ids[task.seat], cells=statement.cells, seconds=max(seconds, 0.001))


def _offer_prove_tasks(job: Job, tasks: list[Task], answering: list[int]) -> None:
    context = task_context(job)
    answers = {task.seat: task for task in tasks}
    kept = ("round1", "content_hash", "signature")
    round1 = [
        {"seat": seat} | {name: (answers[seat].result or {})[name] for name in kept} for seat in answering
    ]
    tasks_create(
        tasks=[
            Task(
                job=job,
                kind=TaskKind.PROVE,
                attempt=job.attempt,
                seat=seat,
                party=answers[seat].party,
                payload={"context": context, "answering": answering, "round1": round1},
                lost_after_seconds=node_silence_seconds(),
            )
            for seat in answering
        ]
    )
