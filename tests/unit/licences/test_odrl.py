"""Licences travel as ODRL and come back the same; what the profile does not know is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.licences.odrl import OdrlRefused, from_odrl, to_odrl
from marketplace.licences.terms import Terms
from marketplace.licences.vocabulary import DISCLOSURES, EFFECTS, PURPOSES, ROLES, TIERS
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence

ADDRESSES = ("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF")
NAMES = ("ones", "age", "bill", "churn")
ID = "0x" + "7" * 64


def some(words: Any, *, smallest: int = 1) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(sorted(words)), min_size=smallest, unique=True)


numbers = st.integers(1, 10**6)
places = st.fixed_dictionaries(
    {"min_assurance": st.integers(0, 4)}, optional={"tiers": some(TIERS), "regions": some(("cn-east", "eu"))}
)
bounds = st.one_of(
    st.fixed_dictionaries({"any_of": st.lists(st.one_of(st.booleans(), numbers, st.text()), min_size=1)}),
    st.builds(lambda low, more: {"minimum": low, "maximum": low + more}, numbers, numbers),
    st.fixed_dictionaries({"max_items": numbers}),
)
windows = st.builds(
    lambda seconds, limits: {"seconds": seconds, **limits},
    numbers,
    st.dictionaries(st.sampled_from(["runs", "cells", "outputs"]), numbers, min_size=1),
)
documents = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "purposes": some(PURPOSES),
        "counterparties": some(ADDRESSES, smallest=0),
        "recipient_keys": some(["0x" + "a" * 64, "0x" + "b" * 64]),
        "visibilities": some(["public", "sealed"]),
        "smallest_group": numbers,
        "smallest_intersection": numbers,
        "placement": st.one_of(
            places,
            st.fixed_dictionaries(
                {"by_grade": st.dictionaries(st.sampled_from(["0", "3", "4"]), places, min_size=1)},
                optional={"tiers": some(TIERS)},
            ),
        ),
        "columns": st.dictionaries(
            st.sampled_from(NAMES[1:]),
            st.fixed_dictionaries(
                {"disclosure": st.sampled_from(sorted(DISCLOSURES))},
                optional={"role": st.sampled_from(sorted(ROLES)), "sides": some(["left", "right"])},
            ),
            min_size=1,
        ),
        "parameters": st.dictionaries(st.sampled_from(["k", "regressions"]), bounds),
        "windows": st.lists(windows, min_size=1, max_size=4),
        "noise": st.sampled_from(
            [
                {"mechanism": "discrete_laplace", "epsilon_per_run": "0.5", "epsilon_total": "2"},
                {
                    "mechanism": "discrete_gaussian",
                    "epsilon_per_run": "0.5",
                    "epsilon_total": "2",
                    "delta_per_run": "0.000001",
                    "delta_total": "0.00001",
                },
            ]
        ),
        "on_revocation": st.sampled_from(sorted(EFFECTS)),
        "note": st.text(),
    },
)


def granted(terms: dict[str, Any], **changes: Any) -> GrantLicence:
    fields: dict[str, Any] = {
        "provider": ADDRESSES[0],
        "consumer": ADDRESSES[1],
        "dataset_id": "0x" + "1" * 64,
        "terms_hash": document_hash(terms),
        "program_ids": ("0x" + "2" * 64, "0x" + "3" * 64),
        "columns": 0b1011,
        "runs": 3,
        "cells": 2**100,
        "outputs": 9,
        "not_before": 0,
        "not_after": 2_000_000_000,
        "price_per_run": 10**18,
        "salt": 2**255,
        "deadline": 1_900_000_000,
    }
    return GrantLicence(**fields | changes)


@settings(max_examples=200, deadline=None)
@given(terms=documents, start=st.integers(0, 4 * 10**9), columns=st.integers(1, 2**200))
def test_a_licence_comes_back_the_same(terms: dict[str, Any], start: int, columns: int) -> None:
    Terms.from_document(terms, column_names=NAMES)
    grant = granted(terms, not_before=start, not_after=start + 7, columns=columns)
    written = json.loads(json.dumps(to_odrl(grant, terms, licence_id=ID)))
    assert from_odrl(written) == (grant, terms)
    assert to_odrl(*from_odrl(written), licence_id=ID) == written


TERMS = {
    "version": 1,
    "purposes": ["research"],
    "columns": {"age": {"role": "key"}},
    "windows": [{"seconds": 60, "runs": 1}],
    "noise": {"mechanism": "discrete_laplace", "epsilon_per_run": "0.5", "epsilon_total": "2"},
}
Change = Callable[[dict[str, Any]], None]


def constraint(left: str, operator: str, right: Any, **more: Any) -> Change:
    entry = {"leftOperand": left, "operator": operator, "rightOperand": right, **more}
    return lambda policy: policy["permission"][0]["constraint"].append(entry)


def member(name: str, value: Any) -> Change:
    return lambda policy: policy.update({name: value})


def of_permission(name: str, value: Any) -> Change:
    return lambda policy: policy["permission"][0].update({name: value})


def of_first_constraint(name: str, value: Any) -> Change:
    return lambda policy: policy["permission"][0]["constraint"][0].update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        member("@type", "Offer"),
        member("@type", "Set"),
        member("profile", "https://example.org/other"),
        member("prohibition", []),
        member("obligation", []),
        member("inheritFrom", "urn:other"),
        member("assigner", "urn:other:1"),
        member("permission", []),
        member("hs:salt", 1),
        member("hs:deadline", "01"),
        of_permission("action", "use"),
        of_permission("prohibition", []),
        of_permission("duty", []),
        of_permission("target", "urn:other"),
        of_permission("constraint", {"and": []}),
        of_first_constraint("operator", "isNoneOf"),
        of_first_constraint("unit", "urn:unit"),
        constraint("industry", "eq", "urn:industry"),
        constraint("purpose", "isAnyOf", ["hs:purpose-audit"]),
        constraint("purpose", "neq", "hs:purpose-audit"),
        constraint("count", "gt", "3"),
        constraint("hs:tier", "isAllOf", ["hs:edge"]),
        constraint("hs:role", "eq", "hs:key", **{"hs:row": "1"}),
        constraint("count", "lteq", 3, **{"hs:window": 2, "hs:withinSeconds": 5}),
        constraint("hs:parameterValue", "gteq", 3, **{"hs:parameter": "k"}),
        lambda policy: policy["permission"][0]["constraint"].append({"and": []}),
        lambda policy: policy["permission"][0]["duty"].append({"action": "inform", "constraint": []}),
        lambda policy: policy["permission"][0]["duty"][1]["constraint"].pop().update() or policy.pop("uid"),
    ],
)
def test_what_the_profile_does_not_know_is_refused(change: Change) -> None:
    policy = to_odrl(granted(TERMS), TERMS, licence_id=ID)
    from_odrl(copy.deepcopy(policy))
    change(policy)
    with pytest.raises(OdrlRefused):
        from_odrl(policy)


def test_a_clause_without_an_expression_is_not_written() -> None:
    with pytest.raises(OdrlRefused, match="colour"):
        to_odrl(granted(TERMS), {**TERMS, "colour": "blue"}, licence_id=ID)
