"""The terms document of a licence: its schema, read strictly. No Django.

A clause that the document leaves out does not restrict; a clause that is not known here is refused when the
licence is handed in, never ignored. docs/protocol.md, *Licence terms*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import is_checksum_address

__all__ = ["PUBLIC", "SEALED", "VISIBILITIES", "Terms", "TermsMalformed"]

PUBLIC, SEALED = 0, 1
VISIBILITIES = {"public": PUBLIC, "sealed": SEALED}
SIDES = ("left", "right")
TERMS_VERSION = 1
CLAUSES = frozenset(
    {
        "version",
        "purposes",
        "counterparties",
        "recipient_keys",
        "visibilities",
        "smallest_group",
        "regions",
        "roles",
        "note",
    }
)
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_KEY = re.compile(r"0x[0-9a-f]{64}\Z")


class TermsMalformed(Exception):
    """The terms document breaks its schema; `clause` names where."""

    def __init__(self, clause: str, detail: str) -> None:
        super().__init__(f"{clause}: {detail}")
        self.clause = clause


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
    regions: frozenset[str] | None = None
    """Where nodes may compute."""
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Column name → sides of the product (left, right) on which it may stand."""

    @classmethod
    def from_document(cls, document: Any, *, column_names: tuple[str, ...]) -> Terms:
        """Strict. `column_names` are the dataset's, by index (0 is `ones`). Raises TermsMalformed."""
        if not isinstance(document, dict):
            raise TermsMalformed("terms", "must be an object")
        if unknown := document.keys() - CLAUSES:
            raise TermsMalformed(sorted(map(str, unknown))[0], "is not a known clause")
        if document.get("version") != TERMS_VERSION or document.get("version") is True:
            raise TermsMalformed("version", f"must be {TERMS_VERSION}")
        if not isinstance(document.get("note", ""), str):
            raise TermsMalformed("note", "must be text")
        visibilities = _words(document, "visibilities", lambda word: word in VISIBILITIES)
        return cls(
            purposes=_words(document, "purposes", lambda word: bool(_WORD.match(word))),
            counterparties=_words(document, "counterparties", is_checksum_address, may_be_empty=True),
            recipient_keys=_words(document, "recipient_keys", lambda key: bool(_KEY.match(key))),
            visibilities=None if visibilities is None else frozenset(VISIBILITIES[v] for v in visibilities),
            smallest_group=_smallest_group(document),
            regions=_words(document, "regions", lambda region: bool(_REGION.match(region))),
            roles=_roles(document, column_names),
        )


def _words(
    document: Mapping[str, Any],
    clause: str,
    is_valid: Callable[[str], bool],
    *,
    may_be_empty: bool = False,
) -> frozenset[str] | None:
    if clause not in document:
        return None
    value = document[clause]
    if not isinstance(value, list) or not all(isinstance(word, str) and is_valid(word) for word in value):
        raise TermsMalformed(clause, f"must be a list of valid entries, not {value!r:.200}")
    if len(set(value)) != len(value) or not (value or may_be_empty):
        raise TermsMalformed(clause, "must not be empty or name an entry twice")
    return frozenset(value)


def _smallest_group(document: Mapping[str, Any]) -> int:
    value = document.get("smallest_group", 1)
    if type(value) is not int or not 1 <= value < 2**63:
        raise TermsMalformed("smallest_group", "must be an integer of at least 1")
    return value


def _roles(document: Mapping[str, Any], column_names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    value = document.get("roles", {})
    if not isinstance(value, dict):
        raise TermsMalformed("roles", "must map column names to lists of sides")
    roles = {}
    for name, sides in value.items():
        if name not in column_names[1:]:
            raise TermsMalformed("roles", f"the dataset has no column {name!r}")
        if not isinstance(sides, list) or not sides or not all(side in SIDES for side in sides):
            raise TermsMalformed("roles", f"{name}: must be a list of left and right")
        roles[name] = frozenset(sides)
    return roles
