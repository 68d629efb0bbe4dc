"""Refused, unmatched, cancelled, expired, refused by the contract: how a job ends by nobody's fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.orders.models import Job, JobState
from marketplace.orders.services import job_cancel
from marketplace.signing.eip712 import CancelOrder
from scheduler.matching import market_from, verdicts
from scheduler.nodes.models import Availability, Node, NodeState
from scheduler.pipeline.models import MatchDecision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_verification")]


def cancel(world: Any, job: Job) -> None:
    consumer = world.market.consumer
    signature = CancelOrder(job.job_id).sign(world.market.domain("Market"), consumer.account.key)
    job_cancel(consumer=consumer.party, job=Job.objects.get(job_id=job.job_id), signature=signature)


def test_a_broken_clause_refuses_the_job_and_is_named(market: Any, world: Any) -> None:
    licence = market.providers["bank"].licence
    licence.terms = {"version": 1, "purposes": ["fraud-detection"]}
    licence.save(update_fields=["terms"])
    job = world.run(market.place())
    assert (job.state, job.reason_code) == (JobState.FAILED, "admission_refused")
    refusal = job.reason_detail["refusals"][0]
    assert (refusal["licence_id"], refusal["clause"]) == (licence.licence_id, "purposes")
    assert world.chain.mined == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"state": NodeState.SUBMITTED}, "not_registered"),
        ({"availability": Availability.DRAINING}, "not_available"),
        ({"region": "eu-west"}, "region_not_allowed"),
        ({"tier": 2}, "tier_not_allowed"),
        ({"capabilities": {"capacities": [8]}}, "capacity_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_a_fit_the_job_waits_and_the_trace_says_why(
    change: dict[str, Any], rule: str, world: Any
) -> None:
    node = Node.objects.order_by("created_at").first()
    assert node is not None
    Node.objects.filter(node_id=node.node_id).update(**change)
    job = world.run(world.market.place(placement={"regions": ["cn-east"], "tiers": ["cloud"]}))
    assert job.state == JobState.ADMITTED
    kept = MatchDecision.objects.get(job=job)
    assert kept.clause == rule
    assert {"rule": rule, "removed": 1, "operators_left": 2} in kept.trace["funnel"]
    assert verdicts(market_from(kept.round.inputs), job.job_id)[node.node_id] == rule


def test_a_job_whose_limit_is_too_low_is_told_the_price(world: Any) -> None:
    Node.objects.filter(party__name="node-1").update(fee_per_job=10**6)
    job = world.run(world.market.place())
    assert job.state == JobState.ADMITTED
    kept = MatchDecision.objects.get(job=job)
    assert (kept.clause, kept.trace["price"]) == ("price_above_limit", str((220 + 10**6) * 102 // 100))


def test_a_licence_can_restrict_the_nodes_region(market: Any, world: Any) -> None:
    licence = market.providers["bank"].licence
    licence.terms = {"version": 1, "placement": {"regions": ["cn-north"]}}
    licence.save(update_fields=["terms"])
    job = world.run(market.place())
    assert job.state == JobState.ADMITTED
    assert MatchDecision.objects.get(job=job).clause == "region_not_allowed"


def test_a_silent_node_is_not_matched(world: Any) -> None:
    Party.objects.filter(name="node-1").update(last_seen_at=timezone.now() - timedelta(hours=1))
    world.actors["node-1"].is_silent = True
    job = world.run(world.market.place())
    assert job.state == JobState.ADMITTED
    assert MatchDecision.objects.get(job=job).clause == "not_seen"


def test_the_same_inputs_are_recorded_once_and_a_new_node_is_matched(world: Any) -> None:
    Node.objects.filter(party__name="node-1").update(availability=Availability.OFFLINE)
    job = world.market.place()
    for _ in range(3):
        world.run(job)
    assert MatchDecision.objects.filter(job=job).count() == 1
    assert world.events(job).count("match_not_found") == 1
    world.add_nodes(1)
    assert world.run(job).state == JobState.SETTLED
    assert MatchDecision.objects.filter(job=job).count() == 2


def test_nodes_of_a_party_to_the_job_or_of_one_operator_are_never_seated(world: Any) -> None:
    market = world.market
    market.add_node("bank-node", organisation="bank", fee=0)
    market.add_node("twin", organisation="node-1", fee=0)
    job = world.run(market.place(), until=JobState.MATCHED)
    organisations = list(job.seats.values_list("node__party__organisation_id", flat=True))
    assert len(set(organisations)) == 3
    assert "bank" not in organisations


def test_a_job_cancelled_before_it_opens_ends_at_once(world: Any) -> None:
    job = world.market.place()
    world.step(job)
    cancel(world, job)
    assert world.run(job).state == JobState.CANCELLED
    assert world.chain.mined == []


def test_an_expired_job_that_the_chain_never_knew_ends_here(world: Any) -> None:
    job = world.market.place()
    world.step(job)
    world.pass_deadline(job)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.EXPIRED, "deadline_passed")
    assert world.chain.mined == []


def test_an_opened_job_expires_through_the_chain(world: Any) -> None:
    job = world.market.place()
    for actor in world.actors.values():
        actor.is_silent = True
    job = world.run(job)
    assert job.state == JobState.DEALING
    world.pass_deadline(job)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.EXPIRED, "deadline_passed")
    assert world.chain.mined[-1] == "expire"
    assert not job.tasks.filter(state__in=("READY", "LEASED")).exists()


def test_expiry_is_asked_again_after_the_chains_clock_was_behind(world: Any) -> None:
    job = world.market.place()
    for actor in world.actors.values():
        actor.is_silent = True
    world.run(job)
    world.pass_deadline(job)
    world.chain.refusals["expire"] = "JobDeadlineNotPassed"
    for _ in range(2):
        world.step(job)
        world.chain.mine()
    world.chain.refusals.clear()
    assert world.run(job).state == JobState.EXPIRED
    assert job.chain_transactions.filter(function="expire").count() == 3


def test_a_job_whose_settlement_is_on_its_way_is_not_expired(world: Any) -> None:
    job = world.run(world.market.place(), until=JobState.VERIFIED)
    world.chain.is_reachable = False
    world.step(job)
    world.pass_deadline(job)
    world.step(job)
    assert not job.chain_transactions.filter(function="expire").exists()
    world.chain.is_reachable = True
    assert world.run(job).state == JobState.SETTLED


def test_a_refused_opening_ends_the_job_with_the_contracts_error(world: Any) -> None:
    world.chain.refusals["open"] = "BalanceTooSmall"
    job = world.run(world.market.place())
    assert (job.state, job.reason_code) == (JobState.FAILED, "open_refused")
    assert job.reason_detail["error_name"] == "BalanceTooSmall"


def test_a_refused_settlement_fails_the_job_on_the_chain(world: Any) -> None:
    world.chain.refusals["settleSealed"] = "ColumnsMismatch"
    job = world.run(world.market.place())
    assert (job.state, job.reason_code) == (JobState.FAILED, "settle_refused")
    assert world.chain.mined[-1] == "fail"


def test_a_refused_reseat_fails_the_job(world: Any, tamper_with: Callable[..., Any]) -> None:
    world.add_nodes(1)
    job = world.run(world.market.place(), until=JobState.OPENED)
    silent = world.actor_of_seat(job, 1)
    silent.is_silent = True
    world.run(job)
    world.chain.refusals["reseat"] = "NodeInactive"
    world.lose_silent(job)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "reseat_refused")


def test_while_the_chain_is_unreachable_the_job_waits(world: Any) -> None:
    world.chain.is_reachable = False
    job = world.run(world.market.place())
    assert job.state == JobState.MATCHED
    assert world.run(job).state == JobState.MATCHED
    world.chain.is_reachable = True
    assert world.run(job).state == JobState.SETTLED
