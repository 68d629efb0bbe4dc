"""Rounds over many jobs: recorded once, one at a time, no node with more seats than it has."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from marketplace.orders.models import Job, JobState
from scheduler.nodes.models import Node
from scheduler.pipeline import points
from scheduler.pipeline.models import MatchDecision, MatchRound, Seat
from scheduler.pipeline.offers import market_of
from scheduler.pipeline.rounds import NodeOverbooked, RoundBusy, round_keep, round_run, seats_take
from scheduler.pipeline.runner import Step, job_step
from scheduler.pipeline.tasks import match_waiting, sweep

pytestmark = pytest.mark.usefixtures("quick_verification")


def admitted(world: Any, count: int) -> list[Job]:
    jobs = [world.market.place() for _ in range(count)]
    for job in jobs:
        job_step(job.job_id, Step.ADMIT)
    return [Job.objects.get(job_id=job.job_id) for job in jobs]


def seats_at_most(count: int) -> None:
    for node in Node.objects.all():
        node.capabilities = {**node.capabilities, "seats": count}
        node.save(update_fields=["capabilities"])


@pytest.mark.django_db
def test_one_round_seats_all_jobs_that_there_is_room_for(world: Any) -> None:
    seats_at_most(2)
    jobs = admitted(world, 3)
    kept = round_run()
    assert kept is not None
    assert (kept.order_count, kept.matched_count, MatchRound.objects.count()) == (3, 2, 1)
    states = Counter(Job.objects.values_list("state", flat=True))
    assert states == {JobState.MATCHED: 2, JobState.ADMITTED: 1}
    waiting = MatchDecision.objects.get(is_matched=False)
    assert waiting.clause == "taken_in_round"
    assert max(Counter(Seat.objects.values_list("node_id", flat=True)).values()) == 2
    assert {job.job_id for job in jobs} == set(kept.decisions.values_list("job_id", flat=True))


@pytest.mark.django_db
def test_a_later_round_knows_what_is_taken(world: Any) -> None:
    seats_at_most(1)
    admitted(world, 1)
    round_run()
    admitted(world, 1)
    round_run()
    assert MatchDecision.objects.get(is_matched=False).clause == "fully_booked"


@pytest.mark.django_db
def test_a_worker_killed_after_the_round_was_kept_leaves_it_to_the_next(world: Any) -> None:
    jobs = admitted(world, 2)

    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == "round.kept":
            raise Killed

    with points.hooked(kill), pytest.raises(Killed):
        round_run()
    assert Seat.objects.count() == 0
    round_run()
    assert MatchRound.objects.count() == 1
    assert {Job.objects.get(job_id=job.job_id).state for job in jobs} == {JobState.MATCHED}


@pytest.mark.django_db
def test_a_decision_that_came_too_late_does_not_overbook_a_node(world: Any) -> None:
    seats_at_most(1)
    first, second = admitted(world, 2)
    stale, _ = round_keep(market_of([first]))
    other, _ = round_keep(market_of([second]))
    seats_take(first, stale.decisions.get())
    with pytest.raises(NodeOverbooked), transaction.atomic():
        seats_take(second, other.decisions.get())
    assert Seat.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_cannot_both_run_a_round(world: Any) -> None:
    admitted(world, 2)
    inside, leave = threading.Event(), threading.Event()

    def hold(name: str) -> None:
        if name == "round.decided":
            inside.set()
            leave.wait(30)

    def worker() -> str:
        try:
            round_run()
        except RoundBusy:
            return "busy"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(max_workers=2) as pool, points.hooked(hold):
        first = pool.submit(worker)
        assert inside.wait(30)
        assert pool.submit(worker).result(timeout=30) == "busy"
        leave.set()
        assert first.result(timeout=30) == "done"
    assert MatchRound.objects.count() == 1


@pytest.mark.django_db
def test_rounds_and_decisions_are_append_only(world: Any) -> None:
    admitted(world, 1)
    round_run()
    for change in (
        lambda: MatchRound.objects.update(solver="other"),
        lambda: MatchDecision.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.django_db
def test_the_sweep_matches_waiting_jobs_by_one_round_and_still_expires_them(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats_at_most(1)
    admitted(world, 3)
    late = admitted(world, 1)[0]
    Job.objects.filter(job_id=late.job_id).update(deadline=timezone.now() - timedelta(seconds=1))
    advanced: list[str] = []
    rounds: list[bool] = []
    monkeypatch.setattr("scheduler.pipeline.tasks.advance.delay", advanced.append)
    monkeypatch.setattr("scheduler.pipeline.tasks.match_waiting.delay", lambda: rounds.append(True))
    sweep()
    assert (advanced, rounds) == ([late.job_id], [True])
    match_waiting()
    assert MatchRound.objects.get().order_count == 3


@pytest.mark.django_db
def test_requirements_and_likings_of_the_order_reach_the_matcher(world: Any) -> None:
    world.add_nodes(1)
    for number in (1, 2, 3):
        node = Node.objects.get(party__name=f"node-{number}")
        node.capabilities = {**node.capabilities, "cores": 8, "latency_ms": 5}
        node.save(update_fields=["capabilities"])
    placement = {"requirements": {"cores": 4, "max_latency_ms": 10}}
    job = world.run(world.market.place(placement=placement), until=JobState.MATCHED)
    names = set(job.seats.values_list("node__party__name", flat=True))
    assert names == {"node-1", "node-2", "node-3"}
    waiting = world.run(world.market.place(placement={**placement, "avoid": ["node-2"]}))
    assert waiting.state == JobState.ADMITTED
    assert MatchDecision.objects.get(job=waiting).clause == "cores_missing"
    funnel = MatchDecision.objects.get(job=waiting).trace["funnel"]
    assert [step["rule"] for step in funnel] == ["avoided", "cores_missing"]
