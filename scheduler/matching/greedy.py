"""One order after the other takes the cheapest nodes that are left. Warm start of the solver, and its
fallback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduler.matching.market import MAX_SEATS, Order
from scheduler.matching.reliability import MOST_SPARES, highest_failure_ppm
from scheduler.matching.table import Indices, Mask, OfferTable

__all__ = ["Plan", "greedy", "plan", "seat_numbers"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The nodes that an order would take, and what they were chosen from."""

    nodes: Indices
    fits: Mask
    """Nodes reliable enough for this number of seats, whether free or not."""
    cost: int
    is_risk_met: bool

    @property
    def seats(self) -> int:
        return len(self.nodes)

    def moved(self, nodes: Indices, cost: Indices) -> Plan:
        """The same on other nodes of these costs, cheapest first."""
        order = cost.argsort(kind="stable")
        return Plan(nodes[order], self.fits, int(cost.sum()), self.is_risk_met)


def greedy(table: OfferTable, orders: Iterable[Order], fits: Mapping[str, Mask]) -> dict[str, Plan]:
    """Plans by job id; the nodes are taken from ``table``. Orders without a plan found too few nodes."""
    plans = {}
    for order in orders:
        found = plan(table, order, fits[order.job_id], table.has_free(order.needs))
        if found is not None:
            table.take(found.nodes, order.needs)
            plans[order.job_id] = found
    return plans


def plan(table: OfferTable, order: Order, fits: Mask, free: Mask) -> Plan | None:
    """The cheapest nodes that meet the risk: with s spares each node may fail with probability up to
    ``highest_failure_ppm``; of all s the cheapest counts, and fewer spares if equal. If no number of spares
    meets it, the cheapest nodes without spares are taken rather than none.
    """
    ranking, cost = table.ranking(order)
    wanted, *_ = numbers = seat_numbers(order)
    open_to = fits & free
    cheapest = table.cheapest(ranking, open_to, wanted)
    if cheapest is None:
        return None
    fallback = Plan(cheapest, fits, int(cost[cheapest].sum()), is_risk_met=False)
    best: Plan | None = None
    for seats in numbers:
        reliable = table.failure_ppm <= highest_failure_ppm(order.answers, seats)
        found = table.cheapest(ranking, open_to & reliable, seats)
        if found is None:
            continue
        total = int(cost[found].sum())
        if best is None or total < best.cost:
            best = Plan(found, fits & reliable, total, is_risk_met=True)
        if seats == wanted and total == fallback.cost:
            break  # no other number of seats can be cheaper
    return best or fallback


def seat_numbers(order: Order) -> range:
    """How many seats the order may have."""
    if order.seats is not None:
        wanted = max(order.answers, min(order.seats, MAX_SEATS))
        return range(wanted, wanted + 1)
    return range(order.answers, max(order.answers, min(order.answers + MOST_SPARES, MAX_SEATS)) + 1)
