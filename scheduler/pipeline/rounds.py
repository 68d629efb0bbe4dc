"""Matching rounds: one at a time, recorded before anyone is seated, each job seated in a transaction of its
own.

A worker killed between leaves jobs ADMITTED; the next round sees the seats that were taken and decides anew.
If nothing was taken the inputs are the same, and the recorded round is carried out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from marketplace.chain.locks import advisory_lock
from marketplace.orders.errors import TransitionLost
from marketplace.orders.models import Job, JobState
from marketplace.orders.transitions import JobTransition, job_event_append, job_transition
from scheduler.matching import Market, decide, decision_document, input_hash, market_document
from scheduler.nodes.domain import DEFAULT_SEATS
from scheduler.nodes.models import Node
from scheduler.pipeline.models import MatchDecision, MatchRound, Seat
from scheduler.pipeline.offers import market_of, seats_open
from scheduler.pipeline.points import reached
from scheduler.pipeline.step import StepSuperseded, locked

__all__ = [
    "NodeOverbooked",
    "RoundBusy",
    "decision_of",
    "round_keep",
    "round_run",
    "rounds_alone",
    "seats_take",
]

logger = structlog.get_logger(__name__)

LOCK = "matching"


class RoundBusy(Exception):
    """Another worker is deciding a round."""


class NodeOverbooked(Exception):
    """A node has no seat left: it was taken since the round was decided."""


@contextmanager
def rounds_alone() -> Iterator[None]:
    """No other worker decides on nodes inside. Raises RoundBusy."""
    with advisory_lock(LOCK) as is_free:
        if not is_free:
            raise RoundBusy
        yield


def round_run() -> MatchRound | None:
    """Decide on every admitted job that is in time, and seat those that were matched. Raises RoundBusy.

    None: no job waits.
    """
    with rounds_alone():
        waiting = Job.objects.filter(state=JobState.ADMITTED, deadline__gt=timezone.now())
        jobs = {job.job_id: job for job in waiting.select_related("program__setup", "consumer")}
        if not jobs:
            return None
        kept, is_new = round_keep(market_of(jobs.values()))
        for decision in kept.decisions.all():
            job = jobs.get(decision.job_id)
            if job is None or job.attempt != decision.attempt:
                continue
            try:
                _apply(job, decision, is_new=is_new)
            except (StepSuperseded, TransitionLost, NodeOverbooked) as error:
                logger.info("match_superseded", job_id=job.job_id, why=str(error))
        return kept


def round_keep(market: Market) -> tuple[MatchRound, bool]:
    """The round of these inputs, decided now unless it was before; and whether it was."""
    inputs = market_document(market)
    known = MatchRound.objects.filter(input_hash=input_hash(inputs)).first()
    if known is not None:
        return known, False
    started = time.perf_counter()
    outcome = decide(market)
    seconds = time.perf_counter() - started
    reached("round.decided")
    with transaction.atomic():
        kept = MatchRound.objects.create(
            input_hash=input_hash(inputs),
            inputs=inputs,
            solver=outcome.solver,
            solve_seconds=seconds,
            order_count=len(market.orders),
            matched_count=outcome.matched,
        )
        MatchDecision.objects.bulk_create(
            MatchDecision(
                round=kept,
                job_id=decision.job_id,
                attempt=decision.attempt,
                is_matched=decision.is_matched,
                clause=decision.clause or "",
                trace=decision_document(decision),
            )
            for decision in outcome.decisions
        )
    reached("round.kept")
    logger.info(
        "round_decided", orders=kept.order_count, matched=kept.matched_count, seconds=round(seconds, 3)
    )
    return kept, True


def decision_of(job: Job, kept: MatchRound) -> MatchDecision:
    return kept.decisions.get(job=job)


def seats_take(job: Job, decision: MatchDecision) -> None:
    """Seat the chosen nodes. The caller holds the job's lock. Raises NodeOverbooked.

    The nodes' rows are locked and their seats counted again, so that no node gets more than it has, even if
    two rounds should ever run at once.
    """
    node_ids = decision.trace["seats"]
    nodes = Node.objects.select_for_update().filter(node_id__in=node_ids).order_by("node_id")
    limits = {node.node_id: node.capabilities.get("seats", DEFAULT_SEATS) for node in nodes}
    busy = [seat.node_id for seat in seats_open() if seat.job_id != job.job_id]
    for node_id in node_ids:
        if busy.count(node_id) >= limits[node_id]:
            raise NodeOverbooked(f"node {node_id} works on {limits[node_id]} jobs already")
    Seat.objects.bulk_create(
        Seat(job=job, attempt=decision.attempt, seat=number, node_id=node_id)
        for number, node_id in enumerate(node_ids, start=1)
    )


def _apply(job: Job, decision: MatchDecision, *, is_new: bool) -> None:
    trace: dict[str, Any] = decision.trace
    if decision.is_matched:
        with locked(job, "match"):
            seats_take(job, decision)
            job_transition(
                job=job,
                event=JobTransition.MATCH,
                price=int(trace["price"]),
                detail={
                    "node_ids": trace["seats"],
                    "price": trace["price"],
                    "round_id": str(decision.round_id),
                    "is_risk_met": trace["is_risk_met"],
                },
            )
    elif is_new and _last_clause(job) != decision.clause:
        job_event_append(
            job=job,
            kind="match_not_found",
            detail={
                "clause": decision.clause,
                "detail": trace["detail"],
                "round_id": str(decision.round_id),
            },
        )


def _last_clause(job: Job) -> str:
    """Why the job was last said to wait: the same again is not said."""
    event = job.events.filter(kind="match_not_found", attempt=job.attempt).order_by("-sequence").first()
    return "" if event is None else str(event.detail["clause"])
