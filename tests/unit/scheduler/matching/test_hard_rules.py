"""No outcome breaks a rule, and an order that waits knows which rule left it without nodes."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings

from scheduler.matching import Market, Offer, Resources, Rule, decide, verdicts
from scheduler.matching.coalitions import Coalitions
from tests.support.markets import decision_on, markets, offer, order

DEMANDS = {
    "regions": ("cn-east",),
    "tiers": (0, 1),
    "min_assurance": 1,
    "min_stake": 2**70,
    "min_cells_per_second": 100,
    "max_latency_ms": 50,
    "needs": Resources(cores=2, memory_bytes=8, storage_bytes=8, bandwidth_bps=8),
    "cells": 1000,
    "seconds_left": 16,
    "avoided": frozenset({"unloved"}),
}
STRONG = {
    "assurance": 2,
    "stake": 2**71,
    "cells_per_second": 1000,
    "latency_ms": 20,
    "resources": Resources(cores=4, memory_bytes=16, storage_bytes=16, bandwidth_bps=16),
}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_registered": False}, Rule.NOT_REGISTERED),
        ({"availability": "DRAINING"}, Rule.NOT_AVAILABLE),
        ({"is_fresh": False}, Rule.NOT_SEEN),
        ({"organisation": "bank"}, Rule.PARTY_TO_JOB),
        ({"addresses": ("x", "shop-address")}, Rule.PARTY_TO_JOB),
        ({"organisation": "unloved"}, Rule.AVOIDED),
        ({"capacities": (16,)}, Rule.CAPACITY_MISSING),
        ({"region": "eu-west"}, Rule.REGION_NOT_ALLOWED),
        ({"tier": 2}, Rule.TIER_NOT_ALLOWED),
        ({"assurance": 0}, Rule.ASSURANCE_TOO_LOW),
        ({"stake": 2**69}, Rule.STAKE_TOO_SMALL),
        ({"resources": Resources(cores=1)}, Rule.CORES_MISSING),
        ({"resources": Resources(memory_bytes=7)}, Rule.MEMORY_MISSING),
        ({"resources": Resources(storage_bytes=7)}, Rule.STORAGE_MISSING),
        ({"resources": Resources(bandwidth_bps=7)}, Rule.BANDWIDTH_MISSING),
        ({"cells_per_second": 99}, Rule.SPEED_TOO_LOW),
        ({"latency_ms": 51}, Rule.LATENCY_TOO_HIGH),
        ({"latency_ms": 0}, Rule.LATENCY_TOO_HIGH),
        ({"cells_per_second": 120}, Rule.DEADLINE_TOO_NEAR),
        ({"seats_taken": 2}, Rule.FULLY_BOOKED),
        (
            {
                "resources": Resources(memory_bytes=16),
                "resources_taken": Resources(memory_bytes=9),
            },
            Rule.FULLY_BOOKED,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Rule) else "",
)
def test_a_rule_excludes_the_node_whatever_its_price_and_is_named(
    changes: dict[str, object], rule: Rule
) -> None:
    asked = order(**DEMANDS)
    odd = offer(9, **STRONG | {"fee": 0} | changes)
    others = [offer(number, **STRONG) for number in (1, 2, 3)]
    served = decision_on(decide(market_of(asked, odd, *others)), asked)
    assert served.is_matched
    assert odd.node_id not in served.seats
    waiting_market = market_of(asked, odd, *others[:2])
    waiting = decision_on(decide(waiting_market), asked)
    assert (waiting.seats, waiting.clause) == ((), rule)
    assert verdicts(waiting_market, asked.job_id)[odd.node_id] == rule


def test_a_node_of_an_earlier_attempt_that_broke_it_is_excluded() -> None:
    four = [offer(number) for number in range(1, 5)]
    asked = order(excluded_nodes=frozenset({four[0].node_id}))
    served = decision_on(decide(market_of(asked, *four)), asked)
    assert set(served.seats) == {node.node_id for node in four[1:]}


def test_of_two_rules_the_one_that_left_too_few_operators_is_the_failing_clause() -> None:
    nodes = [offer(1), offer(2), offer(3, tier=2), *(offer(n, region="eu-west") for n in (4, 5))]
    asked = order(regions=("cn-east",), tiers=(0,))
    waiting = decision_on(decide(market_of(asked, *nodes)), asked)
    assert waiting.clause == Rule.TIER_NOT_ALLOWED
    steps = [(step.rule, step.removed, step.coalitions_left) for step in waiting.funnel]
    assert steps == [(Rule.REGION_NOT_ALLOWED, 2, 3), (Rule.TIER_NOT_ALLOWED, 1, 2)]


def test_an_order_that_others_left_nothing_is_told_so() -> None:
    nodes = [offer(number, seats=1) for number in (1, 2, 3)]
    first, second = order(1), order(2)
    outcome = decide(Market(fee_bps=0, orders=(first, second), offers=tuple(nodes)))
    assert decision_on(outcome, first).is_matched
    assert decision_on(outcome, second).clause == Rule.TAKEN_IN_ROUND


def test_nodes_that_share_an_address_through_a_third_are_one_coalition() -> None:
    chain = [
        offer(1, fee=0, addresses=("x",)),
        offer(2, fee=0, addresses=("x", "y")),
        offer(3, fee=0, addresses=("y",)),
    ]
    others = [offer(n) for n in (4, 5)]
    asked = order()
    served = decision_on(decide(market_of(asked, *chain, *others)), asked)
    assert len({node.node_id for node in chain} & set(served.seats)) == 1


@pytest.mark.usefixtures("window")
@given(markets())
@settings(deadline=None)
def test_no_outcome_ever_breaks_a_hard_rule(market: Market) -> None:
    outcome = decide(market)
    by_id = {node.node_id: node for node in market.offers}
    coalition = dict(zip(by_id, Coalitions(market.offers).of_offers, strict=True))
    booked: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    for asked in market.orders:
        decision = decision_on(outcome, asked)
        assert decision.is_matched == (decision.clause is None)
        fitting = verdicts(market, asked.job_id)
        chosen = [by_id[node_id] for node_id in decision.seats]
        assert all(fitting[node.node_id] is None for node in chosen)
        assert all(coalition[a.node_id] != coalition[b.node_id] for a, b in combinations(chosen, 2))
        if chosen:
            assert len(chosen) >= max(asked.answers, asked.seats or 0)
            price = market.price_of(asked, sum(node.fee for node in chosen))
            assert decision.price == price <= asked.max_price
        booked.update(decision.seats)
        for node_id in decision.seats:
            memory[node_id] += asked.needs.memory_bytes
    for node_id, count in booked.items():
        node: Offer = by_id[node_id]
        assert count <= node.seats - node.seats_taken
        assert memory[node_id] <= (node.resources.memory_bytes or memory[node_id])


def market_of(asked: object, *nodes: Offer) -> Market:
    return Market(fee_bps=200, orders=(asked,), offers=nodes)  # type: ignore[arg-type]
