"""Attacks that each need one rule of the protocol to be absent: with the rule taken away they succeed.

ADR 0005 and 0007, *Reviewed*. A test that only sees a forgery refused could be refusing it for another
reason, so each one first shows that the forgery is good but for the rule that it is about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import hadamard, hashing, logup, prover, verifier
from proofs.backend import get_backend
from proofs.batch import hold, require_all
from proofs.data_rows import BlindingRoots, data_rows_key
from proofs.errors import CommitmentInvalid, InvalidProof, PairingFailed
from proofs.field import R, root_of_unity
from proofs.hadamard import HadamardProof, HadamardStatement
from proofs.inner_product import Blinding, gram_outputs, result_commitment, scalar_bytes
from proofs.keys import ProvingKey
from proofs.logup import SUBSET, LookupStatement
from proofs.randomness import SeededRandom
from proofs.setup import SetupSecrets, generate
from proofs.statement import BoundStatement, JobContext, SealedResult, Statement

N = 8
SECRETS = SetupSecrets(*range(201, 208))
CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)
ONE = scalar_bytes(1)


@pytest.fixture(scope="module")
def key() -> ProvingKey:
    """A setup whose secrets are known, to write down what only its maker could."""
    backend = get_backend()
    return generate(backend, N, secrets=SECRETS, max_outputs=16).proving_key(backend, trusted=True)


def column(key: ProvingKey, values: list[int]) -> bytes:
    data = key.backend.vec_from_i64(values) + bytes(32 * (N - len(values)))
    return column_rules.blind(key.backend, data, SeededRandom(bytes(32), repr(values).encode()))


def plus(key: ProvingKey, point: bytes, k: int, other: bytes) -> bytes:
    return key.backend.g1_msm(point + other, ONE + scalar_bytes(k % R))


# sealed results: the merged equation -----------------------------------------------------------


def sealed(key: ProvingKey) -> tuple[BoundStatement, Any]:
    columns = [column(key, [1, 2, 3]), column(key, [4, 5, 6])]
    commitments = [column_rules.commit(key, c) for c in columns]
    statement = Statement(key.setup_id, tuple(c.f for c in commitments), (0, 1), (0, 1), 3)
    proven = prover.prove_sealed(key, CONTEXT, statement, columns, commitments, SeededRandom(bytes(32)))
    return proven.bound, proven.proof


def shift_knowledge(key: ProvingKey, bound: BoundStatement, proof: Any, rho: int) -> Any:
    """P' = P + [delta]1 and C' = C + rho G1: the defect of the one equation fills that of the other."""
    binding = replace(proof.binding, p=plus(key, proof.binding.p, 1, key.delta1))
    return replace(proof, binding=binding, c=plus(key, proof.c, rho, key.backend.g1_generator()))


def shift_opening(key: ProvingKey, bound: BoundStatement, proof: Any, rho: int) -> Any:
    """pi' = pi + G1, C' = C + rho^2 (tau - z)/delta G1; a list of t/delta points gives such multiples."""
    x = SECRETS
    moved = rho * rho * (x.tau - bound.challenge) * pow(x.delta, -1, R)
    generator = key.backend.g1_generator()
    binding = replace(proof.binding, pi=plus(key, proof.binding.pi, 1, generator))
    return replace(proof, binding=binding, c=plus(key, proof.c, moved, generator))


@pytest.mark.parametrize("shift", [shift_knowledge, shift_opening])
def test_a_batch_weight_that_is_known_beforehand_lets_equations_fill_each_other(
    key: ProvingKey, monkeypatch: pytest.MonkeyPatch, shift: Callable[..., Any]
) -> None:
    bound, proof = sealed(key)
    forged = shift(key, bound, proof, 12345)
    with monkeypatch.context() as frozen:
        frozen.setattr(hashing, "batch_scalar", lambda *_: 12345)
        verifier.verify_statement(key.backend, key.verifying, bound, forged)
    with pytest.raises(PairingFailed):
        verifier.verify_statement(key.backend, key.verifying, bound, forged)


def test_the_batch_weight_changes_with_every_point_of_the_proof(key: ProvingKey) -> None:
    bound, proof = sealed(key)
    raw, weights = proof.to_bytes(), set()
    for place in range(0, len(raw), 32):
        changed = bytearray(raw)
        changed[place + 31] ^= 1
        weights.add(hashing.batch_scalar(bound.job, bound.challenge, bytes(changed)))
    weights |= {
        hashing.batch_scalar(bound.job, bound.challenge, raw),
        hashing.batch_scalar(bound.job + 1, bound.challenge, raw),
        hashing.batch_scalar(bound.job, bound.challenge + 1, raw),
    }
    assert len(weights) == len(raw) // 32 + 3


def hidden_shift(key: ProvingKey, kappa_prime: int) -> tuple[BoundStatement, Any]:
    """F_M' = F_M + 7 (L_1 - L_0), Y' alike, C' = C - 7 K_1; only P' needs kappa'."""
    columns = [column(key, [1, 2, 3]), column(key, [4, 5, 6])]
    commitments = [column_rules.commit(key, c) for c in columns]
    statement = Statement(key.setup_id, tuple(c.f for c in commitments), (0, 1), (0, 1), 3)
    random, backend = SeededRandom(bytes(32)), key.backend
    outputs, blinding = gram_outputs(backend, statement, columns), Blinding.drawn(random)
    move = backend.g1_sum(key.lagrange.msm(ONE, offset=1) + backend.g1_neg(key.verifying.l0))
    moved = plus(key, result_commitment(key, outputs, blinding), 7, move)
    bound = BoundStatement(CONTEXT, statement, SealedResult(moved))
    proof = prover.prove_with(key, bound, columns, commitments, outputs, blinding, random)
    assert proof.binding is not None
    y = plus(key, proof.binding.y, 7, move)
    p = plus(key, proof.binding.p, 7 * kappa_prime, move)
    c = plus(key, proof.c, -7, key.witness_points.msm(ONE))
    return bound, replace(proof, c=c, binding=replace(proof.binding, y=y, p=p))


def test_only_the_proof_of_knowledge_of_y_stands_against_a_row_that_is_moved_into_it(
    key: ProvingKey,
) -> None:
    """PROTOCOL, *Circuit 1*: with kappa' in hand the forgery is accepted, so kappa' must never be multiplied
    in G1 with anything but L_0 and eta.
    """
    backend = key.backend
    verifier.verify_statement(backend, key.verifying, *hidden_shift(key, SECRETS.kappa_prime))
    for guess in (0, 1, SECRETS.kappa):
        with pytest.raises(PairingFailed):
            verifier.verify_statement(backend, key.verifying, *hidden_shift(key, guess))


# Hadamard products -----------------------------------------------------------------------------


def check_product(key: ProvingKey, statement: HadamardStatement, h: bytes, u_kappa: bytes) -> None:
    rows = data_rows_key(key)
    hadamard.verify(key.backend, key.verifying, rows, CONTEXT, statement, HadamardProof(h), u_kappa)


def test_a_product_without_proof_of_knowledge_can_be_any_point(key: ProvingKey) -> None:
    """The equation solved for F_u, for any H at all: its maker knows no column behind it."""
    backend, x = key.backend, SECRETS
    p, q = column(key, [1, 2, 3]), column(key, [4, 5, 6])
    f_p, f_q = column_rules.commit(key, p), column_rules.commit(key, q)
    roots = BlindingRoots.of(N)
    t_d = (pow(x.tau, N, R) - 1) * pow((x.tau - roots.a) * (x.tau - roots.b), -1, R) % R
    h = 424242
    u = (at_tau(p) * at_tau(q) - h * t_d) % R
    generator = backend.g1_generator()
    statement = HadamardStatement(key.setup_id, f_p.f, f_q.f, f_q.f2, backend.g1_mul(generator, u))
    proof = HadamardProof(backend.g1_mul(generator, h))
    with pytest.MonkeyPatch.context() as frozen:
        frozen.setattr(hashing, "hadamard_scalar", lambda *_: 0)
        checks = hadamard.relations(backend, key.verifying, data_rows_key(key), CONTEXT, statement, proof)
        assert hold(backend, checks), "the identity alone takes it"
        kappa = backend.g1_mul(statement.u, 3)
        with pytest.raises(PairingFailed, match="proof of knowledge of u"):
            check_product(key, statement, proof.h, kappa)


def at_tau(values: bytes) -> int:
    """The column's polynomial at tau."""
    x, total = SECRETS, 0
    for i in range(N):
        w = pow(root_of_unity(N), i, R)
        lagrange = w * (pow(x.tau, N, R) - 1) * pow(N * (x.tau - w), -1, R)
        total += int.from_bytes(values[32 * i : 32 * i + 32], "big") * lagrange
    return total % R


def test_the_two_halves_of_a_factor_must_be_of_one_column(key: ProvingKey) -> None:
    """Whoever passes another column's G2 half proves that column's product: registration refuses the pair."""
    p, q, other = column(key, [1, 2, 3]), column(key, [4, 5, 6]), column(key, [9, 9, 9])
    blinding = b"\x01" * 64
    u = hadamard.product_column(key.backend, p, other, blinding)
    f_p, f_q, f_other, f_u = (column_rules.commit(key, c) for c in (p, q, other, u))
    mixed = replace(f_q, f2=f_other.f2)
    statement = HadamardStatement.of(key.setup_id, f_p, mixed, f_u)
    h = hadamard.quotient_point(key, p, other, u, statement.job(CONTEXT))
    check_product(key, statement, h, f_u.f_kappa)
    with pytest.raises(CommitmentInvalid):
        column_rules.check_commitment(key.backend, key.verifying, mixed)
    with pytest.raises(PairingFailed, match="F2 of q"):
        require_all(key.backend, hadamard.commitment_relations(key.backend, key.verifying, mixed, "q"))


def test_no_point_of_the_key_moves_a_product_from_row_to_row(key: ProvingKey) -> None:
    """What broke the paper's circuit 2, tried with every list of the key: H plus any of its points."""
    p, q = column(key, [2, 3]), column(key, [5, 7])
    u = hadamard.product_column(key.backend, p, q, b"\x02" * 64)
    wrong = bytearray(u)
    wrong[31], wrong[63] = u[31] + 1, u[63] - 1
    f_p, f_q, f_u = (column_rules.commit(key, c) for c in (p, q, bytes(wrong)))
    statement = HadamardStatement.of(key.setup_id, f_p, f_q, f_u)
    honest = HadamardStatement.of(key.setup_id, f_p, f_q, column_rules.commit(key, u))
    h = hadamard.quotient_point(key, p, q, u, honest.job(CONTEXT))
    lists = (key.lagrange, key.lagrange_kappa, key.witness_points, key.quotient_points, key.output_points)
    points = [bases.msm(ONE, offset=i) for bases in lists for i in range(min(len(bases), N))]
    points += [key.beta1, key.delta1, key.eta_delta, key.eta_tau, key.kappa_l0, key.kappa_eta]
    for point in points:
        for k in (1, R - 1):
            with pytest.raises(PairingFailed, match="Hadamard"):
                check_product(key, statement, plus(key, h, k, point), f_u.f_kappa)


# logUp -----------------------------------------------------------------------------------------


def lookup(key: ProvingKey, a: list[int], b: list[int]) -> tuple[LookupStatement, bytes, bytes]:
    column_a, column_b = column(key, a), column(key, b)
    commitments = column_rules.commit(key, column_a), column_rules.commit(key, column_b)
    return (
        LookupStatement(key.setup_id, SUBSET, commitments[0], len(a), commitments[1], len(b)),
        column_a,
        column_b,
    )


def test_multiplicities_that_are_chosen_after_the_challenge_prove_anything(
    key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 is not in {7, 9}, but some field element m_0 makes the sum 0 at one x: so x must follow m."""
    statement, a, b = lookup(key, [8], [7, 9])
    x, c = 1000, 2000
    m = (x + 7) * pow(x + 8, -1, R) % R
    monkeypatch.setattr(logup, "_multiplicities", lambda *_: [m, 0])
    honest = logup._Challenges.of

    def frozen(*arguments: Any) -> Any:
        return replace(honest(*arguments), x=x, c=c)

    with monkeypatch.context() as fixed:
        fixed.setattr(logup._Challenges, "of", frozen)
        proof = logup.prove(key, CONTEXT, statement, a, b)
        logup.verify(key, CONTEXT, statement, proof)
    with pytest.raises(PairingFailed):
        logup.verify(key, CONTEXT, statement, proof)
    with pytest.raises(InvalidProof, match="inner product"):
        logup.prove(key, CONTEXT, statement, a, b)


def test_a_value_for_absent_rows_that_is_known_beforehand_is_in_every_set(
    key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absent rows of b count as c: with c fixed before a, a may hold c itself."""
    c = 2000
    statement, a, b = lookup(key, [7, c], [7, 9])
    monkeypatch.setattr(logup, "_multiplicities", lambda *_: [1, 0, 1])
    inverses, rows = logup._inverses, iter([2, 3])  # two of a, then three of b, one of them absent
    monkeypatch.setattr(
        logup, "_inverses", lambda backend, shifted, _: inverses(backend, shifted, next(rows))
    )
    honest = logup._Challenges.of

    def frozen(*arguments: Any) -> Any:
        return replace(honest(*arguments), c=c)

    with monkeypatch.context() as fixed:
        fixed.setattr(logup._Challenges, "of", frozen)
        proof = logup.prove(key, CONTEXT, statement, a, b)
        logup.verify(key, CONTEXT, statement, proof)
    with pytest.raises(PairingFailed):
        logup.verify(key, CONTEXT, statement, proof)


def test_multiplicities_may_be_spread_over_equal_values_of_the_set(
    key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only their sum over equal values counts, also when it wraps around r: (r - 1) + 3 is 2."""
    statement, a, b = lookup(key, [7, 7], [7, 7, 9])
    for spread in ([2, 0, 0], [1, 1, 0], [R - 1, 3, 0]):
        with monkeypatch.context() as patched:
            patched.setattr(logup, "_multiplicities", lambda *_, spread=spread: spread)
            logup.verify(key, CONTEXT, statement, logup.prove(key, CONTEXT, statement, a, b))
    monkeypatch.setattr(logup, "_multiplicities", lambda *_: [R - 1, 2, 0])
    with pytest.raises(InvalidProof, match="inner product"):
        logup.prove(key, CONTEXT, statement, a, b)
