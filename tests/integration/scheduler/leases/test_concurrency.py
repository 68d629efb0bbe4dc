"""Many pollers on one database: no task goes to two of them, and waiting wakes up when a task is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from marketplace.accounts.models import Party
from scheduler.leases.api.views import _wait_for_lease
from scheduler.leases.errors import LeaseLost
from scheduler.leases.hooks import validators
from scheduler.leases.models import Lease, Task, TaskKind, TaskState
from scheduler.leases.services import lease_finish, lease_take

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker_url")]

TASKS = 12


@pytest.fixture
def node(market: Any) -> Party:
    return market.add_node("node-1").party


def in_threads(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run the calls at once, each with its own connection to the database."""

    def closing(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as pool:
        return [future.result(timeout=60) for future in [pool.submit(closing, call) for call in calls]]


def test_no_task_is_leased_twice(make_task: Callable[..., Task], node: Party) -> None:
    for seat in range(1, TASKS + 1):
        make_task(node, seat=seat)

    def take_all() -> list[Lease]:
        taken = []
        while lease := lease_take(party=node, kinds=[TaskKind.COMPUTE]):
            taken.append(lease)
        return taken

    leases = [lease for taken in in_threads([take_all] * 6) for lease in taken]
    assert sorted(lease.task.seat for lease in leases) == list(range(1, TASKS + 1))
    assert len({lease.fencing_token for lease in leases}) == TASKS


def test_of_many_answers_to_one_lease_exactly_one_counts(
    make_task: Callable[..., Task], node: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(validators, TaskKind.COMPUTE)
    make_task(node)
    lease = lease_take(party=node, kinds=[TaskKind.COMPUTE])
    assert lease is not None

    def answer(number: int) -> int | None:
        try:
            lease_finish(
                party=node, lease_id=lease.id, fencing_token=lease.fencing_token, result={"answer": number}
            )
        except LeaseLost:
            return None
        return number

    accepted = [n for n in in_threads([lambda n=n: answer(n) for n in range(6)]) if n is not None]
    assert len(accepted) == 1
    assert Task.objects.get().result == {"answer": accepted[0]}


def test_a_waiting_poll_wakes_up_when_a_task_becomes_ready(
    make_task: Callable[..., Task], node: Party
) -> None:
    waited: list[float] = []

    def poll() -> Lease | None:
        started = time.monotonic()
        lease = _wait_for_lease(node, [TaskKind.COMPUTE], wait_seconds=20.0)
        waited.append(time.monotonic() - started)
        connections.close_all()
        return lease

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(poll)
        time.sleep(0.7)
        assert not future.done()
        make_task(node)
        lease = future.result(timeout=30)
    assert lease is not None
    assert lease.task.state == TaskState.LEASED
    assert waited[0] < 15


def test_a_waiting_poll_holds_no_connection(node: Party) -> None:
    """Only the one listener does, however many wait."""
    held: list[int] = []

    def poll() -> None:
        assert _wait_for_lease(node, [TaskKind.COMPUTE], wait_seconds=1.8) is None
        connections.close_all()

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    before = count()
    with ThreadPoolExecutor(max_workers=5) as pool:
        futures = [pool.submit(poll) for _ in range(5)]
        time.sleep(1.0)
        held.append(count() - before)
        for future in futures:
            future.result(timeout=30)
    assert held[0] <= 1


def test_a_task_that_is_rolled_back_wakes_nobody(make_task: Callable[..., Task], node: Party) -> None:
    with transaction.atomic():
        make_task(node)
        transaction.set_rollback(True)
    assert lease_take(party=node, kinds=[TaskKind.COMPUTE]) is None
