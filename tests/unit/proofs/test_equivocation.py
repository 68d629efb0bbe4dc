"""A market and one node that show two honest nodes different answers to round 1 learn nothing. ADR 0012.

Public job, so no consumer is needed: seat 3 signs two results, seat 1 answers at z, seat 2 at z'. Attackers
guess the columns, from which and from seat 3's share the others' follow, and test the guess by pairings:

    C_1 + C_2, freed of r and s, against sum lambda_k (F_p(k) F_q(k) - y_k L_0) - lambda_3 Z(3) [delta]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs import inner_product, node
from proofs.backend import Backend, get_backend
from proofs.columns import commit
from proofs.coordinator import CombinedRound1, combine_round1
from proofs.field import R
from proofs.messages import Round1Message
from proofs.statement import PublicResult

Play = Callable[..., Any]


@pytest.fixture
def backend() -> Backend:
    """The fastest: nothing here depends on the curve."""
    return get_backend()


@pytest.fixture
def attempt(play: Play) -> Any:
    return play((1, 2, 3), is_sealed=False)


def shown(attempt: Any, third: Round1Message) -> list[Round1Message]:
    return [attempt.first[1].message, attempt.first[2].message, third]


def other_result(message: Round1Message) -> Round1Message:
    assert isinstance(message.result, PublicResult)
    outputs = message.result.outputs
    return replace(message, result=PublicResult((outputs[0] + 1, *outputs[1:])))


def answered(attempt: Any, seat: int, answers: list[Round1Message]) -> tuple[CombinedRound1, bytes]:
    cast = attempt.cast
    state, packages = attempt.first[seat].state, attempt.packages[seat]
    done = node.round2(cast.key, cast.context, cast.statement, packages, state, answers)
    combined = combine_round1(cast.key, cast.context, cast.statement, answers, is_sealed=False)
    return combined, done.message.c


def terms(
    attempt: Any, seat: int, combined: CombinedRound1, c: bytes, columns: list[bytes]
) -> tuple[bytes, bytes]:
    """Factors of the test for one seat, whose shares the guess says to be ``columns``."""
    cast, bound = attempt.cast, combined.bound
    key, backend, weight = cast.key, cast.backend, combined.weights[seat]
    p, q = inner_product.combine_columns(backend, bound, columns)
    a = commit(key, inner_product.with_job(p, bound.job)).f
    b = commit(key, inner_product.with_job(q, bound.job)).f2
    y = backend.vec_inner(inner_product.data_rows(p), inner_product.data_rows(q))
    left = inner_product.left_point(key, bound) + combined.r
    right2 = inner_product.right_point_g2(key, bound, [column.f2 for column in cast.commitments])
    randomisers = attempt.first[seat].message.randomisers
    g1 = c + backend.g1_neg(backend.g1_sum(left) + randomisers.r)
    g1 += backend.g1_mul(a, R - weight) + backend.g1_mul(key.verifying.l0, y * weight % R)
    return g1, key.verifying.delta2 + randomisers.s2 + right2 + b + backend.g2_generator()


def is_confirmed(attempt: Any, seen: dict[int, tuple[CombinedRound1, bytes]], z: int) -> bool:
    """Whether the attackers' test confirms the right guess, with seat 3's mask at z."""
    cast = attempt.cast
    backend, g1, g2 = cast.backend, b"", b""
    for seat, (combined, c) in seen.items():
        columns = node.share_columns(cast.key, cast.statement, attempt.packages[seat])
        more_1, more_2 = terms(attempt, seat, combined, c, columns)
        g1, g2 = g1 + more_1, g2 + more_2
    mask = sum(package.mask(z) for package in attempt.packages[3])
    weight = seen[1][0].weights[3]
    g1 += backend.g1_mul(backend.g1_generator(), weight * mask % R)
    return bool(backend.pairing_product_is_one(g1, g2 + cast.key.verifying.delta2))


def test_at_one_challenge_the_test_confirms_what_the_result_says_already(attempt: Any) -> None:
    answers = shown(attempt, attempt.first[3].message)
    seen = {seat: answered(attempt, seat, answers) for seat in (1, 2)}
    assert is_confirmed(attempt, seen, seen[1][0].bound.challenge)


def test_at_two_challenges_it_confirms_nothing_not_even_the_truth(attempt: Any) -> None:
    message = attempt.first[3].message
    seen = {
        1: answered(attempt, 1, shown(attempt, message)),
        2: answered(attempt, 2, shown(attempt, other_result(message))),
    }
    challenges = {combined.bound.challenge for combined, _ in seen.values()}
    assert len(challenges) == 2
    assert not any(is_confirmed(attempt, seen, z) for z in challenges)
