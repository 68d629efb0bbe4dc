"""When a combined proof fails, whoever broke it is named, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs import blame, verifier
from proofs.backend import Backend, get_backend
from proofs.blame import Accusation, Answered, Fault, OwnStatement, SlopeCommitment
from proofs.errors import AnswersInconsistent, ContextMismatch, MalformedInput, PairingFailed, ShareMismatch
from proofs.inner_product import scalar_bytes
from proofs.statement import SealedResult

Play = Callable[..., Any]


@pytest.fixture
def backend() -> Backend:
    """The fastest: what is tested here is how operations are put together, not the operations."""
    return get_backend()


@pytest.fixture
def attempt(play: Play) -> Any:
    return play((1, 2, 3, 4), is_sealed=True)


@pytest.fixture
def slopes(cast: Any, attempt: Any) -> list[SlopeCommitment]:
    return [slope for dealing in attempt.dealings for slope in blame.commit_slopes(cast.key, dealing)]


def answer(cast: Any, attempt: Any, slopes: list[SlopeCommitment], seat: int) -> OwnStatement | Accusation:
    return blame.answer_blame(cast.key, cast.context, cast.statement, attempt.packages[seat], slopes)


def judge(
    cast: Any, slopes: list[SlopeCommitment], answers: dict[int, OwnStatement | Accusation | None]
) -> list[Fault]:
    return blame.judge(cast.backend, cast.key.verifying, cast.context, cast.statement, slopes, answers)


def corrupt(attempt: Any, seat: int, dealer: int) -> None:
    """The dealer's package for the seat holds another share than its slopes say."""
    package = attempt.packages[seat][dealer]
    position = dealer + 1
    share = bytearray(package.columns[position])
    share[31] ^= 1
    attempt.packages[seat][dealer] = replace(package, columns={position: bytes(share)})


def test_shares_open_the_commitments_of_their_seats(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    own = blame.seat_statement(cast.backend, cast.statement, slopes, 3)
    assert own.columns[0] == cast.statement.columns[0]
    for package in attempt.packages[3]:
        for position, share in package.columns.items():
            blame.check_share(cast.key, own.columns[position], share)
            with pytest.raises(ShareMismatch):
                blame.check_share(cast.key, cast.statement.columns[position], share)


def test_honest_parties_are_not_blamed(cast: Any, attempt: Any, slopes: list[SlopeCommitment]) -> None:
    own = answer(cast, attempt, slopes, 2)
    assert isinstance(own, OwnStatement)
    assert judge(cast, slopes, {2: own}) == []
    parsed = OwnStatement.from_document(own.document(), 2)
    assert parsed == own


def test_a_dealer_whose_share_does_not_open_its_commitment_is_named(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    corrupt(attempt, seat=2, dealer=1)
    accusation = answer(cast, attempt, slopes, 2)
    assert isinstance(accusation, Accusation)
    assert Accusation.from_document(accusation.document(), 2) == accusation
    (fault,) = judge(cast, slopes, {2: accusation})
    assert (fault.party, fault.seat, fault.position) == ("dealer", 2, 2)
    disclosed = attempt.packages[2][1]
    assert blame.confirm_accusation(cast.key, cast.statement, slopes, accusation, disclosed)
    with pytest.raises(ContextMismatch):
        blame.confirm_accusation(cast.key, cast.statement, slopes, accusation, attempt.packages[3][1])


def test_a_dealer_that_publishes_false_slopes_is_named(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    false = [replace(slopes[0], coefficients=slopes[1].coefficients), slopes[1]]
    (fault,) = judge(cast, false, {1: answer(cast, attempt, false, 1)})
    assert (fault.party, fault.position) == ("dealer", 1)


def test_a_false_accusation_falls_back_on_the_node(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    own = blame.seat_statement(cast.backend, cast.statement, slopes, 2)
    (fault,) = judge(cast, slopes, {2: Accusation(2, 1, own.columns[1])})
    assert fault.party == "node"
    lie = Accusation(2, 1, cast.backend.g1_generator())
    assert not blame.confirm_accusation(cast.key, cast.statement, slopes, lie, attempt.packages[2][0])
    (fault,) = judge(cast, slopes, {2: Accusation(2, 9, own.columns[1])})
    assert fault.party == "node"


def test_a_node_that_cannot_prove_its_shares_is_named(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    own = answer(cast, attempt, slopes, 2)
    assert isinstance(own, OwnStatement)
    wrong = replace(own, result=SealedResult(cast.backend.g1_generator()))
    faults = judge(cast, slopes, {1: None, 2: wrong, 3: replace(own, seat=2), 4: replace(own, seat=4)})
    assert [(fault.party, fault.seat) for fault in faults] == [("node", k) for k in (1, 2, 3, 4)]
    with pytest.raises(PairingFailed):
        blame.verify_own_statement(
            cast.backend, cast.key.verifying, cast.context, cast.statement, slopes, wrong
        )


def test_an_own_statement_is_no_proof_of_the_job(
    cast: Any, attempt: Any, slopes: list[SlopeCommitment]
) -> None:
    own = answer(cast, attempt, slopes, 1)
    combined, _ = attempt.prove((1, 2, 3))
    bound = replace(combined.bound, result=own.result)
    with pytest.raises(PairingFailed):
        verifier.verify_statement(cast.backend, cast.key.verifying, bound, own.proof)


def test_a_share_of_the_result_that_was_not_committed_is_named(cast: Any, attempt: Any) -> None:
    answers = attempt.fresh((1, 2, 3))
    second = attempt.second(answers)
    combined, _ = attempt.combine(answers, second)
    for seat in (1, 2, 3):
        blame.check_binding(cast.key, combined, answers[seat].message, second[seat].message)
    honest = second[2].message
    for name in ("y", "p", "pi"):
        part = {name: getattr(second[1].message.binding, name)}
        wrong = replace(honest, binding=replace(honest.binding, **part))
        with pytest.raises(PairingFailed, match="seat 2"):
            blame.check_binding(cast.key, combined, answers[2].message, wrong)


def answered(attempt: Any, seats: tuple[int, ...]) -> Answered:
    answers = attempt.fresh(seats)
    second = attempt.second(answers)
    combined, _ = attempt.combine(answers, second)
    return Answered(
        combined,
        {seat: answer.message.randomisers for seat, answer in answers.items()},
        {seat: answer.message for seat, answer in second.items()},
    )


def test_a_wrong_contribution_is_named_once_another_set_has_proven_the_job(cast: Any, attempt: Any) -> None:
    failed, proven = answered(attempt, (1, 2, 3)), answered(attempt, (1, 2, 4))
    columns_g2 = [commitment.f2 for commitment in cast.commitments]
    for seat in (1, 2, 3):
        assert blame.contribution_agrees(cast.key, columns_g2, proven, failed, seat)
    messages = dict(failed.messages)
    moved = cast.backend.g1_sum(messages[3].c + cast.backend.g1_generator())
    messages[3] = replace(messages[3], c=moved)
    broken = replace(failed, messages=messages)
    assert not blame.contribution_agrees(cast.key, columns_g2, proven, broken, 3)
    assert blame.contribution_agrees(cast.key, columns_g2, proven, broken, 1)


def test_sets_with_different_challenges_are_not_compared(cast: Any, attempt: Any) -> None:
    proven = answered(attempt, (1, 2, 3))
    context = replace(cast.context, job_id=b"\x77" * 32)
    other = replace(proven.combined, bound=replace(proven.combined.bound, context=context))
    with pytest.raises(MalformedInput):
        blame.contribution_agrees(cast.key, [], proven, replace(proven, combined=other), 1)


def test_slopes_are_needed_once_for_each_dealt_column(cast: Any, slopes: list[SlopeCommitment]) -> None:
    for wrong in ([], slopes[:1], [*slopes, slopes[0]]):
        with pytest.raises(AnswersInconsistent):
            blame.seat_statement(cast.backend, cast.statement, wrong, 1)
    assert SlopeCommitment.from_document(slopes[0].document()) == slopes[0]
    own = blame.seat_statement(cast.backend, cast.statement, slopes, 1)
    expected = cast.backend.g1_msm(cast.statement.columns[1] + slopes[0].coefficients[0], scalar_bytes(1) * 2)
    assert own.columns[1] == expected
