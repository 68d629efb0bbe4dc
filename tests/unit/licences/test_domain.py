"""Licence terms and every clause of their evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from marketplace.licences.clauses import evaluate
from marketplace.licences.domain import (
    InputFacts,
    LicenceStanding,
    LicenceTerms,
    OrderFacts,
    Quantity,
    SeatFacts,
    Use,
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
NOISY = replace(ORDER, is_noise_dealt=True)
ALONE = replace(ORDER, inputs=(MINE,))
GROUPED = replace(MINE, flags=frozenset({1}))
OF_ROWS = replace(ORDER, discloses_rows=True)
SEATED = replace(
    ORDER,
    inputs=(replace(MINE, grade=2), THEIRS),
    seats=(SeatFacts(seat=1, tier=0, region="south", assurance=1),),
)
MODELLED = replace(ORDER, parameters={"regressions": [{"target": "age", "regressors": ["bill"]}]})
EXPLAINING = replace(ORDER, parameters={"regressions": [{"target": "bill", "regressors": ["age"]}]})
GOOD = LicenceStanding(is_granted=True, is_revoked=False, remaining=Quantity(1, 20, 9))


LAPLACE = {"mechanism": "discrete_laplace", "epsilon_per_run": "0.5", "epsilon_total": "1"}


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
        (replace(ORDER, at=END + 1), "validity", None),
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
        ({"smallest_intersection": 21}, ORDER, "smallest_intersection", None),
        (
            {"placement": {"regions": ["north"]}},
            replace(ORDER, regions=frozenset({"south"})),
            "placement",
            None,
        ),
        ({"placement": {"tiers": ["edge"]}}, replace(ORDER, tiers=frozenset({0})), "placement", None),
        ({"placement": {"regions": ["north"]}}, SEATED, "placement", None),
        ({"placement": {"tiers": ["edge"]}}, SEATED, "placement", None),
        ({"placement": {"min_assurance": 2}}, SEATED, "placement", None),
        ({"placement": {"by_grade": {"2": {"tiers": ["edge"]}}}}, SEATED, "placement", None),
        ({"columns": {"age": {"sides": ["left"]}}}, ORDER, "roles", "age"),
        ({"columns": {"age": {"role": "key"}}}, ORDER, "roles", "age"),
        ({"columns": {"age": {"role": "group"}}}, ORDER, "roles", "age"),
        ({"columns": {"age": {"role": "feature"}}}, MODELLED, "roles", "age"),
        ({"columns": {"age": {"role": "label"}}}, EXPLAINING, "roles", "age"),
        ({"columns": {"age": {"disclosure": "never"}}}, ORDER, "disclosure", "age"),
        ({"columns": {"age": {"disclosure": "after_join"}}}, ALONE, "disclosure", "age"),
        ({"columns": {"age": {"disclosure": "aggregate"}}}, OF_ROWS, "disclosure", "age"),
        ({"parameters": {}}, MODELLED, "parameters", None),
        ({"parameters": {"regressions": {"max_items": 0}}}, MODELLED, "parameters", None),
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
        ({"smallest_intersection": 21}, ALONE),
        ({"placement": {"regions": ["north"]}}, ORDER),
        ({"placement": {"regions": ["north", "south"]}}, replace(ORDER, regions=frozenset({"south"}))),
        ({"placement": {"tiers": ["cloud"], "regions": ["south"], "min_assurance": 1}}, SEATED),
        ({"placement": {"by_grade": {"3": {"tiers": ["edge"]}}}}, SEATED),
        ({"columns": {"age": {"sides": ["left", "right"]}, "churn": {"sides": ["left"]}}}, ORDER),
        ({"columns": {"age": {"role": "group"}}}, replace(ORDER, inputs=(GROUPED, THEIRS))),
        ({"columns": {"age": {"role": "label"}}}, MODELLED),
        ({"columns": {"age": {"role": "feature"}}}, EXPLAINING),
        ({"columns": {"age": {"disclosure": "after_join"}}}, ORDER),
        ({"columns": {"age": {"disclosure": "aggregate"}}}, ORDER),
        ({"parameters": {"regressions": {"max_items": 1}}}, MODELLED),
        ({"windows": [{"seconds": 10, "runs": 1, "cells": 20, "outputs": 9}]}, ORDER),
        ({"note": "ask Mei before you use this"}, ORDER),
    ],
)
def test_what_the_terms_allow_is_not_refused(clauses: dict[str, Any], order: OrderFacts) -> None:
    assert evaluate(licence(**clauses), order, standing=GOOD) == []


@pytest.mark.parametrize(
    ("standing", "clause"),
    [
        (replace(GOOD, is_granted=False), "state"),
        (replace(GOOD, is_suspended=True), "suspension"),
        (replace(GOOD, holder=OTHER), "consumer"),
        (replace(GOOD, is_granted=False, is_revoked=True), "revocation"),
        (replace(GOOD, remaining=Quantity(0, 20, 9)), "runs"),
        (replace(GOOD, remaining=Quantity(1, 19, 9)), "cells"),
        (replace(GOOD, remaining=Quantity(1, 20, 8)), "outputs"),
    ],
)
def test_what_is_revoked_or_used_up_is_refused(standing: LicenceStanding, clause: str) -> None:
    [refusal] = evaluate(licence(), ORDER, standing=standing)
    assert refusal.clause == clause
    assert refusal.to_json().keys() == {"licence_id", "clause", "detail", "remedy", "allowed"}


def test_every_broken_clause_is_named_not_only_the_first() -> None:
    order = replace(ORDER, consumer=OTHER, at=END + 1, inputs=(replace(MINE, columns=0b1001), THEIRS))
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
        ({"version": 1, "purposes": ["world-domination"]}, "purposes"),
        ({"version": 1, "smallest_intersection": 0}, "smallest_intersection"),
        ({"version": 1, "placement": {}}, "placement"),
        ({"version": 1, "placement": {"regions": [""]}}, "placement"),
        ({"version": 1, "placement": {"tiers": ["moon"]}}, "placement"),
        ({"version": 1, "placement": {"min_assurance": 5}}, "placement"),
        ({"version": 1, "placement": {"latency": 5}}, "placement"),
        ({"version": 1, "placement": {"by_grade": {"5": {"tiers": ["edge"]}}}}, "placement"),
        ({"version": 1, "placement": {"by_grade": {"2": {}}}}, "placement"),
        ({"version": 1, "columns": []}, "columns"),
        ({"version": 1, "columns": {"ones": {"role": "key"}}}, "columns"),
        ({"version": 1, "columns": {"age": {}}}, "columns"),
        ({"version": 1, "columns": {"age": {"role": "secret"}}}, "columns"),
        ({"version": 1, "columns": {"age": {"disclosure": "all"}}}, "columns"),
        ({"version": 1, "columns": {"age": {"sides": ["middle"]}}}, "columns"),
        ({"version": 1, "columns": {"age": {"colour": "blue"}}}, "columns"),
        ({"version": 1, "parameters": []}, "parameters"),
        ({"version": 1, "parameters": {"a": {}}}, "parameters"),
        ({"version": 1, "parameters": {"a": {"any_of": []}}}, "parameters"),
        ({"version": 1, "parameters": {"a": {"minimum": 2, "maximum": 1}}}, "parameters"),
        ({"version": 1, "parameters": {"a": {"minimum": 2}}}, "parameters"),
        ({"version": 1, "windows": []}, "windows"),
        ({"version": 1, "windows": [{"seconds": 5}]}, "windows"),
        ({"version": 1, "windows": [{"runs": 5}]}, "windows"),
        ({"version": 1, "windows": [{"seconds": 0, "runs": 5}]}, "windows"),
        ({"version": 1, "noise": {"mechanism": "uniform"}}, "noise"),
        ({"version": 1, "noise": {**LAPLACE, "epsilon_per_run": 0.5}}, "noise"),
        ({"version": 1, "noise": {**LAPLACE, "epsilon_per_run": "2"}}, "noise"),
        ({"version": 1, "noise": {**LAPLACE, "epsilon_per_run": "0"}}, "noise"),
        ({"version": 1, "noise": {**LAPLACE, "delta_per_run": "0.1"}}, "noise"),
        ({"version": 1, "noise": {**LAPLACE, "mechanism": "discrete_gaussian"}}, "noise"),
        ({"version": 1, "on_revocation": "burn"}, "on_revocation"),
        ({"version": 1, "note": 1}, "note"),
    ],
)
def test_malformed_or_unknown_clauses_are_refused_never_ignored(document: Any, clause: str) -> None:
    with pytest.raises(TermsMalformed) as refused:
        Terms.from_document(document, column_names=NAMES)
    assert refused.value.clause == clause


def test_a_window_counts_what_was_used_in_it_and_forgets_what_is_older() -> None:
    held = licence(windows=[{"seconds": 60, "runs": 2}])
    early, late = Use(START - 60, Quantity(1, 1, 1)), Use(START - 59, Quantity(1, 1, 1))
    assert evaluate(held, ORDER, standing=replace(GOOD, uses=(early, late))) == []
    [refusal] = evaluate(held, ORDER, standing=replace(GOOD, uses=(late, late)))
    assert (refusal.clause, refusal.allowed) == ("windows", "0 runs now")


def test_the_budget_of_noise_is_spent_exactly_and_then_the_licence_refuses() -> None:
    held = licence(noise={**LAPLACE, "epsilon_per_run": "0.1", "epsilon_total": "0.3"})
    run = Use(0, Quantity(1, 1, 1))
    assert evaluate(held, NOISY, standing=replace(GOOD, uses=(run,) * 2)) == []
    [refusal] = evaluate(held, NOISY, standing=replace(GOOD, uses=(run,) * 3))
    assert (refusal.clause, refusal.allowed) == ("noise", "ε 0 more")


def test_a_licence_that_asks_for_noise_refuses_results_without_it() -> None:
    [refusal] = evaluate(licence(noise=LAPLACE), ORDER, standing=GOOD)
    assert (refusal.clause, refusal.allowed) == ("noise", "results with noise")


def test_noise_is_for_sealed_results_only() -> None:
    [refusal] = evaluate(licence(noise=LAPLACE), replace(NOISY, visibility=PUBLIC), standing=GOOD)
    assert refusal.clause == "noise"


def test_a_revoked_licence_lets_dealt_jobs_finish_only_if_it_says_so() -> None:
    revoked = replace(GOOD, is_revoked=True)
    assert evaluate(licence(on_revocation="finish"), SEATED, standing=revoked) == []
    for terms_say in ({}, {"on_revocation": "stop"}, {"on_revocation": "abort"}):
        assert clauses_of(evaluate(licence(**terms_say), SEATED, standing=revoked)) == [("revocation", None)]
    assert clauses_of(evaluate(licence(on_revocation="finish"), ORDER, standing=revoked)) == [
        ("revocation", None)
    ]
