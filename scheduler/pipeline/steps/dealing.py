"""OPENED → DEALING → COMPUTING: every dealer seals shares for every seat."""

from __future__ import annotations

from collections import defaultdict

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.orders.transitions import JobTransition, job_transition
from scheduler.leases.closing import tasks_create
from scheduler.leases.domain import PARTY_LOST
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.pipeline.conf import node_silence_seconds
from scheduler.pipeline.demands import wish_demand_deal
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.payloads import seats_of, task_context
from scheduler.pipeline.statement import job_inputs
from scheduler.pipeline.step import LOOK_AGAIN_SECONDS, locked
from scheduler.pipeline.wishes import MINED_STATES, wish_start_dealing

__all__ = ["collect_deals", "dealers", "start_dealing"]


def dealers(job: Job) -> dict[Party, list[int]]:
    """Each provider's party with the positions of its inputs, in the order's sequence."""
    positions: defaultdict[Party, list[int]] = defaultdict(list)
    for item in job_inputs(job):
        positions[item.licence.provider].append(item.position)
    return dict(positions)


def start_dealing(job: Job) -> float | None:
    """From here on the consumer may not cancel; only when the chain knows that, shares are dealt."""
    with locked(job, "start_dealing"):
        asked = wish_start_dealing(job)
    if asked.state not in MINED_STATES:
        return LOOK_AGAIN_SECONDS  # if it was refused, the job was cancelled or expired there
    with locked(job, "deal"):
        _offer_deal_tasks(job)
        job_transition(job=job, event=JobTransition.DEAL)
    return None


def collect_deals(job: Job) -> float | None:
    """Wait for every dealer; after a reseat offer the deal tasks of the new attempt first."""
    tasks = list(
        Task.objects.filter(job=job, attempt=job.attempt, kind=TaskKind.DEAL).select_related("party")
    )
    if not tasks:
        with locked(job, "deal_again"):
            _offer_deal_tasks(job)
        return None
    failed = [task for task in tasks if task.state == TaskState.FAILED]
    if failed:
        task = failed[0]
        code = "dealer_lost" if task.failure_code == PARTY_LOST else task.failure_code
        detail = {
            "party_id": str(task.party_id),
            "party": task.party.name,
            "detail": task.failure_detail,
            "evidence": task.evidence,
        }
        with locked(job, "deal.refused"):
            if code == "dealer_lost":
                wish_demand_deal(job, task.party, min(task.payload["input_positions"]))
            job_fail(job, code, detail)
    elif all(task.state == TaskState.DONE for task in tasks):
        with locked(job, "compute"):
            _offer_compute_tasks(job, tasks)
            job_transition(job=job, event=JobTransition.COMPUTE)
    return None


def _offer_deal_tasks(job: Job) -> None:
    context = task_context(job)
    tasks_create(
        tasks=[
            Task(
                job=job,
                kind=TaskKind.DEAL,
                attempt=job.attempt,
                party=party,
                payload={"context": context, "input_positions": positions},
            )
            for party, positions in dealers(job).items()
        ]
    )


def _offer_compute_tasks(job: Job, deals: list[Task]) -> None:
    context = task_context(job)
    packages: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    for deal in deals:
        for package in (deal.result or {})["packages"]:
            packages[package["seat"]].append(
                {
                    "dealer": deal.party.eth_address,
                    "blob_id": package["blob_id"],
                    "content_hash": package["content_hash"],
                    "signature": package["signature"],
                }
            )
    tasks_create(
        tasks=[
            Task(
                job=job,
                kind=TaskKind.COMPUTE,
                attempt=job.attempt,
                seat=seat.seat,
                party=seat.node.party,
                payload={"context": context, "packages": packages[seat.seat]},
                lost_after_seconds=node_silence_seconds(),
            )
            for seat in seats_of(job)
        ]
    )
