"""Ranges by limbs: wider than the setup has rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import wide_range
from proofs.errors import CommitmentInvalid, InvalidProof, MalformedInput, PairingFailed, WrongLength
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from proofs.statement import JobContext

CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)
VALUES = [37, 0, 31, 8]


def committed(key: ProvingKey, values: Sequence[int]) -> tuple[Any, bytes]:
    data = key.backend.vec_from_i64(values) + bytes(32 * (key.n - len(values)))
    column = column_rules.blind(key.backend, data, SeededRandom(bytes(32)))
    return column_rules.commit(key, column), column


def prove(key: ProvingKey, bits: int) -> tuple[Any, wide_range.WideRangeProof]:
    a, column = committed(key, VALUES)
    return a, wide_range.prove(key, CONTEXT, a, len(VALUES), bits, column)


@pytest.mark.parametrize("bits", [6, 7, 8])
def test_a_column_is_in_a_range_wider_than_the_table(fast_key: ProvingKey, bits: int) -> None:
    a, proof = prove(fast_key, bits)
    assert len(proof.limbs) == -(-bits // 2)
    wide_range.verify(fast_key, CONTEXT, a, len(VALUES), bits, proof)


@pytest.mark.parametrize("value", [64, -1])
def test_a_value_outside_is_not_proven(fast_key: ProvingKey, value: int) -> None:
    a, column = committed(fast_key, [1, value])
    with pytest.raises(InvalidProof, match="row 1"):
        wide_range.prove(fast_key, CONTEXT, a, 2, 6, column)


def test_limbs_of_another_column_job_or_range_are_rejected(fast_key: ProvingKey) -> None:
    key, rows = fast_key, len(VALUES)
    a, proof = prove(key, 6)
    other, _ = committed(key, [1, 2, 3])
    with pytest.raises(CommitmentInvalid, match="do not add up"):
        wide_range.verify(key, CONTEXT, other, rows, 6, proof)
    with pytest.raises(WrongLength):
        wide_range.verify(key, CONTEXT, a, rows, 4, proof)
    with pytest.raises(PairingFailed):
        wide_range.verify(key, CONTEXT, a, rows, 5, proof)
    with pytest.raises(PairingFailed):
        wide_range.verify(key, replace(CONTEXT, job_id=bytes(32)), a, rows, 6, proof)
    swapped = replace(proof, ranges=proof.ranges[::-1])
    with pytest.raises(PairingFailed):
        wide_range.verify(key, CONTEXT, a, rows, 6, swapped)
    unknown = replace(proof.limbs[0], f_kappa=proof.limbs[1].f_kappa)
    with pytest.raises(PairingFailed, match="knowledge of limb 0"):
        wide_range.verify(key, CONTEXT, a, rows, 6, replace(proof, limbs=(unknown, *proof.limbs[1:])))


@pytest.mark.parametrize("bits", [0, 254])
def test_a_range_that_could_wrap_is_refused(fast_key: ProvingKey, bits: int) -> None:
    with pytest.raises(MalformedInput):
        wide_range.limb_sizes(fast_key, bits)
