"""Columns: fixed point by schema, blinding, commitments with their proofs of knowledge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs import columns
from proofs.backend import Backend, get_backend
from proofs.columns import ColumnSchema
from proofs.errors import (
    ColumnValueOutOfRange,
    CommitmentInvalid,
    SchemaInvalid,
    TooManyRows,
    UnexpectedInfinity,
    WrongLength,
)
from proofs.field import R, signed
from proofs.prover import scalars_of
from proofs.randomness import SeededRandom

PRICE = ColumnSchema("price", 2, -500, 10_000)


def test_decimals_become_integers_in_units_of_the_scale() -> None:
    assert PRICE.to_fixed(["1.25", 3, -2.5, "0.125", "0.135"]) == [125, 300, -250, 12, 14]


@pytest.mark.parametrize("value", ["", "x", "nan", "inf", None])
def test_what_is_no_number_is_refused_by_row_and_column(value: object) -> None:
    with pytest.raises(ColumnValueOutOfRange, match="row 1 of column 'price'"):
        PRICE.to_fixed([1, value])


def test_a_value_outside_the_range_is_refused_by_row_and_column(backend: Backend) -> None:
    with pytest.raises(ColumnValueOutOfRange, match="row 2 of column 'price': -501"):
        columns.encode_integers(backend, PRICE, [0, 1, -501], 8)
    with pytest.raises(ColumnValueOutOfRange, match="row 0 of column 'price': 10001"):
        columns.encode_integers(backend, PRICE, [10_001], 8)


def test_a_column_longer_than_the_capacity_is_refused(backend: Backend) -> None:
    with pytest.raises(TooManyRows, match="7 rows, the setup holds 6"):
        columns.encode_integers(backend, PRICE, [1] * 7, 8)


@given(st.lists(st.integers(-500, 10_000), max_size=6))
def test_encoding_round_trips(values: list[int]) -> None:
    encoded = columns.encode_integers(get_backend(), PRICE, values, 8)
    decoded = [signed(scalar) for scalar in scalars_of(encoded)]
    assert decoded == values + [0] * (8 - len(values))


def test_blinding_changes_the_last_two_rows_only(backend: Backend) -> None:
    encoded = columns.encode_integers(backend, PRICE, [1, -1], 8)
    blinded = columns.blind(backend, encoded, SeededRandom(bytes(32)))
    assert blinded[: 6 * 32] == encoded[: 6 * 32]
    assert 0 not in scalars_of(blinded)[6:]
    assert scalars_of(blinded)[1] == R - 1


@pytest.mark.parametrize(
    "change",
    [
        {"scale": -1},
        {"scale": 19},
        {"minimum": 1, "maximum": 0},
        {"maximum": 1 << 63},
        {"name": ""},
        {"name": 3},
        {"scale": True},
        {"more": 1},
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SchemaInvalid):
        ColumnSchema.from_document({**PRICE.document(), **change})


def test_a_schema_round_trips_through_its_document() -> None:
    assert ColumnSchema.from_document(PRICE.document()) == PRICE


def test_honest_commitments_pass_and_ones_is_recognised(cast: Any) -> None:
    columns.check_commitments(cast.backend, cast.key.verifying, cast.commitments)
    columns.check_ones(cast.key, cast.statement.rows, cast.commitments[0].f)
    with pytest.raises(CommitmentInvalid, match="ones over 4 rows"):
        columns.check_ones(cast.key, 4, cast.commitments[0].f)


def test_a_commitment_is_refused_with_another_g2_half_or_knowledge_proof(cast: Any) -> None:
    good, other = cast.commitments[1:]
    for bad, message in (
        (replace(good, f2=other.f2), "F2 commits to another column"),
        (replace(good, f_kappa=other.f_kappa), "proof of knowledge"),
    ):
        with pytest.raises(CommitmentInvalid, match=message):
            columns.check_commitment(cast.backend, cast.key.verifying, bad)
    with pytest.raises(UnexpectedInfinity):
        columns.check_commitment(cast.backend, cast.key.verifying, replace(good, f=bytes(64)))


def test_only_whole_columns_are_committed(cast: Any) -> None:
    with pytest.raises(WrongLength):
        columns.commit(cast.key, bytes(32))


@pytest.mark.parametrize("rows", [0, 7])
def test_ones_needs_rows_that_the_setup_holds(rows: int) -> None:
    with pytest.raises(TooManyRows):
        columns.ones_column(8, rows)
