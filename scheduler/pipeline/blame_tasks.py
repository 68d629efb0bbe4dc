"""The questions of blame, as tasks (docs/api.md, *Tasks*): what each party is asked, and what it is shown of
the others' signed messages so that it need not believe the market.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from scheduler.leases.closing import tasks_create
from scheduler.leases.models import Task, TaskKind
from scheduler.pipeline.answers import attempt_tasks
from scheduler.pipeline.conf import blame_patience_seconds
from scheduler.pipeline.models import ProofRecord
from scheduler.pipeline.payloads import seats_of, task_context
from scheduler.pipeline.step import locked
from scheduler.pipeline.steps.dealing import dealers

__all__ = ["ask_accused", "ask_dealers", "ask_nodes"]


def ask_dealers(job: Job, record: ProofRecord) -> None:
    """To each dealer: commit to your deal for the challenge that these nodes signed."""
    context = task_context(job)
    round2 = [_signed(task, "round2") for task in attempt_tasks(job, TaskKind.PROVE)]
    node_ids = {seat.seat: seat.node_id for seat in seats_of(job)}
    with locked(job, "blame_deal"):
        tasks_create(
            tasks=[
                _task(
                    job,
                    TaskKind.BLAME_DEAL,
                    party,
                    {"context": context, "input_positions": positions, "round2": round2},
                )
                for party, positions in dealers(job).items()
            ]
        )
        answering = [{"seat": seat, "node_id": node_ids[seat]} for seat in record.answering]
        job_event_append(job=job, kind="blame_started", detail={"answering": answering})


def ask_nodes(job: Job, failing: list[int], deals: list[Task]) -> None:
    """To each failing seat's node: does every package open what its dealer committed to?"""
    context = task_context(job)
    commitments = [_signed(task, "commitments") | {"dealer": task.party.eth_address} for task in deals]
    parties = {seat.seat: seat.node.party for seat in seats_of(job)}
    payload = {"context": context, "commitments": commitments}
    with locked(job, "blame_prove"):
        tasks_create(
            tasks=[_task(job, TaskKind.BLAME_PROVE, parties[seat], payload, seat) for seat in failing]
        )


def ask_accused(job: Job, accused: Mapping[Party, Task]) -> None:
    """To each accused dealer: open the package of the seat whose signed accusation this is."""
    context, positions = task_context(job), dealers(job)
    with locked(job, "blame_open"):
        tasks_create(
            tasks=[
                _task(
                    job,
                    TaskKind.BLAME_OPEN,
                    dealer,
                    {"context": context, "input_positions": positions[dealer], **_signed(task, "accusation")},
                    task.seat,
                )
                for dealer, task in accused.items()
            ]
        )


def _task(job: Job, kind: TaskKind, party: Party, payload: dict[str, Any], seat: int = 0) -> Task:
    return Task(
        job=job,
        kind=kind,
        attempt=job.attempt,
        seat=seat,
        party=party,
        payload=payload,
        lost_after_seconds=blame_patience_seconds(),
    )


def _signed(task: Task, name: str) -> dict[str, Any]:
    """A finished task's answer with its seat and signature, as it was handed in."""
    result = task.result or {}
    return {"seat": task.seat} | {key: result[key] for key in (name, "content_hash", "signature")}
