"""Strict verification: lengths, then encodings and curve, then subgroups, then one pairing product.

PROTOCOL, *Circuit 1* (public: five pairings) and *Gram matrix* (sealed: seven, merged with rho). The column
commitments must have passed ``proofs.columns.check_commitments`` when they were registered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proofs import hashing, inner_product
from proofs.backend.base import Backend
from proofs.batch import Relation, require_all
from proofs.clock import timed
from proofs.errors import MalformedInput, PairingFailed, WrongLength, WrongProgram
from proofs.field import R
from proofs.inner_product import scalar_bytes
from proofs.keys import VerifyingKey
from proofs.proof import Proof, ResultBinding
from proofs.statement import BoundStatement, Program, PublicResult, SealedResult

__all__ = ["relation", "verify", "verify_batch", "verify_statement", "verify_under_checked_key"]


@timed
def verify(
    backend: Backend, key: VerifyingKey, program: Program, bound: BoundStatement, proof: Proof
) -> None:
    """Returns if ``proof`` shows ``bound`` under ``program``; raises otherwise.

    A MalformedInput for bad lengths and points, WrongProgram, WrongSetup, VerifyingKeyInvalid, PairingFailed.
    """
    key.check(backend)
    verify_under_checked_key(backend, key, program, bound, proof)


def verify_under_checked_key(
    backend: Backend, key: VerifyingKey, program: Program, bound: BoundStatement, proof: Proof
) -> None:
    """As ``verify`` without the checks of the key, for those who have made them once for many proofs."""
    _check_program(key, program, bound)
    verify_statement(backend, key, bound, proof)


def _check_program(key: VerifyingKey, program: Program, bound: BoundStatement) -> None:
    if program.program_id != bound.context.program_id:
        raise WrongProgram("the proof's context names another program")
    bound.statement.check_program(program, key.setup_id)


def verify_batch(
    backend: Backend, key: VerifyingKey, claims: Sequence[tuple[str, Program, BoundStatement, Proof]]
) -> None:
    """Several proofs under one checked key as one pairing product, error probability 1/r.

    Raises what ``verify`` does; PairingFailed names the first claim whose proof is wrong.
    """
    relations = []
    for name, program, bound, proof in claims:
        _check_program(key, program, bound)
        relations.append(relation(backend, key, bound, proof, name))
    require_all(backend, relations)


def verify_statement(backend: Backend, key: VerifyingKey, bound: BoundStatement, proof: Proof) -> None:
    """As ``verify`` for a key that was checked and a statement whose program was."""
    equation = relation(backend, key, bound, proof)
    if not backend.pairing_product_is_one(equation.g1, equation.g2):
        raise PairingFailed("the pairing equation does not hold: the proof is not of this statement")


def relation(
    backend: Backend, key: VerifyingKey, bound: BoundStatement, proof: Proof, name: str = "inner product"
) -> Relation:
    """Checks lengths and points; returns the pairing equation, for ``proofs.batch``."""
    _check_lengths(key, bound, proof)
    _check_points(backend, bound, proof)
    if isinstance(bound.result, PublicResult):
        g1, g2 = _public_factors(backend, key, bound, proof, bound.result)
    else:
        assert proof.binding is not None  # by _check_lengths
        g1, g2 = _sealed_factors(backend, key, bound, proof, proof.binding, bound.result)
    return Relation(name, g1, g2)


def _check_lengths(key: VerifyingKey, bound: BoundStatement, proof: Proof) -> None:
    statement = bound.statement
    if statement.rows > key.max_rows:
        raise WrongLength(f"{statement.rows} rows are more than the setup's {key.max_rows}")
    if proof.is_sealed != bound.is_sealed:
        raise MalformedInput("a sealed result needs Y, P and pi, a public one must not have them")
    if isinstance(bound.result, PublicResult) and len(bound.result.outputs) != statement.output_count:
        raise WrongLength(f"{len(bound.result.outputs)} outputs, the statement has {statement.output_count}")
    Proof.from_bytes(proof.to_bytes())


def _check_points(backend: Backend, bound: BoundStatement, proof: Proof) -> None:
    """Canonical encodings, on the curve, never infinity, G2 in its subgroup."""
    named = [(f"column {i}", point) for i, point in enumerate(bound.statement.columns)]
    named += [("A", proof.a), ("C", proof.c)]
    if proof.binding is not None:
        named += [("Y", proof.binding.y), ("P", proof.binding.p), ("pi", proof.binding.pi)]
    if isinstance(bound.result, SealedResult):
        named.append(("F_M", bound.result.commitment))
    for name, point in named:
        _named(backend.g1_check, name, point)
    _named(backend.g2_check, "B", proof.b)


def _named(check: Callable[[bytes], None], name: str, point: bytes) -> None:
    """Runs a backend's check and says which point it was about."""
    try:
        check(point)
    except MalformedInput as error:
        raise type(error)(f"{name}: {error}") from None


def _columns_sum(
    backend: Backend, bound: BoundStatement, weights: tuple[int, ...], start: bytes = b""
) -> bytes:
    scalars = b"".join(map(scalar_bytes, ((1,) if start else ()) + weights))
    return backend.g1_msm(start + b"".join(bound.statement.columns), scalars)


def _public_factors(
    backend: Backend, key: VerifyingKey, bound: BoundStatement, proof: Proof, result: PublicResult
) -> tuple[bytes, bytes]:
    """e(-A,B) e(alpha + F_p, beta) e(F_q, alpha) e(Y + job J, G2) e(C, delta) = 1."""
    outputs = b"".join(map(scalar_bytes, result.outputs))
    y = inner_product.evaluate_outputs(backend, outputs, bound.challenge)
    weights = bound.weights
    last = backend.g1_msm(key.l0 + key.job_point, scalar_bytes(y) + scalar_bytes(bound.job))
    g1 = (
        backend.g1_neg(proof.a)
        + _columns_sum(backend, bound, weights.left, key.alpha1)
        + _columns_sum(backend, bound, weights.right)
        + last
        + proof.c
    )
    return g1, proof.b + key.beta2 + key.alpha2 + backend.g2_generator() + key.delta2


def _sealed_factors(
    backend: Backend,
    key: VerifyingKey,
    bound: BoundStatement,
    proof: Proof,
    binding: ResultBinding,
    result: SealedResult,
) -> tuple[bytes, bytes]:
    """PROTOCOL, *Gram matrix*: e(-A,B) e(alpha + F_p, beta) e(F_q, alpha) e(C, delta) e(rho Y, kappa')
    e(-rho^2 pi, tau) e(Y + job J - rho P + rho^2 (F_M - Y + z pi), G2) = 1."""
    z = bound.challenge
    rho = hashing.batch_scalar(bound.job, z, proof.to_bytes())
    rho2 = rho * rho % R
    weights = bound.weights
    points = binding.y + key.job_point + binding.p + result.commitment + binding.pi
    scalars = (1 - rho2, bound.job, -rho, rho2, rho2 * z)
    g1 = (
        backend.g1_neg(proof.a)
        + _columns_sum(backend, bound, weights.left, key.alpha1)
        + _columns_sum(backend, bound, weights.right)
        + proof.c
        + backend.g1_mul(binding.y, rho)
        + backend.g1_mul(binding.pi, -rho2 % R)
        + backend.g1_msm(points, b"".join(scalar_bytes(k % R) for k in scalars))
    )
    g2 = proof.b + key.beta2 + key.alpha2 + key.delta2 + key.kappa_prime2 + key.tau2 + backend.g2_generator()
    return g1, g2
