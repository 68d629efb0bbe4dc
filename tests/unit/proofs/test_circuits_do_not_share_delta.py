"""Why circuit 2 is not a second Groth16 circuit under the same delta: both ways of doing so are forged here.

ADR 0007.
"""

from __future__ import annotations

from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import hadamard, inner_product, prover, setup, verifier
from proofs.backend import get_backend
from proofs.data_rows import data_rows_key
from proofs.errors import InvalidProof, PairingFailed
from proofs.field import R, root_of_unity
from proofs.hadamard import HadamardStatement
from proofs.inner_product import scalar_bytes
from proofs.randomness import SeededRandom
from proofs.setup import SetupSecrets
from proofs.statement import BoundStatement, JobContext, PublicResult, Statement

N = 8
SECRETS = SetupSecrets(*range(101, 108))
CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)


def key_and_columns(*values: list[int]) -> tuple[Any, list[bytes], list[column_rules.ColumnCommitment]]:
    backend = get_backend()
    key = setup.generate(backend, N, secrets=SECRETS, max_outputs=2).proving_key(backend, trusted=True)
    columns = [
        column_rules.blind(
            backend, backend.vec_from_i64(v) + bytes(32 * (N - len(v))), SeededRandom(bytes([i]) * 32)
        )
        for i, v in enumerate(values)
    ]
    return key, columns, [column_rules.commit(key, column) for column in columns]


def test_with_circuit_1s_points_a_column_of_twos_would_be_a_product() -> None:
    """PROTOCOL's equation for circuit 2 accepts u with sum u = sum p q; ours does not."""
    key, (p, q, u), (f_p, f_q, f_u) = key_and_columns([1, 2, 3, 0, 0, 0], [4, 5, 6], [0, 0, 0, 0, 30, 2])
    backend = key.backend
    product = backend.vec_mul(p, q)
    h = backend.quotient(p, q, product)
    # C = (p q - u)_i K_i: on the blinding rows as foreseen, on the data rows with (L_i - L_0)/delta.
    differences = backend.vec_sub(product, u)[32:]
    c = backend.g1_sum(key.witness_points.msm(differences) + key.quotient_points.msm(h))
    vk = key.verifying
    a, b = backend.g1_sum(vk.alpha1 + f_p.f), backend.g2_sum(vk.beta2 + f_q.f2)
    accepted = backend.pairing_product_is_one(
        backend.g1_neg(a) + a + f_q.f + f_u.f + c,
        b + vk.beta2 + vk.alpha2 + backend.g2_generator() + vk.delta2,
    )
    assert accepted, "the forgery of the paper's circuit 2 that this test is about"
    statement = HadamardStatement.of(key.setup_id, f_p, f_q, f_u)
    with pytest.raises(InvalidProof):
        hadamard.prove(key, CONTEXT, statement, p, q, u)
    rows, proof = data_rows_key(key), hadamard.HadamardProof(c)
    with pytest.raises(PairingFailed):
        hadamard.verify(backend, vk, rows, CONTEXT, statement, proof, f_u.f_kappa)


def test_with_l0_over_delta_any_inner_product_could_be_proven() -> None:
    """So that point must never be published beside circuit 1's: it would be the end of its soundness."""
    key, columns, commitments = key_and_columns([1, 2, 3], [4, 5, 6])
    backend = key.backend
    statement = Statement(key.setup_id, tuple(c.f for c in commitments), (0,), (1,), 3)
    lie = BoundStatement(CONTEXT, statement, PublicResult((1_000_000,)))
    point = l0_over_delta(backend)
    proof = forge(key, lie, columns, commitments, truth=32, point=point)
    verifier.verify_statement(backend, key.verifying, lie, proof)
    published = [key.eta_delta, key.beta1, key.delta1, key.job_row1, key.verifying.l0]
    published += [key.witness_points.msm(scalar_bytes(1), offset=i) for i in range(N - 1)]
    assert point not in published


def l0_over_delta(backend: Any) -> bytes:
    n, x = N, SECRETS
    l0 = (pow(x.tau, n, R) - 1) * pow(n * (x.tau - root_of_unity(n) ** 0), -1, R)
    return backend.g1_mul(backend.g1_generator(), l0 * pow(x.delta, -1, R) % R)


def forge(key: Any, lie: Any, columns: Any, commitments: Any, truth: int, point: bytes) -> Any:
    """An honest proof of the true y under the lie's hashes, moved to the false y by the point."""
    backend = key.backend
    p, q = inner_product.combine_columns(backend, lie, columns)
    left, right = (
        inner_product.left_point(key, lie),
        inner_product.right_point_g2(key, lie, [c.f2 for c in commitments]),
    )
    core = inner_product.core(key, p, q, truth, lie.job)
    moved = backend.g1_mul(point, (truth - lie.result.outputs[0]) % R)
    return prover.Proof(left, right, backend.g1_sum(core + moved))
