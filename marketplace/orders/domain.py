"""What an order asks: its details, and the facts that licences are evaluated against. No Django."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.licences.domain import InputFacts, OrderFacts, Refusal
from marketplace.licences.vocabulary import PURPOSES, TIERS
from marketplace.signing.eip712 import Order, bits_of
from proofs.errors import ProofSystemError
from proofs.statement import Program

__all__ = [
    "DatasetFacts",
    "DetailsMalformed",
    "OrderDetails",
    "ProgramDoesNotFit",
    "highest_grade",
    "order_facts",
    "structural_refusals",
]

MIN_SEATS, MAX_SEATS = 3, 7
KINDS_OF_ROWS = frozenset({"lookup", "weighted_sums"})
"""Kinds of programs whose outputs are values of single rows (docs/protocol.md, Programs)."""
REQUIREMENTS = frozenset(
    {
        "cores",
        "memory_bytes",
        "storage_bytes",
        "bandwidth_bps",
        "min_cells_per_second",
        "max_latency_ms",
        "min_stake",
        "min_assurance",
    }
)
PLACEMENT = frozenset({"regions", "tiers", "seats", "requirements", "avoid", "prefer"})
SIDE_NAMES = ("left", "right")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,65}\Z")
"""Of an organisation, or a node's id."""
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")


class DetailsMalformed(Exception):
    """The details break their schema (docs/protocol.md); the text names the place."""


class ProgramDoesNotFit(Exception):
    """The program has no use for this number of columns, or too many outputs."""


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Purpose and placement wishes. None: no wish."""

    purpose: str
    regions: frozenset[str] | None
    tiers: frozenset[int] | None
    seats: int | None
    parameters: dict[str, Any]
    requirements: Mapping[str, int] = field(default_factory=dict)
    """What each node must have, by the names of ``REQUIREMENTS``."""
    avoided: frozenset[str] = frozenset()
    """Node ids or organisations that must not compute."""
    preferred: frozenset[str] = frozenset()
    """Node ids or organisations that should compute if they cost about the same."""

    @classmethod
    def from_document(cls, document: Any) -> OrderDetails:
        """Strict. Raises DetailsMalformed."""
        if not isinstance(document, dict) or document.keys() != {"purpose", "placement", "parameters"}:
            raise DetailsMalformed("details have exactly purpose, placement and parameters")
        purpose, placement, parameters = (document[k] for k in ("purpose", "placement", "parameters"))
        if not isinstance(purpose, str) or purpose not in PURPOSES:
            raise DetailsMalformed(f"purpose is one of {', '.join(PURPOSES)}")
        if not isinstance(placement, dict) or placement.keys() - PLACEMENT:
            raise DetailsMalformed(f"placement may have {', '.join(sorted(PLACEMENT))}")
        if not isinstance(parameters, dict):
            raise DetailsMalformed("parameters must be an object")
        seats = placement.get("seats")
        if seats is not None and (type(seats) is not int or not MIN_SEATS <= seats <= MAX_SEATS):
            raise DetailsMalformed(f"placement.seats must be from {MIN_SEATS} to {MAX_SEATS}")
        tiers = _names(placement, "tiers", lambda tier: tier in TIERS)
        return cls(
            purpose=purpose,
            regions=_names(placement, "regions", lambda region: bool(_REGION.match(region))),
            tiers=None if tiers is None else frozenset(TIERS[tier] for tier in tiers),
            seats=seats,
            parameters=parameters,
            requirements=_requirements(placement),
            avoided=_names(placement, "avoid", lambda name: bool(_NAME.match(name))) or frozenset(),
            preferred=_names(placement, "prefer", lambda name: bool(_NAME.match(name))) or frozenset(),
        )


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What the market knows of an input's dataset."""

    dataset_id: str
    owner: str
    setup_id: str
    rows: int
    ones_commitment: str
    is_registered: bool
    grade: int = 0
    columns: Sequence[Mapping[str, Any]] = ()
    """Schema entries of columns 1, 2, …"""


def order_facts(
    *,
    order: Order,
    details: OrderDetails,
    program: Program,
    datasets: Sequence[DatasetFacts],
    at: int,
) -> OrderFacts:
    """The facts of an order whose inputs use these datasets, in order. Raises ProgramDoesNotFit."""
    chosen = [
        (position, index)
        for position, item in enumerate(order.inputs)
        for index in bits_of(item.columns)
        if index
    ]
    try:
        left, right = program.sides(len(chosen) + 1)
    except ProofSystemError as error:
        raise ProgramDoesNotFit(str(error)) from error
    sides: list[dict[int, frozenset[str]]] = [{} for _ in order.inputs]
    for place, (position, index) in enumerate(chosen, start=1):
        names = [name for name, side in zip(SIDE_NAMES, (left, right), strict=True) if place in side]
        sides[position][index] = frozenset(names)
    return OrderFacts(
        consumer=order.consumer,
        program_id=order.program_id,
        visibility=order.visibility,
        recipient_key=order.recipient_key,
        purpose=details.purpose,
        regions=details.regions,
        inputs=tuple(
            InputFacts(
                licence_id=item.licence_id,
                owner=dataset.owner,
                dataset_id=dataset.dataset_id,
                columns=item.columns,
                rows=dataset.rows,
                sides=sides[position],
                grade=highest_grade(dataset.grade, dataset.columns, item.columns),
                flags=_flags(dataset.columns, item.columns),
            )
            for position, (item, dataset) in enumerate(zip(order.inputs, datasets, strict=True))
        ),
        outputs=len(left) * len(right),
        at=at,
        tiers=details.tiers,
        parameters=details.parameters,
        discloses_rows=program.KIND in KINDS_OF_ROWS,
    )


def highest_grade(dataset_grade: int, columns: Sequence[Mapping[str, Any]], bitmap: int) -> int:
    """The highest grade among the dataset and its chosen columns."""
    return max(dataset_grade, *(int(entry["grade"]) for entry in _chosen(columns, bitmap).values()), 0)


def _flags(columns: Sequence[Mapping[str, Any]], bitmap: int) -> frozenset[int]:
    """Indexes of the chosen columns whose schema allows 0 and 1 only."""
    return frozenset(
        index
        for index, entry in _chosen(columns, bitmap).items()
        if (entry["scale"], entry["minimum"], entry["maximum"]) == (0, 0, 1)
    )


def _chosen(columns: Sequence[Mapping[str, Any]], bitmap: int) -> dict[int, Mapping[str, Any]]:
    return {index: columns[index - 1] for index in bits_of(bitmap) if 1 <= index <= len(columns)}


def structural_refusals(
    *, order: Order, program_setup_id: str, datasets: Sequence[DatasetFacts], price: int
) -> list[Refusal]:
    """What no licence forbids, but the contract would: setups, rows and price that do not fit together."""
    found = []
    for item, dataset in zip(order.inputs, datasets, strict=True):
        if not dataset.is_registered:
            found.append(
                _refusal(
                    item.licence_id, "dataset", "the chain has not registered the dataset", "Wait for it."
                )
            )
        if dataset.setup_id != program_setup_id:
            found.append(
                _refusal(
                    item.licence_id,
                    "setup",
                    f"it is committed under setup {dataset.setup_id}, the program needs {program_setup_id}",
                    "Choose a program of the datasets' setup.",
                )
            )
        first = datasets[0]
        if (dataset.rows, dataset.ones_commitment) != (first.rows, first.ones_commitment):
            found.append(
                _refusal(
                    item.licence_id,
                    "rows",
                    f"it has {dataset.rows} rows, the first one {first.rows}; all of a job have the same",
                    "Choose datasets over the same rows.",
                )
            )
    if price > order.max_price:
        detail = f"the licences alone cost {price}, the order pays at most {order.max_price}"
        found.append(_refusal(order.inputs[0].licence_id, "price", detail, "Raise maxPrice and sign again."))
    return found


def _refusal(licence_id: str, clause: str, detail: str, remedy: str) -> Refusal:
    return Refusal(licence_id, clause, None, detail, remedy)


def _requirements(placement: dict[str, Any]) -> dict[str, int]:
    value = placement.get("requirements", {})
    if not isinstance(value, dict) or value.keys() - REQUIREMENTS:
        raise DetailsMalformed(f"placement.requirements may have {', '.join(sorted(REQUIREMENTS))}")
    for name, number in value.items():
        most = 2**128 if name == "min_stake" else 2**62
        if type(number) is not int or not 0 < number < most:
            raise DetailsMalformed(f"placement.requirements.{name} must be a whole number above 0")
    return dict(value)


def _names(placement: dict[str, Any], key: str, is_valid: Any) -> frozenset[str] | None:
    if key not in placement:
        return None
    value = placement[key]
    if not isinstance(value, list) or not all(isinstance(name, str) and is_valid(name) for name in value):
        raise DetailsMalformed(f"placement.{key} must be a list of known names")
    if not value or len(set(value)) != len(value):
        raise DetailsMalformed(f"placement.{key} must not be empty or name something twice")
    return frozenset(value)
