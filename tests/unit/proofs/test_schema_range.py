"""A column's owner proves once that it keeps its schema's range; a column that does not has no proof."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import schema_range, wide_range
from proofs.columns import ColumnCommitment, ColumnSchema
from proofs.errors import (
    ColumnValueOutOfRange,
    CommitmentInvalid,
    MalformedInput,
    PairingFailed,
    WrongLength,
)
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from proofs.schema_range import SchemaRangeProof, registration_context

CONTEXT = registration_context(
    chain_id=31337, registry=b"\x11" * 20, schema_hash=b"\x22" * 32, columns_hash=b"\x33" * 32
)
BALANCE = ColumnSchema("balance", 1, -5, 9)
VALUES = [-5, 9, 0, 3, -1]


def committed(key: ProvingKey, values: list[int]) -> tuple[bytes, ColumnCommitment]:
    """Without the schema's check: what a provider might commit to."""
    data = key.backend.vec_from_i64(values) + bytes(32 * (key.n - len(values)))
    column = column_rules.blind(key.backend, data, SeededRandom(bytes(32), repr(values).encode()))
    return column, column_rules.commit(key, column)


@cache
def proven(key: ProvingKey) -> tuple[ColumnCommitment, SchemaRangeProof]:
    column, commitment = committed(key, VALUES)
    return commitment, schema_range.prove(key, CONTEXT, BALANCE, 5, commitment, column)


def test_a_column_within_its_schema_is_proven(key: ProvingKey) -> None:
    commitment, proof = proven(key)
    schema_range.verify(key, CONTEXT, BALANCE, 5, commitment, proof)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (7, 7), (-3, 0), (-(2**40), 2**40), (0, 2**63 - 1)])
def test_both_ends_of_any_range_are_in_it(fast_key: ProvingKey, low: int, high: int) -> None:
    schema = ColumnSchema("x", 0, low, high)
    column, commitment = committed(fast_key, [low, high, high, low])
    proof = schema_range.prove(fast_key, CONTEXT, schema, 4, commitment, column)
    schema_range.verify(fast_key, CONTEXT, schema, 4, commitment, proof)


@pytest.mark.parametrize("value", [-6, 10, 11, 2**62])
def test_a_value_outside_has_no_proof(fast_key: ProvingKey, value: int) -> None:
    """10 is within the 4 bits above the minimum: only the second argument stands against it."""
    column, commitment = committed(fast_key, [0, value, 1])
    with pytest.raises(ColumnValueOutOfRange, match="'balance' breaks its schema"):
        schema_range.prove(fast_key, CONTEXT, BALANCE, 3, commitment, column)


def test_each_side_alone_lets_values_through_that_both_together_do_not(fast_key: ProvingKey) -> None:
    column, commitment = committed(fast_key, [10])
    _, honest = proven(fast_key)
    ones = column_rules.ones_column(fast_key.n, 1)
    shifted = fast_key.backend.vec_combine([column, ones], [1, 5])
    virtual = schema_range._virtual(fast_key, BALANCE, 1, commitment)[0]
    above = wide_range.prove(fast_key, CONTEXT, virtual, 1, 4, shifted)
    wide_range.verify(fast_key, CONTEXT, virtual, 1, 4, above)
    with pytest.raises((CommitmentInvalid, PairingFailed)):
        schema_range.verify(fast_key, CONTEXT, BALANCE, 1, commitment, SchemaRangeProof(above, honest.below))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": ColumnSchema("balance", 1, -5, 8)},
        {"schema": ColumnSchema("balance", 1, -4, 9)},
        {"rows": 4},
        {"context": replace(CONTEXT, chain_id=1)},
        {"context": replace(CONTEXT, job_id=b"\x44" * 32)},
        {"column": [0, 1, 2, 3, 4]},
    ],
)
def test_a_proof_of_another_registration_is_rejected(fast_key: ProvingKey, change: dict[str, Any]) -> None:
    commitment, proof = proven(fast_key)
    if "column" in change:
        _, commitment = committed(fast_key, change["column"])
    arguments = (change.get("context", CONTEXT), change.get("schema", BALANCE), change.get("rows", 5))
    with pytest.raises((CommitmentInvalid, PairingFailed)):
        schema_range.verify(fast_key, *arguments, commitment, proof)


def test_the_document_is_strict_and_gives_the_proof_back(fast_key: ProvingKey) -> None:
    commitment, proof = proven(fast_key)
    document = json.loads(json.dumps(proof.document()))
    assert SchemaRangeProof.from_document(document) == proof
    schema_range.verify(fast_key, CONTEXT, BALANCE, 5, commitment, SchemaRangeProof.from_document(document))
    for spoil in (
        lambda d: d.pop("below"),
        lambda d: d["above"].update(extra=1),
        lambda d: d["above"]["ranges"][0]["H"].pop(),
        lambda d: d["above"]["ranges"][0]["u"].update(F="0x00"),
        lambda d: d["above"]["limbs"][0].pop("F2"),
        lambda d: d["above"]["ranges"][0].update(m=None),
    ):
        spoilt = json.loads(json.dumps(document))
        spoil(spoilt)
        with pytest.raises(MalformedInput):
            SchemaRangeProof.from_document(spoilt)


@pytest.mark.parametrize("part", ["limbs", "ranges"])
def test_a_proof_with_too_few_limbs_is_refused(fast_key: ProvingKey, part: str) -> None:
    commitment, proof = proven(fast_key)
    short = replace(proof.above, **{part: getattr(proof.above, part)[:-1]})
    with pytest.raises(WrongLength):
        schema_range.verify(fast_key, CONTEXT, BALANCE, 5, commitment, replace(proof, above=short))
