"""Circuit 2: products of committed columns, bit columns, and what must not verify."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import hadamard, setup
from proofs.backend import get_backend
from proofs.batch import Relation, hold, require_all
from proofs.columns import ColumnCommitment
from proofs.data_rows import data_rows_key
from proofs.errors import (
    InvalidProof,
    MalformedInput,
    NonCanonicalCoordinate,
    NotInSubgroup,
    NotOnCurve,
    PairingFailed,
    UnexpectedInfinity,
    VerifyingKeyInvalid,
    WrongLength,
    WrongSetup,
)
from proofs.field import P
from proofs.hadamard import HadamardProof, HadamardStatement
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom, draw_scalars
from proofs.statement import JobContext

VECTORS = Path(__file__).parents[2] / "vectors" / "contract" / "rejected"
ONE = scalar_bytes(1)
CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)


def column(key: ProvingKey, values: Sequence[int], label: bytes) -> bytes:
    data = key.backend.vec_from_i64(values) + bytes(32 * (key.n - len(values)))
    return column_rules.blind(key.backend, data, SeededRandom(bytes(32), label))


@dataclass(frozen=True)
class Product:
    """p, q and u = p q with their commitments, and a proof of it."""

    key: ProvingKey
    columns: tuple[bytes, ...]
    commitments: tuple[ColumnCommitment, ...]
    statement: HadamardStatement
    proof: HadamardProof

    def check(self, **changes: Any) -> None:
        """Verifies with parts of the proof, the statement or the context replaced."""
        context = changes.pop("context", CONTEXT)
        proof = HadamardProof(changes.pop("h", self.proof.h))
        kappa = changes.pop("kappa", self.commitments[2].f_kappa)
        rows = data_rows_key(self.key)
        statement = replace(self.statement, **changes)
        arguments = (self.key.backend, self.key.verifying, rows, context, statement, proof, kappa)
        hadamard.verify_under_checked_key(*arguments)


@cache
def make_product(key: ProvingKey) -> Product:
    p, q = column(key, [3, -4, 0, 7, 5, 1], b"p"), column(key, [2, 9, 8, -1, 0, 1], b"q")
    blinding = draw_scalars(key.backend, SeededRandom(bytes(32), b"u"), 2)
    u = hadamard.product_column(key.backend, p, q, blinding)
    commitments = tuple(column_rules.commit(key, c) for c in (p, q, u))
    statement = HadamardStatement.of(key.setup_id, *commitments)
    proof = hadamard.prove(key, CONTEXT, statement, p, q, u)
    return Product(key, (p, q, u), commitments, statement, proof)


@pytest.fixture
def product(fast_key: ProvingKey) -> Product:
    return make_product(fast_key)


def test_a_product_of_columns_verifies(key: ProvingKey) -> None:
    product = make_product(key)
    rows, kappa = data_rows_key(key), product.commitments[2].f_kappa
    hadamard.verify(key.backend, key.verifying, rows, CONTEXT, product.statement, product.proof, kappa)
    with pytest.raises(PairingFailed):
        product.check(context=replace(CONTEXT, job_id=b"\x23" * 32))
    assert HadamardProof.from_bytes(product.proof.to_bytes()) == product.proof


def test_a_column_that_is_not_the_product_is_not_proven(product: Product) -> None:
    p, q, u = product.columns
    false = ONE + u[32:]
    with pytest.raises(InvalidProof, match="nothing was proven"):
        hadamard.prove(product.key, CONTEXT, product.statement, p, q, false)


@pytest.mark.parametrize("values", [[1, 0, 0, 1, 1], [0, 0, 0], [1] * 6])
def test_a_column_of_bits_is_its_own_square(product: Product, values: list[int]) -> None:
    key = product.key
    e = column(key, values, b"e")
    commitment = column_rules.commit(key, e)
    statement = HadamardStatement.of(key.setup_id, commitment, commitment, commitment)
    proof = hadamard.prove(key, CONTEXT, statement, e, e, e)
    rows = data_rows_key(key)
    hadamard.verify(key.backend, key.verifying, rows, CONTEXT, statement, proof, commitment.f_kappa)


def test_a_column_with_a_two_has_no_proof_of_bits(product: Product) -> None:
    key = product.key
    e = column(key, [1, 0, 2], b"e")
    commitment = column_rules.commit(key, e)
    statement = HadamardStatement.of(key.setup_id, commitment, commitment, commitment)
    with pytest.raises(InvalidProof):
        hadamard.prove(key, CONTEXT, statement, e, e, e)


def test_virtual_columns_and_the_constant_one_can_be_factors(product: Product) -> None:
    """(p + 2 u) (q + 5) = v."""
    key, backend = product.key, product.key.backend
    p, q, u = product.columns
    left = backend.vec_combine([p, u], [1, 2])
    right = backend.vec_combine([q, ONE * key.n], [1, 5])
    v = hadamard.product_column(backend, left, right, bytes(range(1, 65)))
    f_p, f_q, f_u = product.commitments
    f_v = column_rules.commit(key, v)
    statement = HadamardStatement.of(
        key.setup_id,
        hadamard.combine_commitments(backend, [f_p, f_u], [1, 2]),
        hadamard.combine_commitments(backend, [f_q, hadamard.constant_one(backend)], [1, 5]),
        f_v,
    )
    proof = hadamard.prove(key, CONTEXT, statement, left, right, v)
    hadamard.verify(backend, key.verifying, data_rows_key(key), CONTEXT, statement, proof, f_v.f_kappa)


CONTEXTS = {
    "another job": {"job_id": b"\x23" * 32},
    "another program": {"program_id": b"\x45" * 32},
    "another contract": {"market": b"\x12" * 20},
    "another chain": {"chain_id": 1},
    "other licences": {"licences_hash": b"\x34" * 32},
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_proof_for_another_job_is_rejected(product: Product, name: str) -> None:
    with pytest.raises(PairingFailed, match="Hadamard product"):
        product.check(context=replace(CONTEXT, **CONTEXTS[name]))


def test_swapped_factors_are_rejected(product: Product) -> None:
    p, q, _ = product.commitments
    with pytest.raises(PairingFailed):
        product.check(p=q.f, q=p.f, q2=p.f2)


CHANGES: dict[str, Callable[[Product], dict[str, Any]]] = {
    "p": lambda made: {"p": made.statement.q},
    "q2": lambda made: {"q2": made.commitments[0].f2},
    "u": lambda made: {"u": made.statement.p, "kappa": made.commitments[0].f_kappa},
    "H": lambda made: {"h": made.key.backend.g1_neg(made.proof.h)},
    "u without knowledge": lambda made: {"kappa": made.commitments[0].f_kappa},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_part_is_rejected(product: Product, name: str) -> None:
    with pytest.raises(PairingFailed, match="knowledge" if "knowledge" in name else "Hadamard"):
        product.check(**CHANGES[name](product))


BAD_POINTS = {
    "infinity": (bytes(64), UnexpectedInfinity),
    "off the curve": (ONE + ONE, NotOnCurve),
    "coordinate above p": ((P + 1).to_bytes(32, "big") + scalar_bytes(2), NonCanonicalCoordinate),
}


@pytest.mark.parametrize("part", ["p", "u", "h", "kappa"])
@pytest.mark.parametrize("bad", BAD_POINTS)
def test_a_bad_point_is_named_and_refused(product: Product, part: str, bad: str) -> None:
    point, error = BAD_POINTS[bad]
    with pytest.raises(error, match=r"F_|H"):
        product.check(**{part: point})


def test_a_factor_outside_its_subgroup_is_refused(product: Product) -> None:
    document = json.loads((VECTORS / "key_beta2_outside_subgroup.json").read_bytes())
    with pytest.raises(NotInSubgroup, match="F2_q"):
        product.check(q2=bytes.fromhex(document["verifyingKey"]["beta2"][2:]))
    with pytest.raises(WrongLength):
        HadamardProof.from_bytes(product.proof.h + b"\x00")


def test_another_setup_is_refused(product: Product) -> None:
    with pytest.raises(WrongSetup):
        product.check(setup_id=bytes(32))
    with pytest.raises(WrongSetup):
        hadamard.prove(product.key, CONTEXT, replace(product.statement, setup_id=bytes(32)), *product.columns)


@pytest.mark.parametrize("name", ["row1", "row2", "vanishing1", "vanishing2"])
def test_the_points_of_the_data_rows_are_checked_against_the_verifying_key(
    product: Product, name: str
) -> None:
    rows, backend = data_rows_key(product.key), product.key.backend
    rows.check(backend, product.key.verifying)
    other = backend.g1_generator() if name.endswith("1") else backend.g2_generator()
    with pytest.raises(VerifyingKeyInvalid, match="data rows"):
        replace(rows, **{name: other}).check(backend, product.key.verifying)
    with pytest.raises(MalformedInput):
        replace(rows, **{name: bytes(len(getattr(rows, name)))}).check(backend, product.key.verifying)


def test_a_key_with_one_output_point_cannot_prove_products() -> None:
    backend = get_backend()
    key = setup.generate(backend, 8, max_outputs=1).proving_key(backend, trusted=True)
    with pytest.raises(WrongLength, match="two output points"):
        hadamard.quotient_point(key, bytes(256), bytes(256), bytes(256), 1)


def test_a_batch_names_the_relation_that_fails(product: Product) -> None:
    backend = product.key.backend
    g1, g2 = backend.g1_generator(), backend.g2_generator()
    true = Relation("true", g1 + backend.g1_neg(g1), g2 + g2)
    false = Relation("the false one", g1, g2)
    assert hold(backend, [true, true, true])
    for at in (0, 2, 4):
        with pytest.raises(PairingFailed, match="the false one"):
            require_all(backend, [*[true] * at, false, *[true] * (4 - at)])
    # Two wrongs that cancel without weights do not cancel with them.
    opposite = Relation("its opposite", backend.g1_neg(g1), g2)
    assert not hold(backend, [false, opposite])
    with pytest.raises(WrongLength):
        Relation("odd", g1 + g1, g2)
