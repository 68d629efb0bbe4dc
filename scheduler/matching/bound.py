"""A proven lower bound on what serving all orders costs, without solving it: Lagrangian relaxation.

For prices λ ≥ 0 of the nodes' seats, Σ_i min_S Σ_{k∈S} (cost_k + λ_k) − Σ_k λ_k·seats_k is at most the
optimal cost, whatever λ, on the unpruned market. Each inner minimum is exact (``greedy.plan``; coalitions
make a partition matroid). λ is found by subgradient steps (Held, Wolfe and Crowder 1974). Seats only: other
resources are relaxed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scheduler.matching.greedy import plan
from scheduler.matching.market import Order
from scheduler.matching.rules import Rules
from scheduler.matching.table import OfferTable

__all__ = ["cost_bound"]


def cost_bound(table: OfferTable, orders: Sequence[Order], known_cost: int, *, steps: int = 40) -> float:
    """At most the least cost (``table``'s unit) of serving all ``orders``; ``known_cost`` is that of some
    answer."""
    rules = Rules(table)
    fits = [rules.fitting(order) for order in orders]
    price: NDArray[np.float64] = np.zeros(table.count)
    own_cost, own_ranking, seats = table.cost, table.by_cost, table.free_seats.astype(np.float64)
    best, pace = 0.0, 1.0
    try:
        for _ in range(steps):
            table.cost = own_cost + np.floor(price).astype(np.int64)
            table.by_cost = np.argsort(table.cost, kind="stable")
            demand = np.zeros(table.count)
            total = 0
            for order, fit in zip(orders, fits, strict=True):
                chosen = plan(table, order, fit, table.has_free(order.needs))
                assert chosen is not None, "the bound is for orders that can be served"
                total += chosen.cost
                demand[chosen.nodes] += 1
            value = total - float(np.floor(price) @ seats)
            pace = pace if value > best else pace * 0.7
            best = max(best, value)
            excess = demand - seats
            excess[(excess < 0) & (price <= 0)] = 0
            length = float(excess @ excess)
            if not length:
                break
            price = np.maximum(price + pace * max(known_cost - value, 1.0) / length * excess, 0)
    finally:
        table.cost, table.by_cost = own_cost, own_ranking
    return best
