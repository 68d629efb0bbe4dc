"""The one table of clauses, and their evaluation. No Django: admission, explanation and connector share it.

Each clause says where it stands (in the signed grant, in the terms document, or in the ledger), who enforces
it, and with which typed errors the contract refuses what breaks it. What it is called and means in words is
in `wording`, how ODRL expresses it in `odrl`. `evaluate` names every clause that an order breaks, not only
the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from marketplace.licences import checks
from marketplace.licences.checks import Breach, Case
from marketplace.licences.domain import LicenceStanding, LicenceTerms, OrderFacts, Refusal

__all__ = ["CLAUSES", "INPUT", "Clause", "Place", "Source", "clause_of_revert", "evaluate"]


class Place(Enum):
    """Who refuses what breaks a clause."""

    ADMISSION = "admission"
    CONNECTOR = "connector"
    CHAIN = "chain"


class Source(Enum):
    """Where a clause's terms stand."""

    GRANT = "grant"
    TERMS = "terms"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Clause:
    """One row of the table."""

    name: str
    source: Source
    member: str
    """Field of GrantLicence, clause of the terms document, or fact of the standing."""
    check: Callable[[Case], Iterator[Breach]]
    reverts: tuple[str, ...] = ()
    """Typed errors of the contracts; not empty exactly if the chain enforces the clause."""
    needs_standing: bool = False

    @property
    def places(self) -> frozenset[Place]:
        """Market and connector evaluate every clause; the chain those that it has errors for."""
        return frozenset(Place) if self.reverts else frozenset({Place.ADMISSION, Place.CONNECTOR})


def _grant(name: str, member: str, *reverts: str) -> Clause:
    return Clause(name, Source.GRANT, member, getattr(checks, name), reverts)


def _terms(name: str, member: str = "", *, needs_standing: bool = False) -> Clause:
    check = getattr(checks, name)
    return Clause(name, Source.TERMS, member or name, check, needs_standing=needs_standing)


def _ledger(name: str, member: str, check: Callable[[Case], Iterator[Breach]], *reverts: str) -> Clause:
    return Clause(name, Source.LEDGER, member, check, reverts, needs_standing=True)


_TABLE = (
    _grant("consumer", "consumer", "ConsumerMismatch"),
    _grant("dataset", "dataset_id"),
    _grant("program", "program_ids", "ProgramNotLicensed"),
    _grant("columns", "columns", "ColumnsNotLicensed"),
    _grant("validity", "not_after", "LicenceNotValidNow"),
    _terms("parameters"),
    _terms("purposes"),
    _terms("counterparties"),
    _terms("recipient_keys"),
    _terms("visibilities"),
    _terms("roles", "columns"),
    _terms("disclosure", "columns"),
    _terms("smallest_group"),
    _terms("smallest_intersection"),
    _terms("placement"),
    _terms("windows", needs_standing=True),
    _terms("noise", needs_standing=True),
    _ledger("state", "is_granted", checks.state, "LicenceUnknown"),
    _ledger("suspension", "is_suspended", checks.suspension),
    _ledger("revocation", "is_revoked", checks.on_revocation, "LicenceIsRevoked"),
    _ledger("runs", "remaining", checks.quantity("runs"), "QuantityExhausted"),
    _ledger("cells", "remaining", checks.quantity("cells"), "QuantityExhausted"),
    _ledger("outputs", "remaining", checks.quantity("outputs"), "QuantityExhausted"),
)

CLAUSES: dict[str, Clause] = {clause.name: clause for clause in _TABLE}

INPUT = "input"
"""Not a clause of a licence: the order does not name it exactly once."""


def evaluate(
    licence: LicenceTerms, order: OrderFacts, *, standing: LicenceStanding | None = None
) -> list[Refusal]:
    """Every clause of `licence` that `order` breaks, in the table's order; empty if it may run.

    `standing` None: the caller does not know it, and the clauses that need it are left out.
    """
    matching = [item for item in order.inputs if item.licence_id == licence.licence_id]
    if len(matching) != 1:
        detail = "the order does not use this licence exactly once"
        return [Refusal(licence.licence_id, INPUT, None, detail, "Use it once.")]
    case = Case(licence, order, matching[0], standing)
    return [
        Refusal(
            licence.licence_id,
            clause.name,
            None if index is None else licence.name(index),
            detail,
            remedy,
            allowed,
        )
        for clause in CLAUSES.values()
        if standing is not None or not clause.needs_standing
        for index, detail, remedy, allowed in clause.check(case)
    ]


def clause_of_revert(error: str) -> frozenset[str]:
    """The clauses that the contract enforces with this error; empty for an error about something else."""
    return frozenset(clause.name for clause in CLAUSES.values() if error in clause.reverts)
