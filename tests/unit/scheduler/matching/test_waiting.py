"""ADR 0014: no order starves, however many younger ones come in every round."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import Decision, Market, Offer, Order, decide
from tests.support.markets import decision_on, offer, order

DUE_AFTER, LONGEST = 2, 3


def play(nodes: tuple[Offer, ...], first: Order, random: Random, rounds: int) -> int | None:
    """In which round the first order is seated, while three-seat orders take whatever is free."""
    waiting = [first]
    running: list[tuple[int, tuple[str, ...]]] = []
    for now in range(rounds):
        running = [(end, seats) for end, seats in running if end > now]
        busy = [node_id for _, seats in running for node_id in seats]
        waiting += [order(100 + 10 * now + n, waits_since=now, max_price=10**6) for n in range(3)]
        asked = [replace(item, is_due=now - item.waits_since >= DUE_AFTER) for item in waiting]
        offers = tuple(replace(node, seats_taken=busy.count(node.node_id)) for node in nodes)
        outcome = decide(Market(fee_bps=0, orders=tuple(asked), offers=offers))
        waiting = []
        for item in asked:
            decision: Decision = decision_on(outcome, item)
            if not decision.is_matched:
                waiting.append(item)
                continue
            running.append((now + random.randint(1, LONGEST), decision.seats))
            if item.job_id == first.job_id:
                return now
    return None


@given(st.randoms(use_true_random=False), st.integers(5, 7), st.integers(1, 2))
@settings(max_examples=15, deadline=None)
def test_a_large_order_is_seated_within_the_bound_however_many_small_ones_come(
    random: Random, seats: int, capacity: int
) -> None:
    """It is the oldest due order from the start: T + D rounds."""
    nodes = tuple(offer(n, fee=n, seats=capacity) for n in range(1, 8))
    large = order(1, seats=seats, waits_since=0, max_price=10**6)
    seated_in = play(nodes, large, random, rounds=30)
    assert seated_in is not None
    assert seated_in <= DUE_AFTER + LONGEST


def test_without_seniority_the_large_order_would_starve() -> None:
    """The same market, but the order never becomes due: there is always somebody on one of its nodes."""
    nodes = tuple(offer(n, fee=n, seats=1) for n in range(1, 8))
    never_due = order(1, seats=7, waits_since=10**9, max_price=10**6)
    assert play(nodes, never_due, Random(1), rounds=30) is None


@given(st.integers(0, 3))
@settings(deadline=None)
def test_of_several_due_orders_the_oldest_is_first(youngest: int) -> None:
    nodes = tuple(offer(n, seats=1) for n in (1, 2, 3))
    due = [order(n, is_due=True, waits_since=(n - youngest) % 4) for n in range(4)]
    outcome = decide(Market(fee_bps=0, orders=tuple(due), offers=nodes))
    (served,) = [decision for decision in outcome.decisions if decision.is_matched]
    assert served.job_id == due[youngest].job_id


def test_nodes_are_held_for_a_due_order_that_waits_for_a_busy_one() -> None:
    free = [offer(n, seats=1) for n in (1, 2)]
    busy = offer(3, seats=1, seats_taken=1)
    spare = [offer(n, fee=900, seats=1) for n in (4, 5)]
    old = order(1, is_due=True, waits_since=0, max_price=200)
    young = order(2, waits_since=5, answers=2)
    market = Market(fee_bps=0, orders=(old, young), offers=(*free, busy, *spare))
    outcome = decide(market)
    assert set(decision_on(outcome, old).held) == {node.node_id for node in (*free, busy)}
    assert set(decision_on(outcome, young).seats) == {node.node_id for node in spare}


def test_an_order_that_would_not_pay_for_its_nodes_holds_none() -> None:
    nodes = (offer(1), offer(2), offer(3, seats=1, seats_taken=1))
    poor = order(1, is_due=True, max_price=105)
    young = order(2, answers=2, waits_since=10**6)
    outcome = decide(Market(fee_bps=0, orders=(poor, young), offers=nodes))
    assert decision_on(outcome, poor).held == ()
    assert decision_on(outcome, young).is_matched
