"""All plans at once, on the nodes that cost least in sum: a minimum-cost flow from orders to seats.

Each order sends as many units as it has seats to its cheapest ``ARCS`` nodes; a node passes on as many as it
has seats free. The flow knows no coalitions and no resources, so an order that got two nodes of one
coalition, or a node without the memory, chooses anew from what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scheduler.matching.greedy import Plan
from scheduler.matching.market import RESOURCES, Order
from scheduler.matching.table import Indices, OfferTable

__all__ = ["rearrange"]

NEAR, FAR = 50, 110


def rearrange(
    table: OfferTable, orders: Sequence[Order], plans: Mapping[str, Plan]
) -> tuple[dict[str, Plan], set[str]]:
    """The same orders with as many seats, at most at the same cost; and who had to choose anew.

    ``table`` is left as it was.
    """
    planned = [order for order in orders if order.job_id in plans]
    if not planned:
        return {}, set()
    nodes = _flow(table, planned, plans)
    if nodes is None:
        return dict(plans), set()
    moved: dict[str, Plan] = {}
    taken: list[tuple[Order, Indices]] = []
    again = []
    for order in planned:
        own, chosen = plans[order.job_id], nodes[order.job_id]
        is_fit = bool(table.has_free(order.needs)[chosen].all())
        if len(np.unique(table.coalition[chosen])) == own.seats and is_fit:
            _, cost = table.ranking(order)
            moved[order.job_id] = own.moved(chosen, cost[chosen])
            table.take(chosen, order.needs)
            taken.append((order, chosen))
        else:
            again.append(order)
    for order in again:
        own = plans[order.job_id]
        ranking, cost = table.ranking(order)
        left = table.cheapest(ranking, own.fits & table.has_free(order.needs), own.seats)
        if left is None:
            break
        moved[order.job_id] = own.moved(left, cost[left])
        table.take(left, order.needs)
        taken.append((order, left))
    for order, chosen in taken:
        table.take(chosen, order.needs, sign=-1)
    is_better = len(moved) == len(planned) and _cost(moved) < _cost(plans)
    return (moved, {order.job_id for order in again}) if is_better else (dict(plans), set())


def _flow(table: OfferTable, orders: Sequence[Order], plans: Mapping[str, Plan]) -> dict[str, Indices] | None:
    """Nodes by job id; None if the solver found none (a node's seats may have fewer resources)."""
    from ortools.graph.python import min_cost_flow

    heads, costs = [], []
    depth = 2 * sum(plans[order.job_id].seats for order in orders)
    for place, order in enumerate(orders):
        own = plans[order.job_id]
        ranking, cost = table.ranking(order)
        ranked = ranking[(own.fits & table.has_free(order.needs))[ranking]]
        nodes = np.union1d(table.spread(ranked, depth, place, NEAR, FAR), own.nodes)
        heads.append(nodes)
        costs.append(cost[nodes])
    count = len(orders)
    ends = np.concatenate(heads)
    starts = np.repeat(np.arange(count), [len(nodes) for nodes in heads])
    problem = min_cost_flow.SimpleMinCostFlow()
    problem.add_arcs_with_capacity_and_unit_cost(
        starts, ends + count, np.ones(len(ends), np.int64), np.concatenate(costs)
    )
    used, sink = np.unique(ends), count + table.count
    problem.add_arcs_with_capacity_and_unit_cost(
        used + count,
        np.full(len(used), sink),
        _room(table, orders, plans)[used],
        np.zeros(len(used), np.int64),
    )
    for place, order in enumerate(orders):
        problem.set_node_supply(place, plans[order.job_id].seats)
    problem.set_node_supply(sink, -sum(plans[order.job_id].seats for order in orders))
    if problem.solve() != problem.OPTIMAL:
        return None
    is_used = problem.flows(np.arange(len(ends))) > 0
    bounds = np.cumsum([len(nodes) for nodes in heads])[:-1]
    used_by = zip(orders, np.split(ends, bounds), np.split(is_used, bounds), strict=True)
    return {order.job_id: nodes[own] for order, nodes, own in used_by}


def _room(table: OfferTable, orders: Sequence[Order], plans: Mapping[str, Plan]) -> Indices:
    """Seats of each node that have the resources for whichever order comes, and at least those planned on
    it."""
    room = table.free_seats.copy()
    for name in RESOURCES:
        if most := max(getattr(order.needs, name) for order in orders):
            room = np.minimum(room, table.free[name] // most)
    planned = np.bincount(np.concatenate([own.nodes for own in plans.values()]), minlength=table.count)
    return np.maximum(room, planned)


def _cost(plans: Mapping[str, Plan]) -> int:
    return sum(own.cost for own in plans.values())
