"""Who misses a deadline is asked for its answer on the chain, and its bond pays if it stays silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import JobState
from scheduler.nodes.collateral import collateral_append
from scheduler.nodes.models import Collateral, Movement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_verification")]


def give_bond(make_event: Any, account: str) -> None:
    event = make_event("NodeRegistry", "BondDeposited", {"account": account, "amount": 5})
    collateral_append(
        collateral=Collateral.BOND, holder=account, movement=Movement.DEPOSITED, amount=5, event=event
    )


def test_a_silent_node_with_a_bond_is_asked_for_its_contribution(world: Any, make_event: Any) -> None:
    world.add_nodes(1)
    job = world.run(world.market.place(), until=JobState.OPENED)
    silent = world.actor_of_seat(job, 2)
    give_bond(make_event, silent.member.node.operator)
    silent.is_silent = True
    world.run(job)
    world.lose_silent(job)
    job = world.run(job)
    assert job.state == JobState.SETTLED
    demand = ChainTransaction.objects.get(kind="demand")
    assert (demand.contract, demand.function, demand.state) == ("Evidence", "demandContribution", "MINED")
    job_id, attempt, number, (node_ids, seats), seat = demand.arguments
    assert (job_id, attempt, number, seat) == (job.job_id, 1, 1, 2)
    assert node_ids[1] == silent.member.node.node_id, "the seats of the attempt that it was late in"
    assert seats[1][0] == silent.member.node.operator
    forfeit = ChainTransaction.objects.get(kind="forfeit")
    assert (forfeit.function, forfeit.state) == ("forfeit", "QUEUED")
    assert forfeit.next_attempt_at > timezone.now() + timedelta(days=1), "not before the answer is due"
    assert forfeit.dedupe_key.endswith(forfeit.arguments[0])


def test_nothing_is_demanded_of_who_has_no_bond(world: Any) -> None:
    world.add_nodes(1)
    job = world.run(world.market.place(), until=JobState.OPENED)
    world.actor_of_seat(job, 2).is_silent = True
    world.run(job)
    world.lose_silent(job)
    assert world.run(job).state == JobState.SETTLED
    assert not ChainTransaction.objects.filter(kind="demand").exists()


def test_a_silent_dealer_with_a_bond_is_asked_for_its_package(world: Any, make_event: Any) -> None:
    job = world.run(world.market.place(), until=JobState.OPENED)
    bank = world.actors["bank"]
    give_bond(make_event, bank.party.eth_address)
    bank.is_silent = True
    world.run(job)
    world.lose_silent(job)
    world.pass_deadline(job)
    assert world.run(job).state == JobState.EXPIRED
    demand = ChainTransaction.objects.get(kind="demand")
    assert (demand.function, demand.arguments) == ("demandDeal", [job.job_id, 1, 1, 1])
    assert ChainTransaction.objects.filter(kind="forfeit").count() == 1


def test_who_was_asked_just_before_the_deadline_owes_nothing(world: Any, make_event: Any) -> None:
    job = world.run(world.market.place(), until=JobState.OPENED)
    bank = world.actors["bank"]
    give_bond(make_event, bank.party.eth_address)
    bank.is_silent = True
    world.run(job)
    world.pass_deadline(job)
    assert world.run(job).state == JobState.EXPIRED
    assert not ChainTransaction.objects.filter(kind="demand").exists()
