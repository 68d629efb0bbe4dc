"""Circuit 1, the inner product: the part of the prover that single prover and node share.

PROTOCOL, *Circuit 1* and *From inner products to programs*. Columns are buffers of n scalars; every operation
is a vector operation of the backend, two multi-scalar multiplications of size n and seven NTTs in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.errors import InvalidProof, WrongLength
from proofs.field import R
from proofs.keys import ProvingKey
from proofs.proof import ResultBinding
from proofs.randomness import Random, draw_scalar
from proofs.statement import BoundStatement, Statement

__all__ = [
    "NO_BLINDING",
    "Blinding",
    "bind_result",
    "combine_columns",
    "core",
    "evaluate_outputs",
    "gram_outputs",
    "left_point",
    "result_commitment",
    "right_point",
    "right_point_g2",
    "scalar_bytes",
    "with_job",
]


def combine_columns(
    backend: Backend, bound: BoundStatement, columns: Sequence[Buffer]
) -> tuple[bytes, bytes]:
    """p = sum l_a u_a and q = sum r_b v_b, all n rows (PROTOCOL, Gram matrix)."""
    weights = bound.weights
    return (
        backend.vec_combine(columns, weights.left),
        backend.vec_combine(columns, weights.right),
    )


def gram_outputs(backend: Backend, statement: Statement, columns: Sequence[Buffer]) -> bytes:
    """M_ab = <left_a, right_b> over the data rows, index a * d2 + b, as a vector of scalars."""
    ordered = [(min(a, b), max(a, b)) for a in statement.left for b in statement.right]
    pairs = sorted(set(ordered))
    inners = memoryview(backend.vec_inners([data_rows(column) for column in columns], pairs))
    place = {pair: SCALAR_BYTES * position for position, pair in enumerate(pairs)}
    return b"".join(inners[place[pair] : place[pair] + SCALAR_BYTES] for pair in ordered)


def data_rows(column: Buffer) -> memoryview:
    """Rows 0 … n-3, without the blinding rows."""
    return memoryview(column)[: len(column) - 2 * SCALAR_BYTES]


def core(key: ProvingKey, p: Buffer, q: Buffer, y: int, job: int) -> bytes:
    """sum aux_i K_i + sum h_i [tau^i t/delta]1: C before any randomiser (PROTOCOL, Circuit 1, Prover).

    Raises InvalidProof if y is not the inner product of p and q.
    """
    backend, n = key.backend, key.n
    if len(p) != n * SCALAR_BYTES or len(q) != n * SCALAR_BYTES:
        raise WrongLength(f"p and q have {n} scalars each")
    a = with_job(p, job)
    b = with_job(q, job)
    aux = backend.vec_mul(a, b)
    middle = backend.vec_sum(memoryview(aux)[SCALAR_BYTES : (n - 2) * SCALAR_BYTES])
    row0 = (y - middle) % R
    if row0 != int.from_bytes(aux[:SCALAR_BYTES], "big"):
        raise InvalidProof("y is not the inner product of p and q; nothing was proven")
    h = backend.quotient(a, b, aux)
    witness = key.witness_points.msm(memoryview(aux)[SCALAR_BYTES:])
    return backend.g1_sum(witness + key.quotient_points.msm(h))


def with_job(column: Buffer, job: int) -> bytes:
    """Adds ``job`` to row n-2, whose constraint binds it."""
    row = len(column) - 2 * SCALAR_BYTES
    blinded = (int.from_bytes(column[row : row + SCALAR_BYTES], "big") + job) % R
    view = memoryview(column)
    return b"".join((view[:row], blinded.to_bytes(SCALAR_BYTES, "big"), view[row + SCALAR_BYTES :]))


def left_point(key: ProvingKey, bound: BoundStatement) -> bytes:
    """[alpha]1 + F_p + job [L_(n-2)]1: A without its randomiser."""
    return _plus_columns(key, bound, key.verifying.alpha1, bound.weights.left)


def right_point(key: ProvingKey, bound: BoundStatement) -> bytes:
    """[beta]1 + F_q + job [L_(n-2)]1: B1 without its randomiser."""
    return _plus_columns(key, bound, key.beta1, bound.weights.right)


def _plus_columns(key: ProvingKey, bound: BoundStatement, start: bytes, weights: Sequence[int]) -> bytes:
    points = start + key.job_row1 + b"".join(bound.statement.columns)
    scalars = (1, bound.job, *weights)
    return key.backend.g1_msm(points, b"".join(map(scalar_bytes, scalars)))


def right_point_g2(key: ProvingKey, bound: BoundStatement, columns_g2: Sequence[bytes]) -> bytes:
    """[beta]2 + F_q in G2 + job [L_(n-2)]2: B without its randomiser, from the registered F2."""
    points = key.verifying.beta2 + key.job_row2 + b"".join(columns_g2)
    scalars = (1, bound.job, *bound.weights.right)
    return key.backend.g2_msm(points, b"".join(map(scalar_bytes, scalars)))


@dataclass(frozen=True, repr=False)  # secret: never in a log
class Blinding:
    """The blinding of a sealed result: (mu + mu_tau X) eta.

    PROTOCOL has mu alone. Then pi would be a function of the outputs and z only, and anyone could test
    guesses of a sealed result against it; the linear term hides pi as well (hiding KZG). Verifier and
    statement are those of PROTOCOL; mu_tau = 0 gives its very points.
    """

    mu: int
    mu_tau: int = 0

    def at(self, challenge: int) -> int:
        """mu + mu_tau z, what blinds Y."""
        return (self.mu + self.mu_tau * challenge) % R

    @classmethod
    def drawn(cls, random: Random) -> Blinding:
        return cls(draw_scalar(random), draw_scalar(random))


NO_BLINDING = Blinding(0, 0)


def result_commitment(key: ProvingKey, outputs: Buffer, blinding: Blinding) -> bytes:
    """F_M = sum M_i E_i + (mu + mu_tau tau) eta (PROTOCOL, Gram matrix, and ``Blinding``)."""
    masks = key.backend.g1_msm(
        key.verifying.eta + key.eta_tau, scalar_bytes(blinding.mu) + scalar_bytes(blinding.mu_tau)
    )
    return key.backend.g1_sum(key.output_points.msm(outputs) + masks)


def evaluate_outputs(backend: Backend, outputs: Buffer, challenge: int) -> int:
    """y = sum M_ab z^(a d2 + b), the output polynomial at z."""
    return backend.poly_eval(outputs, challenge)


def bind_result(key: ProvingKey, outputs: Buffer, blinding: Blinding, challenge: int) -> ResultBinding:
    """Y, P and the KZG opening pi of F_M at z (PROTOCOL, Circuit 1 sealed result, and Gram matrix)."""
    backend = key.backend
    y = evaluate_outputs(backend, outputs, challenge)
    scalars = scalar_bytes(y) + scalar_bytes(blinding.at(challenge))
    quotient = backend.poly_divide_linear(outputs, challenge)
    hidden = backend.g1_mul(key.verifying.eta, blinding.mu_tau)
    return ResultBinding(
        y=backend.g1_msm(key.verifying.l0 + key.verifying.eta, scalars),
        p=backend.g1_msm(key.kappa_l0 + key.kappa_eta, scalars),
        pi=backend.g1_sum(key.output_points.msm(quotient) + hidden),
    )


def scalar_bytes(value: int) -> bytes:
    """A canonical scalar as 32 bytes."""
    return value.to_bytes(SCALAR_BYTES, "big")
