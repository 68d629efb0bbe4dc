"""The round serves as many as it can, at the least cost: against every possibility on small markets."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import Market, Offer, Order, decide
from scheduler.matching.bound import welfare_bound
from scheduler.matching.round import GREEDY
from scheduler.matching.rules import Rules
from scheduler.matching.table import OfferTable
from tests.support.markets import decision_on, offer, order


def offer_of(node: Offer) -> Offer:
    """Operator and organisation are one."""
    return replace(node, operator=f"operator {node.organisation}")


offers = st.lists(
    st.builds(
        offer,
        number=st.integers(1, 30),
        organisation=st.sampled_from([f"o{n}" for n in range(7)]),
        addresses=st.just(()),
        fee=st.integers(0, 40).map(lambda fee: fee * 1000),
        seats=st.integers(1, 2),
        tier=st.integers(0, 1),
    ).map(offer_of),
    min_size=2,
    max_size=7,
    unique_by=lambda node: node.node_id,
)
orders = st.lists(
    st.builds(
        order,
        number=st.integers(1, 5),
        answers=st.just(2),
        seats=st.just(2),
        tiers=st.sampled_from([None, (0,), (1,)]),
        max_price=st.just(10**9),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda asked: asked.job_id,
)


def least_cost(market: Market, cost: dict[str, int]) -> tuple[int, int]:
    """(orders unserved, cost) of the best choice, by trying all."""
    nodes = market.offers

    @cache
    def best(place: int, taken: tuple[int, ...]) -> tuple[int, int]:
        if place == len(market.orders):
            return 0, 0
        unserved, rest = best(place + 1, taken)
        found = [(unserved + 1, rest)]
        asked: Order = market.orders[place]
        for chosen in combinations(range(len(nodes)), asked.answers):
            seated = [nodes[index] for index in chosen]
            if len({node.organisation for node in seated}) < len(seated):
                continue
            if asked.tiers is not None and any(node.tier not in asked.tiers for node in seated):
                continue
            after = tuple(count + (index in chosen) for index, count in enumerate(taken))
            if any(count > node.seats for count, node in zip(after, nodes, strict=True)):
                continue
            unserved, rest = best(place + 1, after)
            found.append((unserved, rest + sum(cost[node.node_id] for node in seated)))
        return min(found)

    return best(0, (0,) * len(nodes))


@given(offers, orders)
@settings(max_examples=150, deadline=None)
def test_a_round_is_as_good_as_the_best_of_all_possibilities(nodes: list[Offer], asked: list[Order]) -> None:
    market = Market(fee_bps=0, orders=tuple(asked), offers=tuple(nodes))
    table = OfferTable(nodes, "")
    cost = {node.node_id: int(table.cost[table.index[node.node_id]]) for node in nodes}
    outcome = decide(market)
    reached = sum(cost[node_id] for decision in outcome.decisions for node_id in decision.seats)
    unserved, least = least_cost(market, cost)
    greedily_unserved = len(asked) - decide(market, solver=GREEDY).matched
    assert unserved <= len(asked) - outcome.matched <= greedily_unserved
    if unserved == greedily_unserved == 0:
        assert reached == least


def test_the_solver_serves_an_order_for_which_the_greedy_pass_left_nothing() -> None:
    """The first order takes the cheap cloud nodes that only the second could use."""
    cloud = [offer(n, fee=1000, seats=1, tier=0) for n in (1, 2, 3)]
    edge = [offer(n, fee=5000, seats=1, tier=2) for n in (4, 5, 6)]
    anywhere, in_cloud = order(1), order(2, tiers=(0,))
    market = Market(
        fee_bps=0,
        orders=tuple(replace_price(asked) for asked in (anywhere, in_cloud)),
        offers=(*cloud, *edge),
    )
    assert decide(market, solver=GREEDY).matched == 1
    outcome = decide(market)
    assert decision_on(outcome, in_cloud).is_matched


def replace_price(asked: Order) -> Order:
    return replace(asked, max_price=10**6)


@given(offers, orders)
@settings(max_examples=60, deadline=None)
def test_the_bound_is_not_below_the_best_welfare(nodes: list[Offer], asked: list[Order]) -> None:
    market = Market(fee_bps=0, orders=tuple(asked), offers=tuple(nodes))
    table = OfferTable(nodes, "")
    cost = {node.node_id: int(table.cost[table.index[node.node_id]]) for node in nodes}
    rules = Rules(table)
    fits = {item.job_id: rules.fitting(item) for item in asked}
    worth = 10**9
    unserved, least = least_cost(market, cost)
    best = worth * (len(asked) - unserved) - least
    values = dict.fromkeys(fits, worth)
    assert welfare_bound(table, asked, fits, values, reached=0) >= best
    assert list(table.cost) == [cost[node.node_id] for node in table.offers]


@pytest.mark.parametrize(
    "better",
    [{"fee": 5}, {"failure_ppm": 10_000}, {"cells_per_second": 2000}, {"seats_taken": 0}],
    ids=["price", "record", "speed", "load"],
)
def test_price_record_speed_and_load_are_what_is_compared(better: dict[str, int]) -> None:
    plain = {"failure_ppm": 45_000, "cells_per_second": 1000, "seats_taken": 1, "fee": 1000}
    nodes = [offer(n, **plain) for n in (1, 2, 3)]
    asked = order()
    market = Market(fee_bps=0, orders=(asked,), offers=(*nodes, offer(4, **plain | better)))
    assert offer(4).node_id in decision_on(decide(market), asked).seats


def test_a_node_that_the_consumer_prefers_is_taken_if_it_costs_about_the_same() -> None:
    for fee, is_taken in ((1050, True), (1300, False)):
        liked = offer(4, fee=fee)
        nodes = (*(offer(n, fee=1000) for n in (1, 2, 3)), liked)
        asked = order(preferred=frozenset({liked.organisation}))
        served = decision_on(decide(Market(fee_bps=0, orders=(asked,), offers=nodes)), asked)
        assert (liked.node_id in served.seats) == is_taken
