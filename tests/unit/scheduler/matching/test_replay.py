"""A round is a function of its inputs, and its record is enough to decide it again."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import (
    Market,
    decide,
    input_hash,
    market_document,
    market_from,
    outcome_document,
    replay,
)
from tests.support.markets import markets, offer, order


@pytest.mark.usefixtures("window")
@given(markets())
@settings(deadline=None)
def test_a_recorded_round_is_replayed_from_its_json(market: Market) -> None:
    outcome = decide(market)
    kept = json.loads(json.dumps(market_document(market)))
    assert input_hash(kept) == input_hash(market_document(market))
    assert outcome_document(replay(kept, solver=outcome.solver)) == outcome_document(outcome)


@given(markets(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_orders_and_offers_changes_nothing(market: Market, random: Random) -> None:
    orders, offers = list(market.orders), list(market.offers)
    random.shuffle(orders)
    random.shuffle(offers)
    other = replace(market, orders=tuple(orders), offers=tuple(offers))
    assert input_hash(market_document(other)) == input_hash(market_document(market))
    assert decide(other) == decide(market)


def test_a_contended_round_that_needs_the_solver_comes_out_the_same_twice() -> None:
    nodes = tuple(offer(n, fee=n * n % 37, seats=1, tier=n % 3) for n in range(1, 60))
    orders = tuple(order(n, tiers=(n % 3, 1)) for n in range(1, 15))
    market = Market(fee_bps=200, orders=orders, offers=nodes)
    first, second = decide(market), decide(market_from(market_document(market)))
    assert first == second
    assert first.solver.startswith("cp-sat")


def test_a_round_that_was_decided_greedily_is_replayed_greedily() -> None:
    nodes = tuple(offer(n, fee=n * n % 37, seats=1, tier=n % 3) for n in range(1, 60))
    orders = tuple(order(n, tiers=(n % 3, 1)) for n in range(1, 15))
    document = market_document(Market(fee_bps=200, orders=orders, offers=nodes))
    assert replay(document, solver="greedy").solver == "greedy"


def test_ties_are_spread_over_the_nodes_by_the_jobs_id() -> None:
    nodes = tuple(offer(n) for n in range(1, 5))
    chosen = {
        frozenset(decide(Market(fee_bps=0, orders=(order(n),), offers=nodes)).decisions[0].seats)
        for n in range(30)
    }
    assert len(chosen) == 4
