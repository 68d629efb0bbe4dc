"""Seats whose task failed: the node fell silent, could not work, or cannot open a dealer's package."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from scheduler.leases.domain import PARTY_LOST
from scheduler.leases.models import Task, TaskKind
from scheduler.nodes.models import NodeOutcome
from scheduler.nodes.services import node_outcome_append
from scheduler.pipeline.demands import ROUNDS, wish_demand_contribution
from scheduler.pipeline.models import Seat
from scheduler.pipeline.payloads import seats_of

__all__ = ["SeatLosses", "seat_losses"]

PACKAGE_UNREADABLE = "package_unreadable"
ACCUSERS_NEEDED = 2
"""t + 1: so many nodes of different operators do not lie together (PROTOCOL, What holds)."""


@dataclass(frozen=True)
class SeatLosses:
    """Why seats were lost, for the job's events and for its reason should it end."""

    job: Job
    reason_code: str
    detail: dict[str, Any]
    lost: tuple[Seat, ...]
    silent: tuple[tuple[Seat, int], ...] = ()
    """Those that did not answer in time, with the round that they owe."""

    def keep(self) -> None:
        """Append the event once for each set of losses, and count them in the nodes' record."""
        if self.job.events.filter(
            kind="seats_lost", attempt=self.job.attempt, detail__seats=self.detail["seats"]
        ).exists():
            return
        job_event_append(job=self.job, kind="seats_lost", detail=self.detail)
        for seat in self.lost:
            node_outcome_append(
                node_id=seat.node_id, job=self.job, attempt=seat.attempt, kind=NodeOutcome.Kind.FAILED
            )
        for seat, owed in self.silent:
            wish_demand_contribution(self.job, seat, owed)


def seat_losses(job: Job, failed: list[Task]) -> SeatLosses:
    """What the failed tasks of this attempt mean. A dealer is only blamed by several nodes."""
    seats = {seat.seat: seat for seat in seats_of(job)}
    accused = Counter(
        str((task.evidence or {}).get("dealer", "unknown"))
        for task in failed
        if task.failure_code == PACKAGE_UNREADABLE
    )
    accusers = {task.seat for task in failed if task.failure_code == PACKAGE_UNREADABLE}
    detail: dict[str, Any] = {
        "seats": [
            {
                "seat": task.seat,
                "node_id": seats[task.seat].node_id,
                "party_id": str(task.party_id),
                "code": task.failure_code,
                "detail": task.failure_detail,
            }
            for task in sorted(failed, key=lambda task: task.seat)
        ]
    }
    for dealer, count in accused.items():
        if count >= ACCUSERS_NEEDED:
            detail["dealer"] = dealer
            return SeatLosses(job, "dealer_at_fault", detail, ())
    lost = tuple(seats[task.seat] for task in failed if task.seat not in accusers)
    silent = tuple(
        (seats[task.seat], ROUNDS[TaskKind(task.kind)])
        for task in failed
        if task.failure_code == PARTY_LOST and task.kind in ROUNDS
    )
    return SeatLosses(job, "node_lost", detail, lost, silent)
