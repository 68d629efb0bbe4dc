"""Order details and the facts that licences are evaluated against."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from marketplace.orders.domain import (
    DatasetFacts,
    DetailsMalformed,
    OrderDetails,
    ProgramDoesNotFit,
    order_facts,
    structural_refusals,
)
from marketplace.signing.eip712 import Input, Order
from proofs.statement import Program

CONSUMER = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
SETUP = "0x" + "5" * 64
FIRST, SECOND = "0x" + "1" * 64, "0x" + "2" * 64
DETAILS: dict[str, Any] = {"purpose": "research", "placement": {}, "parameters": {}}
ORDER = Order(
    consumer=CONSUMER,
    program_id="0x" + "3" * 64,
    inputs=(Input(FIRST, 0b0111), Input(SECOND, 0b1001)),
    visibility=1,
    recipient_key="0x" + "4" * 64,
    details_hash="0x" + "6" * 64,
    max_price=100,
    deadline=5_000,
    salt=1,
)
DATASETS = [
    DatasetFacts(
        "0x" + "a" * 64, "0x" + "A" * 40, SETUP, rows=10, ones_commitment="0x01", is_registered=True
    ),
    DatasetFacts(
        "0x" + "b" * 64, "0x" + "B" * 40, SETUP, rows=10, ones_commitment="0x01", is_registered=True
    ),
]


def program(left_count: int = 0, right_start: int = 0) -> Program:
    return Program(setup_id=bytes.fromhex(SETUP[2:]), left_count=left_count, right_start=right_start)


def test_columns_are_put_on_sides_in_the_order_s_sequence() -> None:
    """Job columns: ones, first 1, first 2, second 3. Left are the first two, right all from the third on."""
    facts = order_facts(
        order=ORDER,
        details=OrderDetails.from_document(DETAILS),
        program=program(left_count=2, right_start=2),
        datasets=DATASETS,
        at=7,
    )
    assert facts.inputs[0].sides == {1: frozenset({"left"}), 2: frozenset({"right"})}
    assert facts.inputs[1].sides == {3: frozenset({"right"})}
    assert (facts.outputs, facts.at, facts.regions) == (4, 7, None)


def test_a_symmetric_program_puts_every_column_on_both_sides() -> None:
    facts = order_facts(
        order=ORDER, details=OrderDetails.from_document(DETAILS), program=program(), datasets=DATASETS, at=7
    )
    assert set(facts.inputs[0].sides.values()) == {frozenset({"left", "right"})}
    assert facts.outputs == 16


def test_a_program_that_has_no_use_for_the_columns_is_refused() -> None:
    with pytest.raises(ProgramDoesNotFit):
        order_facts(
            order=ORDER,
            details=OrderDetails.from_document(DETAILS),
            program=program(left_count=9),
            datasets=DATASETS,
            at=7,
        )


def test_placement_wishes_are_read() -> None:
    placement = {"regions": ["north"], "tiers": ["edge", "cloud"], "seats": 4}
    details = OrderDetails.from_document({**DETAILS, "placement": placement})
    assert (details.regions, details.tiers, details.seats) == ({"north"}, {0, 2}, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": ""},
        {"purpose": "Two words"},
        {"purpose": 1},
        {"placement": []},
        {"placement": {"region": ["north"]}},
        {"placement": {"regions": []}},
        {"placement": {"regions": ["north", "north"]}},
        {"placement": {"tiers": ["space"]}},
        {"placement": {"seats": 2}},
        {"placement": {"seats": True}},
        {"parameters": None},
        {"hurry": True},
    ],
)
def test_malformed_details_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DetailsMalformed):
        OrderDetails.from_document({**DETAILS, **change})


@pytest.mark.parametrize(
    ("second", "price", "clause"),
    [
        ({}, 100, None),
        ({"is_registered": False}, 100, "dataset"),
        ({"setup_id": "0x" + "7" * 64}, 100, "setup"),
        ({"rows": 9}, 100, "rows"),
        ({"ones_commitment": "0x02"}, 100, "rows"),
        ({}, 101, "price"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    second: dict[str, Any], price: int, clause: str | None
) -> None:
    found = structural_refusals(
        order=ORDER,
        program_setup_id=SETUP,
        datasets=[DATASETS[0], replace(DATASETS[1], **second)],
        price=price,
    )
    assert [refusal.clause for refusal in found] == ([] if clause is None else [clause])
