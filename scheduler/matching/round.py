"""One round: who sits in which job, at which price, and why somebody does not. A function of its inputs.

An order that is not due gets at most one offer in a round. The offer does not depend on its own limit, which
only accepts or declines it, so no limit but the true one serves the consumer better (ADR 0014 states and the
tests try it). Nodes that a declined offer sets free go to the orders that have had none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduler.matching import optimum
from scheduler.matching.clearing import greedy_at_clearing_prices
from scheduler.matching.greedy import Plan, greedy, plan
from scheduler.matching.market import Market, Order
from scheduler.matching.optimum import SolverTimedOut, improve, solver_version
from scheduler.matching.rules import Funnel, Rule, Rules
from scheduler.matching.table import Indices, Mask, OfferTable

__all__ = ["GREEDY", "Decision", "Outcome", "decide", "verdicts"]

GREEDY = "greedy"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the round decided on one order. ``seats``: node ids of seat 1 … N, empty if it waits."""

    job_id: str
    attempt: int
    seats: tuple[str, ...] = ()
    price: int = 0
    """Of the offer, accepted or declined; 0 without one."""
    clause: Rule | None = None
    """Why it waits: the rule that left nodes of too few coalitions."""
    detail: str = ""
    is_risk_met: bool = True
    held: tuple[str, ...] = ()
    """Nodes that are kept free for a due order."""
    funnel: Funnel = ()

    @property
    def is_matched(self) -> bool:
        return bool(self.seats)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Decisions by job id. ``solver``: by whom; part of what is needed to replay."""

    solver: str
    decisions: tuple[Decision, ...]

    @property
    def matched(self) -> int:
        return sum(decision.is_matched for decision in self.decisions)


def decide(market: Market, *, solver: str | None = None) -> Outcome:
    """Decide a round; ``solver`` repeats one that fell back to the greedy answer."""
    if solver == GREEDY:
        return _Round(market, is_greedy=True).outcome()
    try:
        return _Round(market, is_greedy=False).outcome()
    except SolverTimedOut:
        return _Round(market, is_greedy=True).outcome()


def verdicts(market: Market, job_id: str) -> dict[str, Rule | None]:
    """For every node the first rule that keeps it out of this order; None: it could have sat there."""
    order = next(order for order in market.orders if order.job_id == job_id)
    return Rules(OfferTable(market.offers, _lot(market.orders))).first_broken(order)


def _lot(orders: Sequence[Order]) -> str:
    """Ties between nodes are broken by lot, so that they spread over the nodes from round to round."""
    names = sorted(f"{order.job_id}/{order.attempt}" for order in orders)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


@dataclass
class _Round:
    market: Market
    is_greedy: bool
    table: OfferTable = field(init=False)
    decided: dict[str, Decision] = field(default_factory=dict)
    offered: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lot = _lot(self.market.orders)
        self.table = OfferTable(self.market.offers, self.lot)
        self.rules = Rules(self.table)
        self.fits: dict[str, Mask] = {}

    def outcome(self) -> Outcome:
        orders = sorted(self.market.orders, key=self._seniority)
        self.fits = {order.job_id: self.rules.fitting(order) for order in orders}
        for order in orders:
            if order.is_due:
                self._serve_due(order)
        waiting = [order for order in orders if not order.is_due]
        while waiting:
            waiting = self._serve_together(waiting)
        for order in orders:
            if order.job_id not in self.decided:
                self.decided[order.job_id] = self._without_nodes(order)
        decisions = tuple(self.decided[job_id] for job_id in sorted(self.decided))
        return Outcome(GREEDY if self.is_greedy else solver_version(), decisions)

    def _seniority(self, order: Order) -> tuple[int, str]:
        lot = hashlib.sha256(f"{self.lot}{order.job_id}".encode()).hexdigest()
        return order.waits_since, lot

    def _serve_due(self, order: Order) -> None:
        """The first choice of what is free; otherwise nodes are held until they are."""
        table, fits = self.table, self.fits[order.job_id]
        own = plan(table, order, fits, table.has_free(order.needs))
        if own is not None and self._accepts(order, own.nodes):
            table.take(own.nodes, order.needs)
            self._seat(order, own)
            return
        # A busy node's free seats go below zero: nobody gets one before this order.
        idle = plan(table, order, fits, table.has_if_idle(order.needs))
        if idle is not None and self._accepts(order, idle.nodes):
            table.take(idle.nodes, order.needs)
            self.decided[order.job_id] = self._without_nodes(order, held=idle.nodes)
        elif cheapest := idle or own:
            self.decided[order.job_id] = self._declined(order, cheapest)

    def _serve_together(self, orders: Sequence[Order]) -> list[Order]:
        """Offers to all at once; who declines has had its offer. Returns those who may get one now."""
        table = self.table
        by_id = {order.job_id: order for order in orders}
        if self.is_greedy or len(orders) <= optimum.WINDOW:
            plans = greedy(table, orders, self.fits)
        else:
            plans = greedy_at_clearing_prices(table, orders, self.fits)
        for job_id, own in plans.items():
            table.take(own.nodes, by_id[job_id].needs, sign=-1)
        plans = self._improved(orders, plans)
        is_any_declined = False
        for job_id, own in plans.items():
            order = by_id[job_id]
            if self._accepts(order, own.nodes):
                table.take(own.nodes, order.needs)
                self._seat(order, own)
            else:
                is_any_declined = True
                self.decided[job_id] = self._declined(order, own)
        return [order for order in orders if order.job_id not in self.decided] if is_any_declined else []

    def _improved(self, orders: Sequence[Order], plans: dict[str, Plan]) -> dict[str, Plan]:
        return plans if self.is_greedy else improve(self.table, orders, self.fits, plans)

    def _accepts(self, order: Order, nodes: Indices) -> bool:
        return self._price(order, nodes) <= order.max_price

    def _price(self, order: Order, nodes: Indices) -> int:
        return self.market.price_of(order, sum(self.table.offers[node].fee for node in nodes))

    def _ids(self, nodes: Indices) -> tuple[str, ...]:
        return tuple(self.table.offers[node].node_id for node in nodes)

    def _seat(self, order: Order, own: Plan) -> None:
        self.decided[order.job_id] = Decision(
            order.job_id,
            order.attempt,
            seats=self._ids(own.nodes),
            price=self._price(order, own.nodes),
            is_risk_met=own.is_risk_met,
        )

    def _declined(self, order: Order, own: Plan) -> Decision:
        price = self._price(order, own.nodes)
        return Decision(
            order.job_id,
            order.attempt,
            price=price,
            clause=Rule.PRICE_ABOVE_LIMIT,
            detail=f"{own.seats} seats cost {price} now, the order pays at most {order.max_price}",
            funnel=self.rules.funnel(order),
        )

    def _without_nodes(self, order: Order, held: Indices | None = None) -> Decision:
        funnel = self.rules.funnel(order)
        clause, detail = self._failing(order, funnel)
        ids = () if held is None else self._ids(held)
        return Decision(order.job_id, order.attempt, clause=clause, detail=detail, held=ids, funnel=funnel)

    def _failing(self, order: Order, funnel: Funnel) -> tuple[Rule, str]:
        """The first rule after which nodes of too few coalitions are left."""
        needed = order.answers if order.seats is None else max(order.answers, order.seats)
        for step in funnel:
            if step.coalitions_left < needed:
                left = step.coalitions_left
                return step.rule, f"it leaves nodes of {left} operators; {needed} seats are needed"
        if self.table.count == 0:
            return Rule.NOT_REGISTERED, "there are no nodes"
        return Rule.TAKEN_IN_ROUND, "orders before it took the nodes that it could have had"
