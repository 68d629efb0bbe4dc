"""Licence terms and every clause of their evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from marketplace.licences.domain import (
    InputFacts,
    LicenceStanding,
    LicenceTerms,
    OrderFacts,
    Quantity,
    evaluate,
    quantity_of,
)
from marketplace.licences.terms import PUBLIC, SEALED, Terms, TermsMalformed
from marketplace.signing.eip712 import GrantLicence

PROVIDER = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
CONSUMER = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
OTHER = "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69"
PROGRAM, DATASET, LICENCE, RECIPIENT = ("0x" + digit * 64 for digit in "1234")
NAMES = ("ones", "age", "bill", "churn")
START, END = 1_000, 2_000


def terms(**clauses: Any) -> Terms:
    return Terms.from_document({"version": 1, **clauses}, column_names=NAMES)


def licence(**clauses: Any) -> LicenceTerms:
    grant = GrantLicence(
        provider=PROVIDER,
        consumer=CONSUMER,
        dataset_id=DATASET,
        terms_hash="0x" + "0" * 64,
        program_ids=(PROGRAM,),
        columns=0b0111,
        runs=3,
        cells=100,
        outputs=9,
        not_before=START,
        not_after=END,
        price_per_run=10,
        salt=1,
        deadline=END,
    )
    return LicenceTerms(licence_id=LICENCE, grant=grant, terms=terms(**clauses), column_names=NAMES)


MINE = InputFacts(
    licence_id=LICENCE,
    owner=PROVIDER,
    dataset_id=DATASET,
    columns=0b0011,
    rows=20,
    sides={1: frozenset({"left", "right"})},
)
THEIRS = InputFacts(
    licence_id="0x" + "9" * 64, owner=OTHER, dataset_id="0x" + "8" * 64, columns=0b11, rows=20
)
ORDER = OrderFacts(
    consumer=CONSUMER,
    program_id=PROGRAM,
    visibility=SEALED,
    recipient_key=RECIPIENT,
    purpose="research",
    regions=None,
    inputs=(MINE, THEIRS),
    outputs=9,
    at=START,
)
GOOD = LicenceStanding(is_granted=True, is_revoked=False, remaining=Quantity(1, 20, 9))


def clauses_of(found: list[Any]) -> list[tuple[str, str | None]]:
    return [(refusal.clause, refusal.column) for refusal in found]


def test_an_order_within_the_licence_is_not_refused() -> None:
    assert evaluate(licence(), ORDER, standing=GOOD) == []


@pytest.mark.parametrize(
    ("order", "clause", "column"),
    [
        (replace(ORDER, consumer=OTHER), "consumer", None),
        (replace(ORDER, program_id="0x" + "f" * 64), "program", None),
        (replace(ORDER, inputs=(replace(MINE, dataset_id="0x" + "f" * 64), THEIRS)), "dataset", None),
        (replace(ORDER, inputs=(replace(MINE, columns=0b1001), THEIRS)), "columns", "churn"),
        (replace(ORDER, inputs=(replace(MINE, columns=1 << 200 | 1), THEIRS)), "columns", "#200"),
        (replace(ORDER, at=START - 1), "validity", None),
        (replace(ORDER, at=END), "validity", None),
        (replace(ORDER, inputs=(THEIRS,)), "input", None),
        (replace(ORDER, inputs=(MINE, MINE)), "input", None),
    ],
)
def test_what_the_grant_does_not_allow_is_refused(order: OrderFacts, clause: str, column: str | None) -> None:
    assert clauses_of(evaluate(licence(), order)) == [(clause, column)]


@pytest.mark.parametrize(
    ("clauses", "order", "clause", "column"),
    [
        ({"purposes": ["marketing"]}, ORDER, "purposes", None),
        ({"counterparties": []}, ORDER, "counterparties", None),
        ({"counterparties": [CONSUMER]}, ORDER, "counterparties", None),
        ({"recipient_keys": ["0x" + "a" * 64]}, ORDER, "recipient_keys", None),
        ({"visibilities": ["public"]}, ORDER, "visibilities", None),
        ({"visibilities": ["sealed"]}, replace(ORDER, visibility=PUBLIC), "visibilities", None),
        ({"smallest_group": 21}, ORDER, "smallest_group", None),
        (
            {"smallest_group": 5},
            replace(ORDER, inputs=(replace(MINE, group_sizes={1: 4}), THEIRS)),
            "smallest_group",
            "age",
        ),
        ({"regions": ["north"]}, replace(ORDER, regions=frozenset({"south"})), "regions", None),
        ({"roles": {"age": ["left"]}}, ORDER, "roles", "age"),
    ],
)
def test_what_the_terms_do_not_allow_is_refused(
    clauses: dict[str, Any], order: OrderFacts, clause: str, column: str | None
) -> None:
    assert clauses_of(evaluate(licence(**clauses), order)) == [(clause, column)]


@pytest.mark.parametrize(
    ("clauses", "order"),
    [
        ({"purposes": ["marketing", "research"]}, ORDER),
        ({"counterparties": [OTHER]}, ORDER),
        ({"counterparties": []}, replace(ORDER, inputs=(MINE,))),
        ({"recipient_keys": [RECIPIENT]}, ORDER),
        ({"recipient_keys": ["0x" + "a" * 64]}, replace(ORDER, visibility=PUBLIC)),
        ({"visibilities": ["sealed", "public"]}, ORDER),
        ({"smallest_group": 20}, ORDER),
        ({"regions": ["north"]}, ORDER),
        ({"regions": ["north", "south"]}, replace(ORDER, regions=frozenset({"south"}))),
        ({"roles": {"age": ["left", "right"], "churn": ["left"]}}, ORDER),
        ({"note": "ask Mei before you use this"}, ORDER),
    ],
)
def test_what_the_terms_allow_is_not_refused(clauses: dict[str, Any], order: OrderFacts) -> None:
    assert evaluate(licence(**clauses), order, standing=GOOD) == []


@pytest.mark.parametrize(
    ("standing", "clause"),
    [
        (replace(GOOD, is_granted=False), "state"),
        (replace(GOOD, is_granted=False, is_revoked=True), "revocation"),
        (replace(GOOD, remaining=Quantity(0, 20, 9)), "runs"),
        (replace(GOOD, remaining=Quantity(1, 19, 9)), "cells"),
        (replace(GOOD, remaining=Quantity(1, 20, 8)), "outputs"),
    ],
)
def test_what_is_revoked_or_used_up_is_refused(standing: LicenceStanding, clause: str) -> None:
    [refusal] = evaluate(licence(), ORDER, standing=standing)
    assert refusal.clause == clause
    assert refusal.to_json().keys() == {"licence_id", "clause", "detail", "remedy"}


def test_every_broken_clause_is_named_not_only_the_first() -> None:
    order = replace(ORDER, consumer=OTHER, at=END, inputs=(replace(MINE, columns=0b1001), THEIRS))
    found = clauses_of(evaluate(licence(purposes=["marketing"]), order))
    assert found == [("consumer", None), ("columns", "churn"), ("validity", None), ("purposes", None)]


def test_the_quantity_of_a_run_counts_cells_without_ones() -> None:
    assert quantity_of(ORDER, replace(MINE, columns=0b0111)) == Quantity(runs=1, cells=40, outputs=9)


@pytest.mark.parametrize(
    ("document", "clause"),
    [
        ([], "terms"),
        ({}, "version"),
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"version": 1, "colour": "blue"}, "colour"),
        ({"version": 1, "purposes": []}, "purposes"),
        ({"version": 1, "purposes": "research"}, "purposes"),
        ({"version": 1, "purposes": ["a", "a"]}, "purposes"),
        ({"version": 1, "purposes": ["A B"]}, "purposes"),
        ({"version": 1, "counterparties": [PROVIDER.lower()]}, "counterparties"),
        ({"version": 1, "recipient_keys": ["0x12"]}, "recipient_keys"),
        ({"version": 1, "visibilities": ["secret"]}, "visibilities"),
        ({"version": 1, "smallest_group": 0}, "smallest_group"),
        ({"version": 1, "smallest_group": True}, "smallest_group"),
        ({"version": 1, "regions": [""]}, "regions"),
        ({"version": 1, "roles": []}, "roles"),
        ({"version": 1, "roles": {"ones": ["left"]}}, "roles"),
        ({"version": 1, "roles": {"age": []}}, "roles"),
        ({"version": 1, "roles": {"age": ["middle"]}}, "roles"),
        ({"version": 1, "note": 1}, "note"),
    ],
)
def test_malformed_or_unknown_clauses_are_refused_never_ignored(document: Any, clause: str) -> None:
    with pytest.raises(TermsMalformed) as refused:
        Terms.from_document(document, column_names=NAMES)
    assert refused.value.clause == clause
