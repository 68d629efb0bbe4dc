"""The offers as columns, so that a rule is one comparison over all nodes, and what each still has free."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from scheduler.matching.coalitions import Coalitions
from scheduler.matching.market import RESOURCES, Offer, Order, Resources

__all__ = ["Indices", "Mask", "OfferTable"]

Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]

UNLIMITED = 1 << 62
FINEST = 1_000_000
"""The dearest seat costs this much in the optimiser's unit; smaller differences than a millionth of it are
ties."""
MILLION = 1_000_000
LOAD_PPM = 10_000
SLOWNESS_PPM = 50_000
PREFERENCE_PPM = 100_000


class OfferTable:
    """``cost`` is what a seat is expected to cost the consumer, in a unit of the round (see
    ``_expected_costs``)."""

    def __init__(self, offers: Iterable[Offer], lot: str) -> None:
        self.offers: tuple[Offer, ...] = tuple(sorted(offers, key=lambda offer: offer.node_id))
        self.count = len(self.offers)
        self.index = {offer.node_id: place for place, offer in enumerate(self.offers)}
        self._coalitions = Coalitions(self.offers)
        self.coalition = self.column(self._coalitions.of_offers)
        self.failure_ppm = self.column(offer.failure_ppm for offer in self.offers)
        self.tier = self.column(offer.tier for offer in self.offers)
        self.assurance = self.column(offer.assurance for offer in self.offers)
        self.speed = self.column(offer.cells_per_second for offer in self.offers)
        self.latency_ms = self.column(offer.latency_ms for offer in self.offers)
        self.capacities = self.column(sum(offer.capacities) for offer in self.offers)
        """Capacities are powers of two: each is a bit."""
        self._regions = {name: code for code, name in enumerate(sorted({o.region for o in self.offers}))}
        self.region = self.column(self._regions[offer.region] for offer in self.offers)
        self.organisation = np.array([offer.organisation for offer in self.offers], dtype=object)
        self.cost, self.unit = _expected_costs(self.offers)
        self._ties = np.array(
            [int.from_bytes(hashlib.sha256(f"{lot}{o.node_id}".encode()).digest()[:7]) for o in self.offers],
            dtype=np.int64,
        )
        self.by_cost: Indices = np.lexsort((self._ties, self.cost))
        self.seats = self.column(offer.seats for offer in self.offers)
        self.free_seats = self.column(max(offer.seats - offer.seats_taken, 0) for offer in self.offers)
        self.declared = {
            name: self.column(getattr(offer.resources, name) or UNLIMITED for offer in self.offers)
            for name in RESOURCES
        }
        self.free = {name: self.column(_free(offer, name) for offer in self.offers) for name in RESOURCES}
        self._free_seats_at_start = self.free_seats.copy()
        self._free_at_start = {name: column.copy() for name, column in self.free.items()}

    @staticmethod
    def column(values: Iterable[int]) -> Indices:
        return np.fromiter(values, dtype=np.int64)

    def party_nodes(self, order: Order) -> Mask:
        """Nodes of the coalitions of the order's parties."""
        numbers = self._coalitions.of_parties(order.party_organisations, order.party_addresses)
        return np.isin(self.coalition, sorted(numbers))

    def in_regions(self, names: Iterable[str]) -> Mask:
        return np.isin(self.region, [self._regions[name] for name in names if name in self._regions])

    def named(self, names: frozenset[str]) -> Mask:
        """Nodes that are named by their id or organisation."""
        found = np.zeros(self.count, dtype=np.bool_)
        for name in names:
            if name in self.index:
                found[self.index[name]] = True
            else:
                found |= self.organisation == name
        return found

    def has_free(self, needs: Resources) -> Mask:
        """Nodes with a free seat and the resources for it."""
        return _suffices(self.free_seats, self.free, needs)

    def had_free(self, needs: Resources) -> Mask:
        """Nodes that had them before anyone took any in this round."""
        return _suffices(self._free_seats_at_start, self._free_at_start, needs)

    def has_if_idle(self, needs: Resources) -> Mask:
        """Nodes that would have them if their earlier jobs were done; what was taken in this round stays
        taken."""
        seats = self.seats + self.free_seats - self._free_seats_at_start
        resources = {
            name: self.declared[name] + self.free[name] - self._free_at_start[name] for name in RESOURCES
        }
        return _suffices(seats, resources, needs)

    def take(self, nodes: Sequence[int] | Indices, needs: Resources, sign: int = 1) -> None:
        """Occupy a seat on each; ``sign`` −1 gives it back."""
        self.free_seats[nodes] -= sign
        for name in RESOURCES:
            if need := getattr(needs, name):
                self.free[name][nodes] -= sign * need

    def ranking(self, order: Order) -> tuple[Indices, Indices]:
        """Nodes from the cheapest on, and the costs, as this order sees them."""
        if not order.preferred:
            return self.by_cost, self.cost
        liked = self.named(order.preferred)
        cost = np.where(liked, self.cost * (MILLION - PREFERENCE_PPM) // MILLION, self.cost)
        return np.lexsort((self._ties, cost)), cost

    @contextmanager
    def raised(self, prices: Indices) -> Iterator[None]:
        """Costs with these prices on top, for as long as the block runs."""
        own = self.cost, self.by_cost
        self.cost = self.cost + prices
        self.by_cost = np.lexsort((self._ties, self.cost))
        try:
            yield
        finally:
            self.cost, self.by_cost = own

    def cheapest(self, ranking: Indices, fits: Mask, count: int) -> Indices | None:
        """The first ``count`` nodes of the ranking that fit, one of each coalition. None: there are fewer."""
        ranked = ranking[fits[ranking]]
        for length in (8 * count, len(ranked)):
            head = ranked[:length]
            _, first = np.unique(self.coalition[head], return_index=True)
            if len(first) >= count:
                return head[np.sort(first)[:count]]
        return None

    def spread(self, ranked: Indices, depth: int, place: int, near: int, far: int) -> Indices:
        """``near`` nodes from the top of a ranking and ``far`` from the next ``depth``, others for each
        place.

        If all orders looked at the same cheapest nodes, most of them would find these taken.
        """
        below = ranked[near : near + depth]
        if len(below) <= far:
            return ranked[: near + len(below)]
        steps = (np.arange(far) * len(below) + place * 7919 % len(below)) // far % len(below)
        return np.concatenate([ranked[:near], below[steps]])

    def coalitions_in(self, fits: Mask) -> int:
        return len(np.unique(self.coalition[fits]))


def _suffices(seats: Indices, resources: Mapping[str, Indices], needs: Resources) -> Mask:
    fits: Mask = seats >= 1
    for name in RESOURCES:
        if need := getattr(needs, name):
            fits &= resources[name] >= need
    return fits


def _free(offer: Offer, name: str) -> int:
    total = getattr(offer.resources, name)
    return max(total - getattr(offer.resources_taken, name), 0) if total else UNLIMITED


def _expected_costs(offers: Sequence[Offer]) -> tuple[Indices, int]:
    """fee · (1 + p/(1 − p) + load + slowness): p the probability of failure, so that the first two terms are
    the price of an answer rather than of a try; 1 % for each seat that is taken, 5 % for the slowest against
    the fastest. Money may exceed 64 bits, so costs are divided by the returned unit.
    """
    fastest = max((offer.cells_per_second for offer in offers), default=0)
    exact = []
    for offer in offers:
        p = min(offer.failure_ppm, MILLION - 1)
        slow = SLOWNESS_PPM // 2
        if offer.cells_per_second:
            slow = SLOWNESS_PPM * (fastest - offer.cells_per_second) // fastest
        weight = MILLION + MILLION * p // (MILLION - p) + LOAD_PPM * offer.seats_taken + slow
        exact.append((offer.fee + 1) * weight)
    unit = max(exact, default=0) // FINEST + 1
    return OfferTable.column(cost // unit for cost in exact), unit
