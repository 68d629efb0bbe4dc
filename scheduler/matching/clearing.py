"""What a seat is worth when orders compete: prices that make cheap nodes as dear as the last one taken.

Of one order alone the cheapest nodes are best. Of many the question is which node is better *for whom*, and
whether an order should rather take four unreliable nodes than three reliable ones that another needs. Against
prices near the clearing level each order answers that for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scheduler.matching.greedy import Plan, greedy, plan
from scheduler.matching.market import MAX_SEATS, Order
from scheduler.matching.reliability import highest_failure_ppm
from scheduler.matching.table import Indices, Mask, OfferTable

__all__ = ["greedy_at_clearing_prices", "one_clearing_cost", "relaxed"]

SAMPLE = 48
LEVELS = 5
ANY_PRICE = 1 << 40


def greedy_at_clearing_prices(
    table: OfferTable, orders: Sequence[Order], fits: Mapping[str, Mask]
) -> dict[str, Plan]:
    """Greedy plans by costs that count what others would give for a node; ``table`` has them taken.

    The level is found on every n-th order. Consumers' limits have no part in it: all are served at any price.
    """
    stride = -(-len(orders) // SAMPLE)
    sample = orders[::stride]
    values = dict.fromkeys((order.job_id for order in sample), ANY_PRICE)
    _, prices = one_clearing_cost(table, sample, fits, values, levels=LEVELS, weight=stride)
    with table.raised(prices):
        plans = greedy(table, orders, fits)
    by_id = {order.job_id: order for order in orders}
    found = {}
    for job_id, own in plans.items():
        _, cost = table.ranking(by_id[job_id])
        found[job_id] = own.moved(own.nodes, cost[own.nodes])
    return found


def one_clearing_cost(
    table: OfferTable,
    orders: Sequence[Order],
    fits: Mapping[str, Mask],
    values: Mapping[str, int],
    *,
    levels: int,
    weight: int = 1,
) -> tuple[int, Indices]:
    """The best bound of a few levels, and its prices: a node's is what it costs less than the level.

    Less reliable nodes have a lower level, since an order needs more of them. ``weight``: of a sample's
    orders.
    """
    seats = np.full(table.count, 2 * MAX_SEATS)
    least = min((order.answers for order in orders), default=1)
    for number in range(MAX_SEATS, least - 1, -1):
        seats[table.failure_ppm <= highest_failure_ppm(least, number)] = number
    found = []
    low, high = 0, int(table.cost.max(initial=0))
    for _ in range(levels):
        for level in {low + (high - low) // 3, low + 2 * (high - low) // 3}:
            prices = np.maximum(0, level * least // seats - table.cost)
            found.append((relaxed(table, orders, fits, values, prices, weight=weight)[0], level, prices))
        best = min(found, key=lambda one: one[0])
        width = (high - low) // 3
        low, high = max(0, best[1] - width), best[1] + width
    bound, _, prices = min(found, key=lambda one: one[0])
    return bound, prices


def relaxed(
    table: OfferTable,
    orders: Sequence[Order],
    fits: Mapping[str, Mask],
    values: Mapping[str, int],
    prices: Indices,
    *,
    weight: int = 1,
) -> tuple[int, Indices]:
    """The bound for these prices, and how many orders would take each node at them."""
    demand = np.zeros(table.count, dtype=np.int64)
    total = int(prices @ table.free_seats)
    with table.raised(prices):
        for order in orders:
            best = plan(table, order, fits[order.job_id], table.has_free(order.needs))
            if best is not None and (surplus := values[order.job_id] - best.cost) > 0:
                total += surplus * weight
                demand[best.nodes] += weight
    return total, demand
