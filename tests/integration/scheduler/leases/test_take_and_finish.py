"""The life of a lease: taken, renewed, answered, lost. A stale fencing token changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from marketplace.accounts.models import Party
from scheduler.leases.closing import leases_sweep, tasks_cancel
from scheduler.leases.errors import LeaseLost, LeaseUnknown
from scheduler.leases.hooks import drain_checks, validators
from scheduler.leases.models import Lease, Task, TaskKind, TaskState
from scheduler.leases.services import lease_fail, lease_finish, lease_heartbeat, lease_take
from scheduler.pipeline.errors import ContributionInvalid

KINDS = [TaskKind.COMPUTE, TaskKind.PROVE]

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(market: Any) -> Party:
    return market.add_node("node-1").party


@pytest.fixture
def outsider(market: Any) -> Party:
    return market.add_node("node-2").party


@pytest.fixture(autouse=True)
def accept_everything() -> Iterator[None]:
    """Leases do not know what results mean; these tests do not either."""
    kept = dict(validators)
    validators.clear()
    yield
    validators.update(kept)


def take(party: Party) -> Lease:
    lease = lease_take(party=party, kinds=KINDS)
    assert lease is not None
    return lease


def expire(lease: Lease) -> None:
    Lease.objects.filter(id=lease.id).update(expires_at=timezone.now() - timedelta(seconds=1))


def finish(party: Party, lease: Lease, result: dict[str, Any] | None = None) -> Task:
    return lease_finish(
        party=party, lease_id=lease.id, fencing_token=lease.fencing_token, result=result or {"answer": 42}
    )


def test_a_party_takes_its_oldest_ready_task(make_task: Callable[..., Task], node: Party) -> None:
    first = make_task(node, seat=1)
    make_task(node, seat=2)
    assert take(node).task_id == first.id
    first.refresh_from_db()
    assert first.state == TaskState.LEASED


def test_a_party_never_gets_another_partys_task(
    make_task: Callable[..., Task], node: Party, outsider: Party
) -> None:
    make_task(node)
    assert lease_take(party=outsider, kinds=KINDS) is None


def test_a_party_gets_only_the_kinds_it_asks_for(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node, kind=TaskKind.DEAL)
    assert lease_take(party=node, kinds=KINDS) is None


def test_a_heartbeat_renews_and_keeps_progress(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    expire(lease)
    beat = lease_heartbeat(
        party=node, lease_id=lease.id, fencing_token=lease.fencing_token, progress=0.5, note="half"
    )
    assert beat.action == "continue"
    assert beat.lease.expires_at > timezone.now()
    assert Lease.objects.get(id=lease.id).progress == 0.5


def test_a_finished_task_keeps_its_result(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    task = finish(node, take(node))
    task.refresh_from_db()
    assert (task.state, task.result) == (TaskState.DONE, {"answer": 42})
    assert task.closed_at is not None


def test_the_same_finish_again_is_accepted_again(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    assert finish(node, lease).id == finish(node, lease).id


def test_another_result_after_the_finish_is_refused(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    finish(node, lease)
    with pytest.raises(LeaseLost):
        finish(node, lease, {"answer": 43})


def test_a_wrong_result_is_refused_and_the_task_stays_leased(
    make_task: Callable[..., Task], node: Party
) -> None:
    def refuse(task: Task, result: dict[str, Any]) -> None:
        raise ContributionInvalid("not signed")

    make_task(node)
    lease = take(node)
    validators[TaskKind.COMPUTE] = refuse
    with pytest.raises(ContributionInvalid):
        finish(node, lease)
    del validators[TaskKind.COMPUTE]
    assert finish(node, lease).state == TaskState.DONE


def test_an_expired_lease_is_taken_over_and_the_old_token_is_stale(
    make_task: Callable[..., Task], node: Party
) -> None:
    make_task(node)
    old = take(node)
    expire(old)
    assert leases_sweep() == 1
    new = take(node)
    assert new.task_id == old.task_id
    assert new.fencing_token > old.fencing_token
    for late in (
        lambda: finish(node, old),
        lambda: lease_heartbeat(
            party=node, lease_id=old.id, fencing_token=old.fencing_token, progress=0.9, note=""
        ),
        lambda: lease_fail(party=node, lease_id=old.id, fencing_token=old.fencing_token, code="x", detail=""),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert finish(node, new).state == TaskState.DONE


def test_a_wrong_fencing_token_is_refused(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    with pytest.raises(LeaseLost):
        lease_finish(party=node, lease_id=lease.id, fencing_token=lease.fencing_token + 1, result={})


def test_a_strangers_lease_does_not_exist(
    make_task: Callable[..., Task], node: Party, outsider: Party
) -> None:
    make_task(node)
    lease = take(node)
    with pytest.raises(LeaseUnknown):
        finish(outsider, lease)


def test_the_second_loss_means_that_the_party_is_lost(make_task: Callable[..., Task], node: Party) -> None:
    task = make_task(node)
    for _ in range(2):
        expire(take(node))
        leases_sweep()
    task.refresh_from_db()
    assert (task.state, task.failure_code, task.losses) == (TaskState.FAILED, "party_lost", 2)


def test_the_number_of_losses_is_a_setting(
    make_task: Callable[..., Task], node: Party, settings: LazySettings
) -> None:
    settings.LEASE_MAX_LOSSES = 1
    task = make_task(node)
    expire(take(node))
    leases_sweep()
    task.refresh_from_db()
    assert task.failure_code == "party_lost"


def test_a_task_whose_party_is_silent_for_too_long_is_given_up(
    make_task: Callable[..., Task], node: Party
) -> None:
    task = make_task(node, lost_after_seconds=30)
    long_ago = timezone.now() - timedelta(seconds=31)
    Task.objects.filter(id=task.id).update(ready_at=long_ago)
    leases_sweep()
    task.refresh_from_db()
    assert task.state == TaskState.READY, "its party was heard of just now"
    Party.objects.filter(id=node.id).update(last_seen_at=long_ago)
    leases_sweep()
    task.refresh_from_db()
    assert (task.state, task.failure_code) == (TaskState.FAILED, "party_lost")


def test_a_released_task_comes_again_without_a_loss(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    lease_fail(
        party=node, lease_id=lease.id, fencing_token=lease.fencing_token, code="released", detail="stops"
    )
    assert take(node).task.losses == 0


def test_an_internal_error_counts_as_a_loss(make_task: Callable[..., Task], node: Party) -> None:
    task = make_task(node)
    for expected in (TaskState.READY, TaskState.FAILED):
        lease = take(node)
        lease_fail(
            party=node,
            lease_id=lease.id,
            fencing_token=lease.fencing_token,
            code="internal_error",
            detail="broke",
        )
        task.refresh_from_db()
        assert task.state == expected
    assert task.failure_code == "internal_error"


def test_a_refusal_ends_the_task_with_its_evidence(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    body = {"code": "licence_refused", "detail": "clause purposes", "evidence": {"clause": "purposes"}}
    for _ in range(2):  # sent again, answered the same
        task = lease_fail(party=node, lease_id=lease.id, fencing_token=lease.fencing_token, **body)
        assert (task.state, task.failure_code) == (TaskState.FAILED, "licence_refused")
        assert task.evidence == {"clause": "purposes"}


def test_a_cancelled_task_is_told_at_the_next_heartbeat_and_its_result_is_refused(
    make_task: Callable[..., Task], node: Party
) -> None:
    task = make_task(node)
    lease = take(node)
    assert tasks_cancel(job=task.job) == 1
    with pytest.raises(LeaseLost):
        finish(node, lease)
    beat = lease_heartbeat(
        party=node, lease_id=lease.id, fencing_token=lease.fencing_token, progress=0.1, note=""
    )
    assert beat.action == "cancel"
    with pytest.raises(LeaseLost):
        lease_heartbeat(
            party=node, lease_id=lease.id, fencing_token=lease.fencing_token, progress=0.2, note=""
        )


def test_a_draining_party_is_told_to_drain(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(node)
    drain_checks.append(lambda party_id: party_id == node.id)
    try:
        beat = lease_heartbeat(
            party=node, lease_id=lease.id, fencing_token=lease.fencing_token, progress=0.1, note=""
        )
    finally:
        drain_checks.pop()
    assert beat.action == "drain"


def test_the_same_task_offered_twice_exists_once(make_task: Callable[..., Task], node: Party) -> None:
    make_task(node, seat=1)
    with pytest.raises(Task.DoesNotExist):
        make_task(node, seat=1)
    assert Task.objects.count() == 1
