"""The single prover: one party that holds every column. PROTOCOL, *Circuit 1* and *Gram matrix*.

Nodes prove share-wise instead (``proofs.node``); both use ``proofs.inner_product``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs import inner_product
from proofs.backend.base import SCALAR_BYTES, Buffer
from proofs.columns import ColumnCommitment
from proofs.errors import WrongLength, WrongSetup
from proofs.field import R
from proofs.inner_product import NO_BLINDING, Blinding
from proofs.keys import ProvingKey
from proofs.proof import Proof
from proofs.randomness import OsRandom, Random, draw_scalar
from proofs.statement import BoundStatement, JobContext, PublicResult, Result, SealedResult, Statement

__all__ = ["Proven", "prove_public", "prove_sealed", "prove_with"]


@dataclass(frozen=True, repr=False)  # secret: never in a log
class Proven:
    """A proof with its result; ``outputs`` and ``blinding`` open a sealed one and are secret then."""

    bound: BoundStatement
    proof: Proof
    outputs: bytes
    blinding: Blinding

    @property
    def result(self) -> Result:
        return self.bound.result


def prove_sealed(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    columns: Sequence[Buffer],
    commitments: Sequence[ColumnCommitment],
    random: Random | None = None,
) -> Proven:
    """Proof of the Gram matrix behind a commitment F_M, which is fixed before z is hashed.

    ``columns``: every column of the statement, n scalars each; ``commitments``: theirs, of which F2 is used.
    """
    source = random or OsRandom()
    outputs = _outputs(key, statement, columns)
    blinding = Blinding.drawn(source)
    result = SealedResult(inner_product.result_commitment(key, outputs, blinding))
    bound = BoundStatement(context, statement, result)
    proof = prove_with(key, bound, columns, commitments, outputs, blinding, source)
    return Proven(bound, proof, outputs, blinding)


def prove_public(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    columns: Sequence[Buffer],
    commitments: Sequence[ColumnCommitment],
    random: Random | None = None,
) -> Proven:
    """Proof of the Gram matrix that is given in numbers."""
    outputs = _outputs(key, statement, columns)
    bound = BoundStatement(context, statement, PublicResult(scalars_of(outputs)))
    proof = prove_with(key, bound, columns, commitments, outputs, NO_BLINDING, random or OsRandom())
    return Proven(bound, proof, outputs, NO_BLINDING)


def prove_with(
    key: ProvingKey,
    bound: BoundStatement,
    columns: Sequence[Buffer],
    commitments: Sequence[ColumnCommitment],
    outputs: Buffer,
    blinding: Blinding,
    random: Random,
) -> Proof:
    """A, B, C and, for a sealed result, Y, P, pi of PROTOCOL, *Circuit 1*; first r, then s is drawn."""
    backend = key.backend
    r, s = draw_scalar(random), draw_scalar(random)
    p, q = inner_product.combine_columns(backend, bound, columns)
    y = inner_product.evaluate_outputs(backend, outputs, bound.challenge)
    left = inner_product.left_point(key, bound)
    right = inner_product.right_point(key, bound)
    right_g2 = inner_product.right_point_g2(key, bound, [commitment.f2 for commitment in commitments])
    core = inner_product.core(key, p, q, y, bound.job)
    scalars = (s, r, r * s % R, -blinding.at(bound.challenge) % R)
    randomised = backend.g1_msm(
        left + right + key.delta1 + key.eta_delta, b"".join(map(inner_product.scalar_bytes, scalars))
    )
    return Proof(
        a=backend.g1_sum(left + backend.g1_mul(key.delta1, r)),
        b=backend.g2_sum(right_g2 + backend.g2_mul(key.verifying.delta2, s)),
        c=backend.g1_sum(core + randomised),
        binding=inner_product.bind_result(key, outputs, blinding, bound.challenge)
        if bound.is_sealed
        else None,
    )


def scalars_of(vector: Buffer) -> tuple[int, ...]:
    """A vector of scalars as integers."""
    return tuple(
        int.from_bytes(vector[i : i + SCALAR_BYTES], "big") for i in range(0, len(vector), SCALAR_BYTES)
    )


def _outputs(key: ProvingKey, statement: Statement, columns: Sequence[Buffer]) -> bytes:
    if statement.setup_id != key.setup_id:
        raise WrongSetup("the statement names another setup than the proving key")
    if len(columns) != len(statement.columns):
        raise WrongLength(f"{len(columns)} columns given, the statement has {len(statement.columns)}")
    if statement.output_count > len(key.output_points):
        raise WrongLength(
            f"{statement.output_count} outputs, the key has only {len(key.output_points)} output points"
        )
    return inner_product.gram_outputs(key.backend, statement, columns)
