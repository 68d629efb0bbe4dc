"""The nodes' answers of an attempt, from their finished tasks back into messages of the proof system."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.orders.models import Job
from proofs.coordinator import CombinedRound1, combine_round1
from proofs.keys import ProvingKey
from proofs.messages import Round1Message, Round2Message
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.pipeline.statement import JobStatement

__all__ = ["attempt_tasks", "combined", "round1_messages", "round2_messages"]


def attempt_tasks(job: Job, kind: TaskKind) -> list[Task]:
    """The tasks of one kind in the job's present attempt, by seat."""
    tasks = Task.objects.filter(job=job, attempt=job.attempt, kind=kind)
    return list(tasks.select_related("party").order_by("seat", "id"))


def round1_messages(tasks: Iterable[Task], answering: Iterable[int]) -> list[Round1Message]:
    """Round 1 of the answering set, by seat."""
    chosen = set(answering)
    return [
        Round1Message.from_document((task.result or {})["round1"], task.seat)
        for task in sorted(tasks, key=lambda task: task.seat)
        if task.seat in chosen and task.state == TaskState.DONE
    ]


def round2_messages(tasks: Iterable[Task]) -> list[Round2Message]:
    """Round 2, by seat."""
    return [
        Round2Message.from_document((task.result or {})["round2"], task.seat)
        for task in sorted(tasks, key=lambda task: task.seat)
        if task.state == TaskState.DONE
    ]


def combined(key: ProvingKey, statement: JobStatement, messages: list[Round1Message]) -> CombinedRound1:
    """Round 1 combined. Raises a ProofSystemError if the answers do not fit together."""
    return combine_round1(
        key, statement.context, statement.statement, messages, is_sealed=statement.is_sealed
    )
