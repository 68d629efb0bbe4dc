"""The hard rules, in the order in which they are named. None of them is ever bent for a better price."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scheduler.matching.market import ONLINE, RESOURCES, Offer, Order
from scheduler.matching.table import Mask, OfferTable

__all__ = ["Funnel", "FunnelStep", "Rule", "Rules"]

WORK_ROUNDS = 2
"""A node computes and proves: twice the work that its speed was measured on."""


class Rule(StrEnum):
    """Why a node cannot sit in a job, or (the last four) why an order got no nodes although there are
    some."""

    NOT_REGISTERED = "not_registered"
    NOT_AVAILABLE = "not_available"
    NOT_SEEN = "not_seen"
    EXCLUDED_BEFORE = "excluded_before"
    PARTY_TO_JOB = "party_to_job"
    AVOIDED = "avoided"
    CAPACITY_MISSING = "capacity_missing"
    REGION_NOT_ALLOWED = "region_not_allowed"
    TIER_NOT_ALLOWED = "tier_not_allowed"
    ASSURANCE_TOO_LOW = "assurance_too_low"
    STAKE_TOO_SMALL = "stake_too_small"
    CORES_MISSING = "cores_missing"
    MEMORY_MISSING = "memory_missing"
    STORAGE_MISSING = "storage_missing"
    BANDWIDTH_MISSING = "bandwidth_missing"
    SPEED_TOO_LOW = "speed_too_low"
    LATENCY_TOO_HIGH = "latency_too_high"
    DEADLINE_TOO_NEAR = "deadline_too_near"
    FULLY_BOOKED = "fully_booked"
    TAKEN_IN_ROUND = "taken_in_round"
    PRICE_ABOVE_LIMIT = "price_above_limit"


_MISSING = dict(
    zip(
        RESOURCES,
        (Rule.CORES_MISSING, Rule.MEMORY_MISSING, Rule.STORAGE_MISSING, Rule.BANDWIDTH_MISSING),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """``removed`` nodes broke this rule and none before it; nodes of ``coalitions_left`` coalitions passed so
    far."""

    rule: Rule
    removed: int
    coalitions_left: int


Funnel = tuple[FunnelStep, ...]


class Rules:
    """The rules over one table. What orders have in common is evaluated once."""

    def __init__(self, table: OfferTable) -> None:
        self.table = table
        self._kept: dict[Hashable, Mask] = {}

    def fitting(self, order: Order) -> Mask:
        """Nodes that break no rule, whatever is free at the moment."""
        fits = np.ones(self.table.count, dtype=np.bool_)
        for _, passes in self._steps(order):
            fits &= passes
        return fits

    def funnel(self, order: Order) -> Funnel:
        """What each rule took, down to the nodes that were free when the round began; rules that took none
        are left out.
        """
        left = np.ones(self.table.count, dtype=np.bool_)
        steps = []
        for rule, passes in [*self._steps(order), (Rule.FULLY_BOOKED, self.table.had_free(order.needs))]:
            removed = int(np.count_nonzero(left & ~passes))
            left &= passes
            if removed:
                steps.append(FunnelStep(rule, removed, self.table.coalitions_in(left)))
        return tuple(steps)

    def first_broken(self, order: Order) -> dict[str, Rule | None]:
        """For every node the first rule that excludes it; None: it fits."""
        found: dict[str, Rule | None] = dict.fromkeys(self.table.index, None)
        left = np.ones(self.table.count, dtype=np.bool_)
        for rule, passes in [*self._steps(order), (Rule.FULLY_BOOKED, self.table.had_free(order.needs))]:
            for place in np.flatnonzero(left & ~passes):
                found[self.table.offers[place].node_id] = rule
            left &= passes
        return found

    def _steps(self, order: Order) -> list[tuple[Rule, Mask]]:
        steps = [
            (Rule.NOT_REGISTERED, self._each("registered", lambda offer: offer.is_registered)),
            (Rule.NOT_AVAILABLE, self._each("online", lambda offer: offer.availability == ONLINE)),
            (Rule.NOT_SEEN, self._each("fresh", lambda offer: offer.is_fresh)),
        ]
        if order.excluded_nodes:
            steps.append((Rule.EXCLUDED_BEFORE, ~self.table.named(order.excluded_nodes)))
        parties = ("parties", order.party_organisations, order.party_addresses)
        steps.append((Rule.PARTY_TO_JOB, self._keep(parties, lambda: ~self.table.party_nodes(order))))
        if order.avoided:
            steps.append((Rule.AVOIDED, ~self.table.named(order.avoided)))
        return steps + self._placement(order) + self._strength(order)

    def _placement(self, order: Order) -> list[tuple[Rule, Mask]]:
        table, regions, tiers = self.table, order.regions, order.tiers
        steps = [(Rule.CAPACITY_MISSING, (table.capacities & order.capacity) != 0)]
        if regions is not None:
            allowed = self._keep(("regions", regions), lambda: table.in_regions(regions))
            steps.append((Rule.REGION_NOT_ALLOWED, allowed))
        if tiers is not None:
            steps.append((Rule.TIER_NOT_ALLOWED, np.isin(table.tier, tiers)))
        if order.min_assurance:
            steps.append((Rule.ASSURANCE_TOO_LOW, table.assurance >= order.min_assurance))
        if stake := order.min_stake:
            steps.append(
                (Rule.STAKE_TOO_SMALL, self._each(("stake", stake), lambda offer: offer.stake >= stake))
            )
        return steps

    def _strength(self, order: Order) -> list[tuple[Rule, Mask]]:
        table, steps = self.table, []
        for name, rule in _MISSING.items():
            if need := getattr(order.needs, name):
                steps.append((rule, table.declared[name] >= need))
        if order.min_cells_per_second:
            steps.append((Rule.SPEED_TOO_LOW, table.speed >= order.min_cells_per_second))
        if order.max_latency_ms is not None:
            near = (table.latency_ms > 0) & (table.latency_ms <= order.max_latency_ms)
            steps.append((Rule.LATENCY_TOO_HIGH, near))
        if order.seconds_left is not None and order.cells:
            enough = -(-WORK_ROUNDS * order.cells // max(order.seconds_left, 1))
            steps.append((Rule.DEADLINE_TOO_NEAR, (table.speed == 0) | (table.speed >= enough)))
        return steps

    def _each(self, key: Hashable, test: Callable[[Offer], bool]) -> Mask:
        return self._keep(
            key, lambda: np.fromiter((test(offer) for offer in self.table.offers), dtype=np.bool_)
        )

    def _keep(self, key: Hashable, make: Callable[[], Mask]) -> Mask:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]
