"""Killed anywhere, doubled, out of order, in several workers at once: the job comes out the same, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections

from marketplace.config.celery import app
from marketplace.orders.models import Job, JobState, Receipt
from scheduler.leases.models import Task
from scheduler.nodes.models import NodeOutcome
from scheduler.pipeline import points
from scheduler.pipeline.models import MatchDecision, ProofRecord, Seat
from scheduler.pipeline.runner import Step, job_step, step_of
from scheduler.pipeline.tasks import advance, start_dealing, sweep

ROAD = [
    "placed",
    "admitted",
    "matched",
    "opened",
    "dealing_started",
    "computing_started",
    "proving_started",
    "verified",
    "settled",
]
POINTS = [
    f"{name}.{moment}"
    for name in (
        "admit",
        "match",
        "open",
        "start_dealing",
        "deal",
        "compute",
        "prove",
        "verify",
        "settle",
        "receipt",
    )
    for moment in ("begin", "commit", "end")
] + ["round.decided", "round.kept", "verify.computed"]


class Killed(BaseException):
    """The process is gone: no handler of the pipeline may catch this."""


def check_everything_once(world: Any, job: Job) -> None:
    job.refresh_from_db()
    assert world.events(job) == ROAD
    assert world.chain.mined == ["open", "startDealing", "settleSealed"]
    assert Seat.objects.filter(job=job).count() == 3
    assert MatchDecision.objects.filter(job=job).count() == 1
    assert ProofRecord.objects.filter(job=job).count() == 1
    assert Task.objects.filter(job=job).count() == 2 + 3 + 3
    assert Receipt.objects.filter(job=job).count() == 1
    outcomes = NodeOutcome.objects.filter(job=job).values_list("kind", flat=True)
    assert list(outcomes) == ["finished"] * 3


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_verification")
def test_the_named_points_are_all_there_are(world: Any) -> None:
    seen: list[str] = []
    with points.hooked(seen.append):
        world.run(world.market.place())
    assert set(seen) == set(POINTS)


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_verification")
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(point: str, world: Any) -> None:
    job = world.market.place()
    is_killed = False

    def kill(name: str) -> None:
        nonlocal is_killed
        if name == point and not is_killed:
            is_killed = True
            raise Killed

    with points.hooked(kill):
        for _ in range(60):
            try:
                world.run(job)
                break
            except Killed:
                continue
    assert is_killed
    check_everything_once(world, job)


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_verification")
def test_every_step_may_run_twice_and_out_of_order(world: Any) -> None:
    job = world.market.place()
    for _ in range(40):
        job.refresh_from_db()
        for step in (*Step, *reversed(Step)):
            job_step(job.job_id, step)
        world.chain.mine()
        for actor in world.actors.values():
            actor.work()
    check_everything_once(world, job)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick_verification")
def test_several_workers_at_once_do_each_step_once(world: Any) -> None:
    """Each round, three threads run the job's step together, with the guard's lock taken out of the way."""
    job = world.market.place()
    barrier = threading.Barrier(3)

    def worker() -> None:
        try:
            step = step_of(job.job_id)
            barrier.wait(timeout=30)
            assert step is not None
            job_step(job.job_id, step)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=3) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduler.pipeline.runner.advisory_lock", lambda name: _Open())
        for _ in range(30):
            for future in [pool.submit(worker) for _ in range(3)]:
                future.result(timeout=60)
            world.chain.mine()
            for actor in world.actors.values():
                actor.work()
            if Receipt.objects.filter(job=job).exists():
                break
    check_everything_once(world, job)


class _Open:
    """A lock that is always free."""

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick_verification")
def test_one_worker_at_a_time_has_a_job(world: Any) -> None:
    job = world.market.place()
    inside, leave = threading.Event(), threading.Event()

    def hold(name: str) -> None:
        if name == "admit.begin":
            inside.set()
            leave.wait(30)

    def worker() -> bool:
        try:
            return job_step(job.job_id, Step.ADMIT).is_busy
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=2) as pool, points.hooked(hold):
        first = pool.submit(worker)
        assert inside.wait(30)
        assert pool.submit(worker).result(timeout=30) is True
        leave.set()
        assert first.result(timeout=30) is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick_verification")
def test_a_celery_worker_takes_the_job_as_far_as_the_chain_and_sweep_forgets_none(world: Any) -> None:
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["pipeline", "default", "chain"]):
        job = world.market.place()
        assert _wait_for(job, JobState.MATCHED) == JobState.MATCHED
        app.control.purge()
        sweep.delay()
        for _ in range(100):
            if job.chain_transactions.filter(function="open").exists():
                break
            threading.Event().wait(0.1)
    assert job.chain_transactions.filter(function="open").count() == 1


def _wait_for(job: Job, state: JobState) -> str:
    for _ in range(200):
        job.refresh_from_db()
        if job.state == state:
            break
        threading.Event().wait(0.1)
    return str(job.state)


@pytest.mark.django_db
@pytest.mark.parametrize(("tries", "is_sent"), [(0, True), (4, True), (5, False), (1000, False)])
def test_waiting_does_not_pile_up_messages(
    tries: int, is_sent: bool, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the chain is out of reach every sweep looks again, so a step's own repetitions must end."""
    job = world.run(world.market.place(), until=JobState.OPENED)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(advance, "apply_async", lambda **message: sent.append(message))
    start_dealing(job.job_id, tries)
    assert [message["args"] for message in sent] == ([[job.job_id, tries + 1]] if is_sent else [])
