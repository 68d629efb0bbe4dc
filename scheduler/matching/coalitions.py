"""Who belongs together: nodes that share an organisation or an address, directly or through others.

t + 1 nodes of one hand read the data (PROTOCOL, *What holds*), so a job takes at most one node of a coalition
and none of a coalition that a party to it belongs to. That makes the nodes of a job a partition matroid:
taking coalitions by their cheapest node, cheapest first, is the cheapest choice there is.
"""

from __future__ import annotations

from collections.abc import Iterable

from scheduler.matching.market import Offer

__all__ = ["Coalitions"]


class Coalitions:
    """Numbers of coalitions, by union and find over organisations and addresses."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._parent: dict[str, str] = {}
        listed = list(offers)
        for offer in listed:
            keys = [_organisation(offer.organisation), *map(_address, (offer.operator, *offer.addresses))]
            for key in keys:
                self._join(keys[0], key)
        numbers: dict[str, int] = {}
        self._numbers = numbers
        self.of_offers = [
            numbers.setdefault(self._root(_organisation(offer.organisation)), len(numbers))
            for offer in listed
        ]

    def of_parties(self, organisations: Iterable[str], addresses: Iterable[str]) -> set[int]:
        """Coalitions that any of these belongs to."""
        keys = [*map(_organisation, organisations), *map(_address, addresses)]
        return {self._numbers[self._root(key)] for key in keys if key in self._parent}

    def _join(self, one: str, other: str) -> None:
        self._parent.setdefault(one, one)
        self._parent.setdefault(other, other)
        self._parent[self._root(other)] = self._root(one)

    def _root(self, key: str) -> str:
        while (parent := self._parent[key]) != key:
            self._parent[key] = self._parent[parent]
            key = self._parent[key]
        return key


def _organisation(slug: str) -> str:
    return f"organisation {slug}"


def _address(address: str) -> str:
    return f"address {address.lower()}"
