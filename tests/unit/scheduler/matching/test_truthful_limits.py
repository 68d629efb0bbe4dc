"""ADR 0014: within a round, no limit but the true one serves a consumer better.

The model: a consumer values the job at v, gets v − price if it is seated in this round and 0 if not, and does
not care on which of the allowed nodes. Everything else of its order, and everyone else's, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import Market, Order, decide
from tests.support.markets import decision_on, markets, offer, order, with_order


def utility(market: Market, asked: Order, value: int, solver: str | None) -> int:
    decision = decision_on(decide(market, solver=solver), asked)
    return value - decision.price if decision.is_matched else 0


@pytest.mark.usefixtures("window")
@given(markets(), st.integers(0, 5), st.integers(0, 500), st.sampled_from([None, "greedy"]))
@settings(max_examples=200, deadline=None)
def test_lying_about_the_limit_never_pays(
    market: Market, which: int, reported: int, solver: str | None
) -> None:
    truthful = market.orders[which % len(market.orders)]
    value = truthful.max_price
    lying = with_order(market, replace(truthful, max_price=reported))
    assert utility(lying, truthful, value, solver) <= utility(market, truthful, value, solver)


@given(markets(), st.integers(0, 5), st.integers(0, 500))
@settings(deadline=None)
def test_the_offer_does_not_depend_on_the_limit(market: Market, which: int, reported: int) -> None:
    """Whoever is not due gets the same offer, at the same price, whatever it says it would pay."""
    asked = replace(market.orders[which % len(market.orders)], is_due=False)
    market = with_order(market, asked)
    said = decision_on(decide(market), asked)
    other = decision_on(decide(with_order(market, replace(asked, max_price=reported))), asked)
    assert said.price == other.price


def test_the_test_would_see_a_rule_that_pays_liars() -> None:
    """Two orders want the same cheap nodes. If the higher limit chose first, lying upwards would pay."""
    cheap = [offer(n, fee=1, seats=1) for n in (1, 2, 3)]
    dear = [offer(n, fee=50, seats=1) for n in (4, 5, 6)]
    first, second = order(1, max_price=260), order(2, max_price=400)
    market = Market(fee_bps=0, orders=(first, second), offers=(*cheap, *dear))
    prices = {decision_on(decide(market), asked).price for asked in (first, second)}
    assert prices == {103, 250}
    for asked in (first, second):
        boasting = with_order(market, replace(asked, max_price=10**6))
        assert decision_on(decide(boasting), asked).price == decision_on(decide(market), asked).price


def test_nodes_that_a_declined_offer_sets_free_go_to_an_order_that_had_none() -> None:
    nodes = tuple(offer(n, fee=50, seats=1) for n in (1, 2, 3))
    poor, rich = order(1, max_price=120), order(2, max_price=400)
    outcome = decide(Market(fee_bps=0, orders=(poor, rich), offers=nodes))
    assert (decision_on(outcome, poor).clause, decision_on(outcome, poor).price) == ("price_above_limit", 250)
    assert decision_on(outcome, rich).is_matched


def test_the_price_counts_providers_nodes_and_the_markets_fee() -> None:
    """(100 + 30) * 102 % = 132, rounded down as the contract does."""
    nodes = tuple(offer(n) for n in (1, 2, 3))
    for limit, is_matched in ((132, True), (131, False)):
        asked = order(max_price=limit)
        decision = decision_on(decide(Market(fee_bps=200, orders=(asked,), offers=nodes)), asked)
        assert (decision.price, decision.is_matched) == (132, is_matched)
