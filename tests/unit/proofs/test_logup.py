"""Ranges, subsets and permutations: what holds is proven, what does not hold is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import hadamard, logup
from proofs.columns import ColumnCommitment
from proofs.errors import (
    InvalidProof,
    MalformedInput,
    NotOnCurve,
    PairingFailed,
    TooManyRows,
    UnexpectedInfinity,
    WrongLength,
    WrongSetup,
)
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.logup import PERMUTATION, SUBSET, KnownColumn, LookupProof, LookupStatement
from proofs.randomness import SeededRandom
from proofs.statement import JobContext

CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)


def committed(key: ProvingKey, values: Sequence[int]) -> tuple[bytes, ColumnCommitment]:
    data = key.backend.vec_from_i64(values) + bytes(32 * (key.n - len(values)))
    column = column_rules.blind(key.backend, data, SeededRandom(bytes(32), repr(values).encode()))
    return column, column_rules.commit(key, column)


def pair(
    key: ProvingKey, kind: int, a: Sequence[int], b: Sequence[int]
) -> tuple[LookupStatement, bytes, bytes]:
    (column_a, f_a), (column_b, f_b) = committed(key, a), committed(key, b)
    return LookupStatement(key.setup_id, kind, f_a, len(a), f_b, len(b)), column_a, column_b


@cache
def make_range(key: ProvingKey) -> tuple[LookupStatement, LookupProof]:
    column, commitment = committed(key, [3, 0, 1, 3, 2])
    statement = logup.range_statement(key, commitment, 5, 2)
    return statement, logup.prove(key, CONTEXT, statement, column, logup.range_table(key, 2))


def test_a_column_in_range_is_proven_to_be(key: ProvingKey) -> None:
    statement, proof = make_range(key)
    logup.verify(key, CONTEXT, statement, proof)


@pytest.mark.parametrize("value", [4, -1, 1 << 40])
def test_a_value_outside_the_range_is_not_proven(fast_key: ProvingKey, value: int) -> None:
    column, commitment = committed(fast_key, [1, value, 2])
    statement = logup.range_statement(fast_key, commitment, 3, 2)
    with pytest.raises(InvalidProof, match="row 1"):
        logup.prove(fast_key, CONTEXT, statement, column, logup.range_table(fast_key, 2))


def test_a_range_that_begins_elsewhere_is_that_of_a_shifted_column(fast_key: ProvingKey) -> None:
    """-5 … -2 are 0 … 3 after - minimum ones."""
    key = fast_key
    column, commitment = committed(key, [-5, -2, -3])
    shifted = key.backend.vec_combine([column, column_rules.ones_column(key.n, 3)], [1, 5])
    ones = column_rules.ones_commitment(key, 3)
    virtual = hadamard.combine_commitments(key.backend, [commitment, ones], [1, 5])
    statement = logup.range_statement(key, virtual, 3, 2)
    proof = logup.prove(key, CONTEXT, statement, shifted, logup.range_table(key, 2))
    logup.verify(key, CONTEXT, statement, proof)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (SUBSET, [7, 7, 7], [1, 7]),
        (SUBSET, [0, 5], [5, 0, 5, 9]),
        (SUBSET, [4], [4]),
        (PERMUTATION, [3, 1, 1, 2], [1, 2, 1, 3]),
        (PERMUTATION, [0, 0, 4, 5, 6, 7], [7, 6, 5, 4, 0, 0]),
    ],
)
def test_subsets_and_permutations_are_proven(
    fast_key: ProvingKey, kind: int, a: list[int], b: list[int]
) -> None:
    statement, column_a, column_b = pair(fast_key, kind, a, b)
    proof = logup.prove(fast_key, CONTEXT, statement, column_a, column_b)
    logup.verify(fast_key, CONTEXT, statement, proof)


FALSE = [
    (SUBSET, [7, 8], [7, 9]),
    (SUBSET, [0, 7], [7, 9]),
    (PERMUTATION, [1, 1, 2], [1, 2, 2]),
    (PERMUTATION, [1, 2, 0], [1, 2]),
    (PERMUTATION, [1, 2], [2, 1, 1]),
]


@pytest.mark.parametrize(("kind", "a", "b"), FALSE)
def test_what_does_not_hold_is_not_proven(
    fast_key: ProvingKey, kind: int, a: list[int], b: list[int]
) -> None:
    statement, column_a, column_b = pair(fast_key, kind, a, b)
    with pytest.raises(InvalidProof):
        logup.prove(fast_key, CONTEXT, statement, column_a, column_b)


@pytest.mark.parametrize(("kind", "a", "b"), FALSE)
def test_a_prover_that_skips_its_own_check_gets_stuck_at_the_sum(
    fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch, kind: int, a: list[int], b: list[int]
) -> None:
    counts = [1] * len(b)
    monkeypatch.setattr(logup, "_multiplicities", lambda *_: counts)
    statement, column_a, column_b = pair(fast_key, kind, a, b)
    with pytest.raises(InvalidProof, match="inner product"):
        logup.prove(fast_key, CONTEXT, statement, column_a, column_b)


def test_absent_rows_of_the_set_hold_nothing(fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """b's rows behind its end are 0, but 0 is not in b: a multiplicity there does not help."""
    statement, column_a, column_b = pair(fast_key, SUBSET, [7, 0, 7], [7, 9])
    monkeypatch.setattr(logup, "_multiplicities", lambda *_: [2, 0, 1])
    honest = logup._inverses
    monkeypatch.setattr(logup, "_inverses", lambda backend, column, _: honest(backend, column, 3))
    with pytest.raises(InvalidProof, match="inner product"):
        logup.prove(fast_key, CONTEXT, statement, column_a, column_b)


STATEMENTS: dict[str, Callable[[ProvingKey, LookupStatement], LookupStatement]] = {
    "another column": lambda key, s: replace(s, a=committed(key, [3, 0, 1, 3, 1])[1]),
    "a narrower range": lambda key, s: logup.range_statement(key, s.a, 5, 1),
    "more rows": lambda _, s: replace(s, a_rows=6),
    "fewer rows": lambda _, s: replace(s, a_rows=4),
    "a longer table": lambda _, s: replace(s, b_rows=5),
    "swapped columns": lambda _, s: replace(s, a=s.b, b=s.a),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_proof_of_another_statement_is_rejected(fast_key: ProvingKey, name: str) -> None:
    statement, proof = make_range(fast_key)
    with pytest.raises(PairingFailed):
        logup.verify(fast_key, CONTEXT, STATEMENTS[name](fast_key, statement), proof)


@pytest.mark.parametrize("change", [{"job_id": bytes(32)}, {"program_id": bytes(32)}, {"chain_id": 1}])
def test_a_proof_for_another_job_is_rejected(fast_key: ProvingKey, change: dict[str, Any]) -> None:
    statement, proof = make_range(fast_key)
    with pytest.raises(PairingFailed):
        logup.verify(fast_key, replace(CONTEXT, **change), statement, proof)


PROOFS: dict[str, tuple[Callable[[LookupProof], LookupProof], type[Exception]]] = {
    "u for w": (lambda p: replace(p, u=p.w, w=p.u), PairingFailed),
    "u for m": (lambda p: replace(p, m=p.u), PairingFailed),
    "u without knowledge": (lambda p: replace(p, u=KnownColumn(p.u.f, p.w.f_kappa)), PairingFailed),
    "m without knowledge": (lambda p: replace(p, m=KnownColumn(p.u.f, p.u.f)), PairingFailed),
    "swapped products": (
        lambda p: replace(p, product_a=p.product_b, product_b=p.product_a),
        PairingFailed,
    ),
    "another sum": (lambda p: replace(p, total=replace(p.total, c=p.total.a)), PairingFailed),
    "no multiplicities": (lambda p: replace(p, m=None), WrongLength),
    "infinite inverses": (lambda p: replace(p, w=KnownColumn(bytes(64), p.w.f_kappa)), UnexpectedInfinity),
    "off the curve": (
        lambda p: replace(p, u=KnownColumn(scalar_bytes(1) * 2, p.u.f_kappa)),
        NotOnCurve,
    ),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_changed_proof_is_rejected(fast_key: ProvingKey, name: str) -> None:
    change, error = PROOFS[name]
    statement, proof = make_range(fast_key)
    with pytest.raises(error):
        logup.verify(fast_key, CONTEXT, statement, change(proof))


def test_setups_kinds_and_sizes_are_checked(fast_key: ProvingKey) -> None:
    statement, proof = make_range(fast_key)
    other = replace(statement, setup_id=bytes(32))
    with pytest.raises(WrongSetup):
        logup.verify(fast_key, CONTEXT, other, proof)
    with pytest.raises(WrongSetup):
        logup.prove(fast_key, CONTEXT, other, b"", b"")
    with pytest.raises(TooManyRows):
        logup.range_table(fast_key, 3)
    with pytest.raises(MalformedInput):
        replace(statement, kind=3)
