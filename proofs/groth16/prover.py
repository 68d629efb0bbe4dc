"""Proves a witness under a snarkjs key, so that any Groth16 verifier accepts (Groth 2016, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable

from proofs.backend.base import Backend
from proofs.backend.codec import encode_scalars
from proofs.errors import WrongLength
from proofs.field import R, root_of_unity
from proofs.groth16.documents import Groth16Proof
from proofs.groth16.zkey import Coefficient, ProvingKey

__all__ = ["prove"]


def prove(
    backend: Backend, key: ProvingKey, witness: list[int], draw: Callable[[], int]
) -> tuple[Groth16Proof, list[int]]:
    """The proof and its public signals. ``draw`` gives uniform scalars in [0, r).

    A witness that violates the constraints gives bytes that no verifier accepts; ``check_witness`` tells.
    """
    if len(witness) != key.wires:
        raise WrongLength(f"the witness has {len(witness)} values, the key {key.wires} wires")
    r, s = draw(), draw()
    wires = encode_scalars(witness)
    vk = key.verifying_key
    a = backend.g1_sum(backend.g1_msm(key.a_points, wires) + vk.alpha_1 + backend.g1_mul(key.delta_1, r))
    b = backend.g2_sum(backend.g2_msm(key.b2_points, wires) + vk.beta_2 + backend.g2_mul(vk.delta_2, s))
    b1 = backend.g1_sum(backend.g1_msm(key.b1_points, wires) + key.beta_1 + backend.g1_mul(key.delta_1, s))
    c = backend.g1_sum(
        backend.g1_msm(key.c_points, wires[32 * (key.public_signals + 1) :])
        + backend.g1_msm(key.h_points, _quotient_values(backend, key, witness))
        + backend.g1_mul(a, s)
        + backend.g1_mul(b1, r)
        + backend.g1_neg(backend.g1_mul(key.delta_1, r * s % R))
    )
    return Groth16Proof(a, b, c), witness[1 : key.public_signals + 1]


def _quotient_values(backend: Backend, key: ProvingKey, witness: list[int]) -> bytes:
    """a·b - c on the coset w2·w^i, w2 a root of unity of twice the order; c = a·b on the domain."""
    a = encode_scalars(_rows(key.a_matrix, witness, key.domain_size))
    b = encode_scalars(_rows(key.b_matrix, witness, key.domain_size))
    c = backend.vec_mul(a, b)
    shift = backend.vec_powers(root_of_unity(2 * key.domain_size), key.domain_size)

    def on_coset(values: bytes) -> bytes:
        return backend.ntt(backend.vec_mul(backend.ntt(values, inverse=True), shift))

    return backend.vec_sub(backend.vec_mul(on_coset(a), on_coset(b)), on_coset(c))


def _rows(matrix: tuple[Coefficient, ...], witness: list[int], size: int) -> list[int]:
    rows = [0] * size
    for constraint, wire, value in matrix:
        rows[constraint] += value * witness[wire]
    return [row % R for row in rows]
