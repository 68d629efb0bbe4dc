"""A proven upper bound on the welfare of a round that no solver finishes: Lagrangian relaxation.

Welfare is Σ_i over the served orders of (value_i − expected cost of its seats), in the table's unit. For
prices λ ≥ 0 of the nodes' seats,

    Σ_i max(0, value_i − min_S Σ_{k∈S} (cost_k + λ_k)) + Σ_k λ_k·seats_k

is at least the best welfare that anyone could reach who knew every value, whatever λ, on the whole market:
each inner minimum is exact (``greedy.plan``; coalitions make a partition matroid), over every number of
spares that meets the risk. λ starts as what a node saves against one clearing cost for all, and follows
subgradients (Held, Wolfe and Crowder 1974). Resources other than seats, and orders' preferences, are relaxed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scheduler.matching.clearing import one_clearing_cost, relaxed
from scheduler.matching.market import Order
from scheduler.matching.table import Mask, OfferTable

__all__ = ["welfare_bound"]

LEVELS = 9


def welfare_bound(
    table: OfferTable,
    orders: Sequence[Order],
    fits: Mapping[str, Mask],
    values: Mapping[str, int],
    *,
    reached: int,
    steps: int = 40,
) -> int:
    """The least bound found. ``reached`` is the welfare of some answer; ``table`` is left as it was."""
    best, prices = one_clearing_cost(table, orders, fits, values, levels=LEVELS)
    pace = 1.0
    current: NDArray[np.float64] = prices.astype(np.float64)
    for _ in range(steps):
        bound, demand = relaxed(table, orders, fits, values, np.floor(current).astype(np.int64))
        pace = pace if bound < best else pace * 0.8
        best = min(best, bound)
        excess = (demand - table.free_seats).astype(np.float64)
        excess[(excess < 0) & (current <= 0)] = 0
        length = float(excess @ excess)
        if not length or best <= reached:
            break
        current = np.maximum(current + pace * max(bound - reached, 1) / length * excess / 2, 0)
    return best
