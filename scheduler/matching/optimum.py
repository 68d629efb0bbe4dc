"""The cheapest way to serve the orders that a greedy pass could serve, and more orders if there is one.

minimise Σ_ik cost_ik·y_ik − W·Σ_i x_i with Σ_k y_ik = N_i·x_i, at most one node of a coalition for an order,
no node beyond its seats and resources; x_i = 1 for every order that the greedy pass served. The consumers'
limits do not occur, neither here nor in the candidates (ADR 0014).

Without coalitions and resources this is a flow, which takes a tenth of a second for a hundred thousand arcs
(``flow``). CP-SAT solves the whole program for up to ``WINDOW`` orders; of more orders it takes those that
were left without nodes, that the flow could not place, and that pay most for a seat, while the others stay.

One worker, a fixed seed and a limit in CP-SAT's deterministic time: the same inputs give the same answer on
the same version. A limit in seconds exists for the machine's sake only; if it is hit, the round is greedy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from scheduler.matching.flow import rearrange
from scheduler.matching.greedy import Plan, plan
from scheduler.matching.market import RESOURCES, Order
from scheduler.matching.table import Indices, Mask, OfferTable

__all__ = ["SolverTimedOut", "improve", "solver_version"]

WINDOW = 32
SPARE_CANDIDATES = 6
DETERMINISTIC_SECONDS = 0.1
WALL_SECONDS = 20.0
SEED = 20260615


class SolverTimedOut(Exception):
    """The machine was too slow for an answer that can be replayed."""


def solver_version() -> str:
    return f"cp-sat {version('ortools')}"


def improve(
    table: OfferTable, orders: Sequence[Order], fits: Mapping[str, Mask], plans: Mapping[str, Plan]
) -> dict[str, Plan]:
    """Plans at least as good. ``table`` is as it was before any of ``plans`` was taken, and is so again.

    Raises SolverTimedOut.
    """
    if len(orders) <= WINDOW and _is_uncontended(table, orders, fits, plans):
        return dict(plans)  # each has what it would take alone: nothing can be better
    moved, anew = rearrange(table, orders, plans)

    def hardship(order: Order) -> tuple[bool, bool, int]:
        served = moved.get(order.job_id)
        return served is None, order.job_id in anew, 0 if served is None else served.cost // served.seats

    window = sorted(orders, key=hardship, reverse=True)[:WINDOW]
    inside = {order.job_id for order in window}
    by_id = {order.job_id: order for order in orders}
    outside = [(by_id[job_id], own) for job_id, own in moved.items() if job_id not in inside]
    for order, own in outside:
        table.take(own.nodes, order.needs)
    try:
        return moved | _solve(
            table, window, fits, {job_id: own for job_id, own in moved.items() if job_id in inside}
        )
    finally:
        for order, own in outside:
            table.take(own.nodes, order.needs, sign=-1)


def _is_uncontended(
    table: OfferTable, orders: Sequence[Order], fits: Mapping[str, Mask], plans: Mapping[str, Plan]
) -> bool:
    """Whether no order would do better with the market to itself."""
    for order in orders:
        alone = plan(table, order, fits[order.job_id], table.has_free(order.needs))
        own = plans.get(order.job_id)
        if alone is not None and (own is None or own.cost > alone.cost):
            return False
    return True


def _solve(
    table: OfferTable, orders: Sequence[Order], fits: Mapping[str, Mask], plans: Mapping[str, Plan]
) -> dict[str, Plan]:
    """The program over these orders, with ``plans`` as its hint."""
    from ortools.sat.python import cp_model  # takes a second to import, and few rounds need it

    wanted = dict(plans)
    for order in orders:
        if order.job_id not in plans:
            alone = plan(table, order, fits[order.job_id], table.has_free(order.needs))
            if alone is not None:
                wanted[order.job_id] = alone
    asking = [order for order in orders if order.job_id in wanted]
    program = _Program(cp_model.CpModel(), table)
    chosen = _candidates(table, asking, wanted, plans)
    places = {}
    for order in asking:
        nodes, cost = chosen[order.job_id]
        hinted = plans[order.job_id].nodes if order.job_id in plans else None
        seats = wanted[order.job_id].seats
        places[order.job_id] = program.add_order(order, nodes, cost, seats, hinted=hinted)
    program.limit_nodes()
    values = program.solve()
    found = {}
    for job_id, own in places.items():
        picked = [place for place, variable in enumerate(own) if values[variable]]
        if picked:
            nodes, cost = chosen[job_id]
            found[job_id] = wanted[job_id].moved(nodes[picked], cost[picked])
    return found


class _Program:
    """The variables y_ik and x_i with their costs and hints."""

    def __init__(self, model: Any, table: OfferTable) -> None:
        self.model, self.table = model, table
        self.variables: list[Any] = []
        self.costs: list[int] = []
        self.hints: list[bool] = []
        self.of_node: defaultdict[int, list[tuple[Any, Order]]] = defaultdict(list)
        self.optional: list[Any] = []

    def add_order(
        self, order: Order, nodes: Indices, cost: Indices, seats: int, *, hinted: Indices | None
    ) -> list[int]:
        """Returns the places of its variables, in the order of ``nodes``. Without a hint it may go
        unserved."""
        taken = set() if hinted is None else set(hinted.tolist())
        places = []
        rivals: defaultdict[int, list[Any]] = defaultdict(list)
        for node, price in zip(nodes.tolist(), cost.tolist(), strict=True):
            places.append(len(self.variables))
            variable = self._variable(price, node in taken)
            self.of_node[node].append((variable, order))
            rivals[int(self.table.coalition[node])].append(variable)
        mine = [self.variables[place] for place in places]
        is_served: Any = 1
        if hinted is None:
            is_served = self.model.new_bool_var("")
            self.optional.append(is_served)
        self.model.add(sum(mine) == seats * is_served)
        for coalition in rivals.values():
            if len(coalition) > 1:
                self.model.add_at_most_one(coalition)
        return places

    def limit_nodes(self) -> None:
        """Seats and resources of each node, where the candidates could exceed them."""
        for node, wanting in self.of_node.items():
            if len(wanting) > self.table.free_seats[node]:
                self.model.add(sum(variable for variable, _ in wanting) <= int(self.table.free_seats[node]))
            for name in RESOURCES:
                free = int(self.table.free[name][node])
                if sum(getattr(order.needs, name) for _, order in wanting) > free:
                    terms = (getattr(order.needs, name) * variable for variable, order in wanting)
                    self.model.add(sum(terms) <= free)

    def solve(self) -> list[bool]:
        """The values of the variables."""
        from ortools.sat.python import cp_model

        for variable, is_taken in zip(self.variables, self.hints, strict=True):
            self.model.add_hint(variable, is_taken)
        for is_served in self.optional:
            self.model.add_hint(is_served, False)
        weights = [*self.costs, *[-(1 + sum(self.costs))] * len(self.optional)]
        objective = cp_model.LinearExpr.weighted_sum([*self.variables, *self.optional], weights)
        self.model.minimize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
        solver.parameters.max_time_in_seconds = WALL_SECONDS
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE) or solver.wall_time >= WALL_SECONDS:
            name, seconds = solver.status_name(status), solver.wall_time
            raise SolverTimedOut(f"CP-SAT ended with {name} after {seconds:.1f} s")
        return [bool(solver.value(variable)) for variable in self.variables]

    def _variable(self, cost: int, is_hinted: bool) -> Any:
        variable = self.model.new_bool_var("")
        self.variables.append(variable)
        self.costs.append(cost)
        self.hints.append(is_hinted)
        return variable


def _candidates(
    table: OfferTable, orders: Sequence[Order], wanted: Mapping[str, Plan], plans: Mapping[str, Plan]
) -> dict[str, tuple[Indices, Indices]]:
    """For each order its planned nodes, those that it would take alone, and the cheapest that nobody took."""
    by_id = {order.job_id: order for order in orders}
    for job_id, own in plans.items():
        table.take(own.nodes, by_id[job_id].needs)
    left = {order.job_id: table.has_free(order.needs) for order in orders}
    for job_id, own in plans.items():
        table.take(own.nodes, by_id[job_id].needs, sign=-1)
    found = {}
    for order in orders:
        own = wanted[order.job_id]
        ranking, cost = table.ranking(order)
        masks = (own.fits & table.has_free(order.needs), own.fits & left[order.job_id])
        parts = [ranking[open_to[ranking]][: own.seats + SPARE_CANDIDATES] for open_to in masks]
        nodes = np.unique(np.concatenate([own.nodes, *parts]))
        found[order.job_id] = (nodes, cost[nodes])
    return found
