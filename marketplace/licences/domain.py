"""Evaluation of a licence. No Django: admission, explanation and connector share this module.

A licence is the signed grant (who, which dataset, programs, columns, quantities, validity, price) and the
terms document whose hash the grant carries. `evaluate` names every clause that an order breaks, not only the
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.licences.terms import PUBLIC, SEALED, VISIBILITIES, Terms, TermsMalformed
from marketplace.signing.eip712 import GrantLicence, bits_of

__all__ = [
    "PUBLIC",
    "SEALED",
    "InputFacts",
    "LicenceStanding",
    "LicenceTerms",
    "OrderFacts",
    "Quantity",
    "Refusal",
    "Terms",
    "TermsMalformed",
    "evaluate",
]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a licence measures: runs, cells (rows × columns without `ones`), outputs."""

    runs: int
    cells: int
    outputs: int


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """The signed part of a licence, as its provider and everyone else knows it."""

    licence_id: str
    grant: GrantLicence
    terms: Terms
    column_names: tuple[str, ...]
    """Of the dataset, by index; 0 is `ones`."""


@dataclass(frozen=True, slots=True)
class LicenceStanding:
    """What the chain or the ledger says of a licence now."""

    is_granted: bool
    is_revoked: bool
    remaining: Quantity
    holder: str | None = None
    """Who may use it now, after transfers; None: whom it was granted to."""


@dataclass(frozen=True, slots=True)
class InputFacts:
    """One input of the order: the dataset that its licence is for, and which columns stand on which side."""

    licence_id: str
    owner: str
    dataset_id: str
    columns: int
    rows: int
    sides: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Column index → sides of the product on which the program puts it."""
    group_sizes: Mapping[int, int] = field(default_factory=dict)
    """Column index → rows that a 0/1 column selects, where the evaluator knows the data (the connector)."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What an order asks, worked out from the signed message, its details and the datasets."""

    consumer: str
    program_id: str
    visibility: int
    recipient_key: str
    purpose: str
    regions: frozenset[str] | None
    """Where the consumer wants nodes; None: anywhere."""
    inputs: tuple[InputFacts, ...]
    outputs: int
    at: int
    """Unix seconds of the evaluation."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken clause. `column` is the column's name where the clause is about one."""

    licence_id: str
    clause: str
    column: str | None
    detail: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        document = {
            "licence_id": self.licence_id,
            "clause": self.clause,
            "column": self.column,
            "detail": self.detail,
            "remedy": self.remedy,
        }
        return {key: value for key, value in document.items() if value is not None}


def evaluate(
    licence: LicenceTerms, order: OrderFacts, *, standing: LicenceStanding | None = None
) -> list[Refusal]:
    """Every clause of `licence` that `order` breaks; empty if it may run.

    `standing` None: the caller does not know it (a connector without a chain), and it is left out.
    """
    matching = [item for item in order.inputs if item.licence_id == licence.licence_id]
    if len(matching) != 1:
        return [
            _refusal(
                licence, "input", None, "the order does not use this licence exactly once", "Use it once."
            )
        ]
    holder = licence.grant.consumer if standing is None or standing.holder is None else standing.holder
    found = [
        *_grant_refusals(licence, order, matching[0], holder),
        *_terms_refusals(licence, order, matching[0]),
    ]
    if standing is not None:
        found += _standing_refusals(licence, order, matching[0], standing)
    return found


def quantity_of(order: OrderFacts, item: InputFacts) -> Quantity:
    """What one run of the order uses of an input's licence (docs/protocol.md, Ids and signatures)."""
    return Quantity(runs=1, cells=item.rows * (item.columns.bit_count() - 1), outputs=order.outputs)


def _grant_refusals(
    licence: LicenceTerms, order: OrderFacts, item: InputFacts, holder: str
) -> Iterator[Refusal]:
    grant = licence.grant
    if order.consumer != holder:
        yield _refusal(
            licence,
            "consumer",
            None,
            f"{holder} holds it, not {order.consumer}",
            "Ask for a licence.",
        )
    if item.dataset_id != grant.dataset_id:
        yield _refusal(licence, "dataset", None, "it is for another dataset", "Use the licensed dataset.")
    if order.program_id not in grant.program_ids:
        yield _refusal(
            licence,
            "program",
            None,
            f"program {order.program_id} is not among the licensed ones",
            "Order one of the licence's programs, or ask for a licence for this one.",
        )
    for index in bits_of(item.columns & ~grant.columns):
        yield _refusal(
            licence,
            "columns",
            _name(licence, index),
            "the column is not licensed",
            "Order without it, or ask for it.",
        )
    if not grant.not_before <= order.at < grant.not_after:
        yield _refusal(
            licence,
            "validity",
            None,
            f"it is valid from {grant.not_before} to {grant.not_after} (unix seconds), and now is {order.at}",
            "Wait until it is valid, or ask for a new licence.",
        )


def _terms_refusals(licence: LicenceTerms, order: OrderFacts, item: InputFacts) -> Iterator[Refusal]:
    terms = licence.terms
    if terms.purposes is not None and order.purpose not in terms.purposes:
        yield _refusal(
            licence,
            "purposes",
            None,
            f"the purpose {order.purpose!r} is not among {', '.join(sorted(terms.purposes))}",
            "Order for a licensed purpose.",
        )
    if terms.counterparties is not None:
        others = {other.owner for other in order.inputs} - {licence.grant.provider}
        for other in sorted(others - terms.counterparties):
            yield _refusal(
                licence,
                "counterparties",
                None,
                f"data of {other} may not stand beside it",
                "Order without that data.",
            )
    if terms.visibilities is not None and order.visibility not in terms.visibilities:
        wanted = next(name for name, number in VISIBILITIES.items() if number == order.visibility)
        yield _refusal(
            licence, "visibilities", None, f"a {wanted} result is not licensed", "Order the other one."
        )
    if (
        terms.recipient_keys is not None
        and order.visibility == SEALED
        and order.recipient_key not in terms.recipient_keys
    ):
        yield _refusal(
            licence,
            "recipient_keys",
            None,
            f"{order.recipient_key} may not receive the result",
            "Use a licensed key.",
        )
    if terms.regions is not None and order.regions is not None and not terms.regions & order.regions:
        yield _refusal(
            licence,
            "regions",
            None,
            f"nodes may be in {', '.join(sorted(terms.regions))} only, the order wants others",
            "Order placement in a licensed region.",
        )
    yield from _column_refusals(licence, item)


def _column_refusals(licence: LicenceTerms, item: InputFacts) -> Iterator[Refusal]:
    terms = licence.terms
    if item.rows < terms.smallest_group:
        yield _refusal(
            licence,
            "smallest_group",
            None,
            f"the dataset has {item.rows} rows; no aggregate may cover fewer than {terms.smallest_group}",
            "Ask for a licence with a smaller group.",
        )
    for index, size in item.group_sizes.items():
        if item.columns >> index & 1 and 0 < size < terms.smallest_group:
            yield _refusal(
                licence,
                "smallest_group",
                _name(licence, index),
                f"the column selects {size} rows; no aggregate may cover fewer than {terms.smallest_group}",
                "Order without this column.",
            )
    for index in bits_of(item.columns):
        allowed = terms.roles.get(_name(licence, index))
        if index and allowed is not None and (extra := item.sides.get(index, frozenset()) - allowed):
            yield _refusal(
                licence,
                "roles",
                _name(licence, index),
                f"the program puts it on the {' and '.join(sorted(extra))}, it is licensed for the "
                f"{' and '.join(sorted(allowed))}",
                "Order another program, or another sequence of inputs.",
            )


def _standing_refusals(
    licence: LicenceTerms, order: OrderFacts, item: InputFacts, standing: LicenceStanding
) -> Iterator[Refusal]:
    if standing.is_revoked:
        yield _refusal(licence, "revocation", None, "its provider revoked it", "Ask for a new licence.")
    elif not standing.is_granted:
        yield _refusal(
            licence,
            "state",
            None,
            "the chain has not granted it",
            "Wait until it is GRANTED, then order again.",
        )
    needed = quantity_of(order, item)
    for clause in ("runs", "cells", "outputs"):
        asked, left = getattr(needed, clause), getattr(standing.remaining, clause)
        if asked > left:
            yield _refusal(
                licence,
                clause,
                None,
                f"the order needs {asked} {clause}, {left} are left",
                "Ask for more quantity.",
            )


def _refusal(licence: LicenceTerms, clause: str, column: str | None, detail: str, remedy: str) -> Refusal:
    return Refusal(licence.licence_id, clause, column, detail, remedy)


def _name(licence: LicenceTerms, index: int) -> str:
    return licence.column_names[index] if index < len(licence.column_names) else f"#{index}"
