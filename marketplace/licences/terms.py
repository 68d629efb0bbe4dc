"""The terms document of a licence: its schema, read strictly. No Django.

A clause that the document leaves out does not restrict; a clause that is not known here is refused when the
licence is handed in, never ignored. docs/protocol.md, *Licence terms*; what each clause does: `clauses`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from eth_utils.address import is_checksum_address

from marketplace.licences.vocabulary import DISCLOSURES, EFFECTS, MECHANISMS, PURPOSES, ROLES, TIERS

__all__ = [
    "PUBLIC",
    "SEALED",
    "VISIBILITIES",
    "Bound",
    "ColumnRule",
    "NoiseTerms",
    "Placement",
    "Terms",
    "TermsMalformed",
    "Window",
]

T = TypeVar("T")

PUBLIC, SEALED = 0, 1
VISIBILITIES = {"public": PUBLIC, "sealed": SEALED}
SIDES = ("left", "right")
QUANTITIES = ("runs", "cells", "outputs")
TERMS_VERSION = 1
MAX_GRADE, MAX_ASSURANCE = 4, 4
MAX_WINDOWS = 8
MAX_COUNT = 2**63 - 1
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_KEY = re.compile(r"0x[0-9a-f]{64}\Z")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,18})?\Z")


class TermsMalformed(Exception):
    """The terms document breaks its schema; `clause` names where."""

    def __init__(self, clause: str, detail: str) -> None:
        super().__init__(f"{clause}: {detail}")
        self.clause = clause


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What a column may be used for."""

    role: str | None = None
    disclosure: str = "aggregate"
    sides: frozenset[str] | None = None
    """Sides of the product (left, right) on which it may stand; None: both."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Which nodes may compute. None: the clause does not restrict."""

    tiers: frozenset[int] | None = None
    regions: frozenset[str] | None = None
    min_assurance: int = 0

    def __and__(self, other: Placement) -> Placement:
        return Placement(
            tiers=_both(self.tiers, other.tiers),
            regions=_both(self.regions, other.regions),
            min_assurance=max(self.min_assurance, other.min_assurance),
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """What one parameter of an order may be; exactly one of the three forms."""

    any_of: tuple[Any, ...] | None = None
    between: tuple[int, int] | None = None
    max_items: int | None = None

    def allows(self, value: Any) -> bool:
        if self.any_of is not None:
            return any(type(value) is type(one) and value == one for one in self.any_of)
        if self.between is not None:
            return type(value) is int and self.between[0] <= value <= self.between[1]
        return isinstance(value, list) and len(value) <= (self.max_items or 0)

    def text(self) -> str:
        if self.any_of is not None:
            return "one of " + ", ".join(map(repr, self.any_of))
        if self.between is not None:
            return f"an integer from {self.between[0]} to {self.between[1]}"
        return f"a list of at most {self.max_items}"


@dataclass(frozen=True, slots=True)
class Window:
    """At most so much within any `seconds` seconds. None: this quantity is not limited in it."""

    seconds: int
    runs: int | None
    cells: int | None
    outputs: int | None


@dataclass(frozen=True, slots=True)
class NoiseTerms:
    """Noise that the provider's connector adds, and the budget that all runs of the licence share.

    Basic composition: k runs spend k·ε and k·δ. Numbers are exact (decimal strings in the document).
    """

    mechanism: str
    epsilon_per_run: Fraction
    epsilon_total: Fraction
    delta_per_run: Fraction = Fraction(0)
    delta_total: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms document, read. None: the clause does not restrict."""

    purposes: frozenset[str] | None = None
    """What the result may be used for; the order names one."""
    counterparties: frozenset[str] | None = None
    """Addresses whose datasets may stand beside this one; empty: none but the provider's own."""
    recipient_keys: frozenset[str] | None = None
    """X25519 keys that a sealed result may be addressed to."""
    visibilities: frozenset[int] | None = None
    smallest_group: int = 1
    """Fewest rows that an aggregate may cover."""
    smallest_intersection: int = 1
    """Fewest rows in common where data of several providers are joined."""
    placement: Placement = Placement()
    grade_placement: Mapping[int, Placement] = field(default_factory=dict)
    """Stricter placement from a grade of the data on (a column's or the dataset's, the higher counts)."""
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    parameters: Mapping[str, Bound] | None = None
    """Parameters that an order may carry; one that is not named is refused."""
    windows: tuple[Window, ...] = ()
    noise: NoiseTerms | None = None
    on_revocation: str = "stop"

    @classmethod
    def from_document(cls, document: Any, *, column_names: tuple[str, ...]) -> Terms:
        """Strict. `column_names` are the dataset's, by index (0 is `ones`). Raises TermsMalformed."""
        if not isinstance(document, dict):
            raise TermsMalformed("terms", "must be an object")
        if unknown := document.keys() - {*_READERS, "version", "note"}:
            raise TermsMalformed(sorted(map(str, unknown))[0], "is not a known clause")
        if document.get("version") != TERMS_VERSION or document.get("version") is True:
            raise TermsMalformed("version", f"must be {TERMS_VERSION}")
        if not isinstance(document.get("note", ""), str):
            raise TermsMalformed("note", "must be text")
        read: dict[str, Any] = {}
        for clause, reader in _READERS.items():
            if clause in document:
                read |= reader(clause, document[clause])
        for name in read.get("columns", {}):
            if name not in column_names[1:]:
                raise TermsMalformed("columns", f"the dataset has no column {name!r}")
        return cls(**read)

    def placement_for(self, grade: int) -> Placement:
        """Which nodes may compute on data of this grade."""
        found = self.placement
        for lowest, stricter in self.grade_placement.items():
            if grade >= lowest:
                found = found & stricter
        return found


def _both(left: frozenset[T] | None, right: frozenset[T] | None) -> frozenset[T] | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _words(is_valid: Callable[[str], bool], *, may_be_empty: bool = False) -> _Reader:
    def read(clause: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, list) or not all(isinstance(word, str) and is_valid(word) for word in value):
            raise TermsMalformed(clause, f"must be a list of valid entries, not {value!r:.200}")
        if len(set(value)) != len(value) or not (value or may_be_empty):
            raise TermsMalformed(clause, "must not be empty or name an entry twice")
        return {clause: frozenset(value)}

    return read


def _visibilities(clause: str, value: Any) -> dict[str, Any]:
    names = _words(VISIBILITIES.__contains__)(clause, value)[clause]
    return {clause: frozenset(VISIBILITIES[name] for name in names)}


def _count(clause: str, value: Any) -> dict[str, Any]:
    return {clause: _integer(clause, value, 1, MAX_COUNT)}


def _integer(clause: str, value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise TermsMalformed(clause, f"must be an integer from {low} to {high}, not {value!r:.80}")
    return value


def _object(clause: str, value: Any, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not value or value.keys() - allowed:
        raise TermsMalformed(clause, f"must be an object with some of {', '.join(sorted(allowed))}")
    return value


def _placement(clause: str, value: Any) -> dict[str, Any]:
    given = dict(_object(clause, value, {"tiers", "regions", "min_assurance", "by_grade"}))
    by_grade = given.pop("by_grade", {})
    if not isinstance(by_grade, dict) or not all(
        isinstance(g, str) and g in map(str, range(MAX_GRADE + 1)) for g in by_grade
    ):
        raise TermsMalformed(clause, f"by_grade maps grades from 0 to {MAX_GRADE} to placements")
    return {
        "placement": _one_placement(clause, given) if given else Placement(),
        "grade_placement": {int(grade): _one_placement(clause, part) for grade, part in by_grade.items()},
    }


def _one_placement(clause: str, value: Any) -> Placement:
    given = _object(clause, value, {"tiers", "regions", "min_assurance"})
    tiers = given.get("tiers")
    regions = given.get("regions")
    return Placement(
        tiers=None
        if tiers is None
        else frozenset(TIERS[t] for t in _words(TIERS.__contains__)(clause, tiers)[clause]),
        regions=None
        if regions is None
        else _words(lambda region: bool(_REGION.match(region)))(clause, regions)[clause],
        min_assurance=_integer(clause, given.get("min_assurance", 0), 0, MAX_ASSURANCE),
    )


def _columns(clause: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise TermsMalformed(clause, "must map column names to rules")
    return {clause: {name: _column_rule(clause, name, rule) for name, rule in value.items()}}


def _column_rule(clause: str, name: str, value: Any) -> ColumnRule:
    rule = _object(clause, value, {"role", "disclosure", "sides"})
    if not isinstance(rule.get("role", ""), str) or rule.get("role", "key") not in ROLES:
        raise TermsMalformed(clause, f"{name}: role is one of {', '.join(ROLES)}")
    disclosure = rule.get("disclosure", "aggregate")
    if not isinstance(disclosure, str) or disclosure not in DISCLOSURES:
        raise TermsMalformed(clause, f"{name}: disclosure is one of {', '.join(DISCLOSURES)}")
    sides = rule.get("sides")
    return ColumnRule(
        role=rule.get("role"),
        disclosure=disclosure,
        sides=None if sides is None else _words(SIDES.__contains__)(clause, sides)[clause],
    )


def _parameters(clause: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(n, str) and _WORD.match(n) for n in value):
        raise TermsMalformed(clause, "must map names of parameters to what they may be")
    return {clause: {name: _bound(clause, name, bound) for name, bound in value.items()}}


def _bound(clause: str, name: str, value: Any) -> Bound:
    if isinstance(value, dict) and value.keys() == {"any_of"}:
        choices = value["any_of"]
        if isinstance(choices, list) and choices and all(type(one) in (str, int, bool) for one in choices):
            return Bound(any_of=tuple(choices))
    elif isinstance(value, dict) and value.keys() == {"minimum", "maximum"}:
        low, high = (_integer(clause, value[end], -MAX_COUNT, MAX_COUNT) for end in ("minimum", "maximum"))
        if low <= high:
            return Bound(between=(low, high))
    elif isinstance(value, dict) and value.keys() == {"max_items"}:
        return Bound(max_items=_integer(clause, value["max_items"], 0, MAX_COUNT))
    raise TermsMalformed(clause, f"{name}: must be any_of, minimum and maximum, or max_items")


def _windows(clause: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_WINDOWS:
        raise TermsMalformed(clause, f"must be a list of 1 to {MAX_WINDOWS} windows")
    windows = []
    for entry in value:
        given = _object(clause, entry, {"seconds", *QUANTITIES})
        if len(given) < 2 or "seconds" not in given:
            raise TermsMalformed(clause, "a window has seconds, and runs, cells or outputs")
        for name, number in given.items():
            _integer(clause, number, 1 if name == "seconds" else 0, MAX_COUNT)
        windows.append(Window(given["seconds"], *(given.get(name) for name in QUANTITIES)))
    return {clause: tuple(windows)}


def _noise(clause: str, value: Any) -> dict[str, Any]:
    numbers = ("epsilon_per_run", "epsilon_total", "delta_per_run", "delta_total")
    given = _object(clause, value, {"mechanism", *numbers})
    mechanism = given.get("mechanism")
    if not isinstance(mechanism, str) or mechanism not in MECHANISMS:
        raise TermsMalformed(clause, f"mechanism is one of {', '.join(MECHANISMS)}")
    is_gaussian = mechanism == "discrete_gaussian"
    needed = set(numbers if is_gaussian else numbers[:2])
    if given.keys() - {"mechanism"} != needed:
        raise TermsMalformed(clause, f"{mechanism} has exactly {', '.join(sorted(needed))}")
    read = {name: _decimal(clause, given[name]) for name in needed}
    if not 0 < read["epsilon_per_run"] <= read["epsilon_total"]:
        raise TermsMalformed(clause, "epsilon_per_run is above 0 and at most epsilon_total")
    if is_gaussian and not 0 < read["delta_per_run"] <= read["delta_total"] < 1:
        raise TermsMalformed(clause, "delta_per_run is above 0 and at most delta_total, which is below 1")
    if is_gaussian and read["epsilon_per_run"] > 1:
        raise TermsMalformed(clause, "the Gaussian mechanism's guarantee is for an epsilon of at most 1")
    return {clause: NoiseTerms(mechanism, **read)}


def _decimal(clause: str, value: Any) -> Fraction:
    if not isinstance(value, str) or not _DECIMAL.match(value):
        raise TermsMalformed(clause, f'{value!r:.80} is no decimal text such as "0.5"')
    return Fraction(value)


def _on_revocation(clause: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, str) or value not in EFFECTS:
        raise TermsMalformed(clause, f"must be one of {', '.join(EFFECTS)}")
    return {clause: value}


_Reader = Callable[[str, Any], dict[str, Any]]
_READERS: dict[str, _Reader] = {
    "purposes": _words(PURPOSES.__contains__),
    "counterparties": _words(is_checksum_address, may_be_empty=True),
    "recipient_keys": _words(lambda key: bool(_KEY.match(key))),
    "visibilities": _visibilities,
    "smallest_group": _count,
    "smallest_intersection": _count,
    "placement": _placement,
    "columns": _columns,
    "parameters": _parameters,
    "windows": _windows,
    "noise": _noise,
    "on_revocation": _on_revocation,
}
