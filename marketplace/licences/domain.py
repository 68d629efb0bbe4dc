"""What the clauses of a licence are evaluated on. No Django: admission, explanation and connector share it.

A licence is the signed grant (who, which dataset, programs, columns, quantities, validity, price) and the
terms document whose hash the grant carries. An order is what a consumer signed, worked out against the
datasets. The standing is what the chain, the ledger and the parties say now. `clauses` evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from marketplace.licences.terms import PUBLIC, SEALED, NoiseTerms, Terms, TermsMalformed
from marketplace.signing.eip712 import GrantLicence

__all__ = [
    "PUBLIC",
    "SEALED",
    "InputFacts",
    "LicenceStanding",
    "LicenceTerms",
    "OrderFacts",
    "Quantity",
    "Refusal",
    "SeatFacts",
    "Terms",
    "TermsMalformed",
    "Use",
    "assurance_of",
    "budget_spent",
    "quantity_of",
    "used_since",
]

MAX_ASSURANCE = 4


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

    def name(self, index: int) -> str:
        """The column's name; one that the dataset does not have is named by its index."""
        return self.column_names[index] if index < len(self.column_names) else f"#{index}"


@dataclass(frozen=True, slots=True)
class Use:
    """A run that was reserved or consumed under the licence, and when (unix seconds)."""

    at: int
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class LicenceStanding:
    """What the chain and the ledger say of a licence now."""

    is_granted: bool
    is_revoked: bool
    remaining: Quantity
    """What this order may take: at admission what is not reserved, at the connector what is."""
    holder: str | None = None
    """Who may use it now, after transfers; None: whom it was granted to."""
    is_suspended: bool = False
    uses: tuple[Use, ...] = ()
    """All other runs that were not released: what windows and the budget of noise count."""


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
    grade: int = 0
    """The highest grade among the dataset and the chosen columns."""
    flags: frozenset[int] = frozenset()
    """Indexes of the chosen columns whose schema allows 0 and 1 only."""


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A node that was matched to the order."""

    seat: int
    tier: int
    region: str
    assurance: int


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
    tiers: frozenset[int] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    discloses_rows: bool = False
    """Whether the program's outputs are values of single rows rather than aggregates."""
    is_noise_dealt: bool = False
    """Whether connectors deal noise to the program. A licence that asks for noise refuses other orders."""
    seats: tuple[SeatFacts, ...] | None = None
    """None before nodes are matched."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken clause. `column` is the column's name where the clause is about one."""

    licence_id: str
    clause: str
    column: str | None
    detail: str
    remedy: str
    allowed: str | None = None
    """What the clause would allow, in short."""

    def to_json(self) -> dict[str, Any]:
        document = {
            "licence_id": self.licence_id,
            "clause": self.clause,
            "column": self.column,
            "detail": self.detail,
            "remedy": self.remedy,
            "allowed": self.allowed,
        }
        return {key: value for key, value in document.items() if value is not None}


def quantity_of(order: OrderFacts, item: InputFacts) -> Quantity:
    """What one run of the order uses of an input's licence (docs/protocol.md, Ids and signatures)."""
    return Quantity(runs=1, cells=item.rows * (item.columns.bit_count() - 1), outputs=order.outputs)


def used_since(uses: Iterable[Use], since: int) -> Quantity:
    """The sum of what was used after `since` (unix seconds)."""
    counted = [use.quantity for use in uses if use.at > since]
    return Quantity(
        sum(q.runs for q in counted), sum(q.cells for q in counted), sum(q.outputs for q in counted)
    )


def budget_spent(noise: NoiseTerms, uses: Iterable[Use]) -> tuple[Fraction, Fraction]:
    """(ε, δ) that the runs so far have spent: k runs spend k·ε and k·δ.

    Basic composition: Dwork and Roth, The Algorithmic Foundations of Differential Privacy, theorem 3.16.
    """
    runs = sum(use.quantity.runs for use in uses)
    return noise.epsilon_per_run * runs, noise.delta_per_run * runs


def assurance_of(bonded_stake: int, minimum_stake: int) -> int:
    """How much stands for a node's honesty: how many times the minimum stake it has bonded, 0 to 4."""
    if bonded_stake <= 0:
        return 0
    return min(MAX_ASSURANCE, bonded_stake // minimum_stake if minimum_stake > 0 else MAX_ASSURANCE)
