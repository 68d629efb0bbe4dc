"""Nodes prove on shares: any three answers suffice; no node answers twice in a way that shows shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from proofs import node, verifier
from proofs.backend import available_backends, get_backend
from proofs.coordinator import are_consistent, combine_round1, combine_round2
from proofs.errors import (
    AnswersInconsistent,
    ContextMismatch,
    MalformedInput,
    PairingFailed,
    ResultMismatch,
    ResultOutOfRange,
    StaleRandomisers,
    WrongLength,
)
from proofs.messages import ResultShare, Round1Message, Round2Message
from proofs.node import NodeState
from proofs.opening import open_public, open_sealed
from proofs.statement import PublicResult, SealedResult

OUTPUTS = (5, 55, 240, 55, 1179, 1055, 240, 1055, 76538)
KINDS = pytest.mark.parametrize("is_sealed", [True, False], ids=["sealed", "public"])

Play = Callable[..., Any]


def answering_sets(backend_name: str, count: int) -> list[tuple[int, ...]]:
    """Every set of three; the last of them where a pairing takes a second."""
    sets = list(combinations(range(1, count + 1), 3))
    return sets if backend_name == available_backends()[0] else sets[-1:]


@KINDS
@pytest.mark.parametrize("count", [3, 4, 5])
def test_any_three_answers_make_the_proof(cast: Any, play: Play, count: int, is_sealed: bool) -> None:
    attempt = play(range(1, count + 1), is_sealed=is_sealed)
    for seats in answering_sets(cast.backend.name, count):
        combined, proof = attempt.prove(seats)
        verifier.verify_statement(cast.backend, cast.key.verifying, combined.bound, proof)
        if is_sealed:
            shares = [attempt.first[seat].share for seat in seats]
            opened = open_sealed(cast.key, cast.statement, cast.schemas, combined.bound.result, shares)
        else:
            opened = open_public(cast.statement, cast.schemas, combined.bound.result)
        assert opened.outputs == OUTPUTS


def test_the_result_does_not_depend_on_who_answers(cast: Any, play: Play) -> None:
    attempt = play(range(1, 6), is_sealed=True)
    results = {
        combine_round1(
            cast.key,
            cast.context,
            cast.statement,
            [attempt.first[seat].message for seat in seats],
            is_sealed=True,
        ).bound.challenge
        for seats in combinations(range(1, 6), 3)
    }
    assert len(results) == 1


def test_a_wrong_contribution_never_verifies(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    second = attempt.second(attempt.first)
    honest, wrong = second[2].message, second[1].message
    parts = ("y", "p", "pi") if cast.backend is get_backend() else ("pi",)
    changes = [replace(honest, c=wrong.c)]
    for name in parts:
        binding = replace(honest.binding, **{name: getattr(wrong.binding, name)})
        changes.append(replace(honest, binding=binding))
    for changed in changes:
        answers = {**second, 2: replace(second[2], message=changed)}
        combined, proof = attempt.combine(attempt.first, answers)
        with pytest.raises(PairingFailed):
            verifier.verify_statement(cast.backend, cast.key.verifying, combined.bound, proof)


def test_a_node_answers_the_same_request_again_with_the_same_answer(play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    second = attempt.second(attempt.first)
    again = {seat: replace(attempt.first[seat], state=second[seat].state) for seat in attempt.first}
    assert attempt.second(again) == second


def test_randomisers_are_never_used_for_a_second_answering_set(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3, 4), is_sealed=True)
    second = attempt.second({seat: attempt.first[seat] for seat in (1, 2, 3)})
    state = second[1].state
    other = [attempt.first[seat].message for seat in (1, 2, 4)]
    with pytest.raises(StaleRandomisers, match="refresh"):
        node.round2(cast.key, cast.context, cast.statement, attempt.packages[1], state, other)
    fresh = node.refresh(cast.key, state, attempt.first[1].message)
    other[0] = fresh.message
    answer = node.round2(cast.key, cast.context, cast.statement, attempt.packages[1], fresh.state, other)
    assert answer.state.answering == (1, 2, 4)


def test_masks_never_answer_a_second_challenge(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    state = attempt.second(attempt.first)[1].state
    fresh = node.refresh(cast.key, state, attempt.first[1].message)
    messages = [fresh.message, attempt.first[2].message, attempt.first[3].message]
    moved = SealedResult(cast.backend.g1_sum(messages[1].result.commitment + cast.backend.g1_generator()))
    messages[1] = replace(messages[1], result=moved)
    with pytest.raises(StaleRandomisers, match="another challenge"):
        node.round2(cast.key, cast.context, cast.statement, attempt.packages[1], fresh.state, messages)


@KINDS
def test_a_node_refuses_an_answering_set_that_misquotes_it(cast: Any, play: Play, is_sealed: bool) -> None:
    attempt = play((1, 2, 3), is_sealed=is_sealed)
    messages = [attempt.first[seat].message for seat in (1, 2, 3)]
    stolen = replace(messages[0], randomisers=messages[1].randomisers)
    arguments = (cast.key, cast.context, cast.statement, attempt.packages[1], attempt.first[1].state)
    with pytest.raises(AnswersInconsistent, match="as it was sent"):
        node.round2(*arguments, [stolen, *messages[1:]])
    other = replace(messages[0], result=messages[1].result)
    with pytest.raises(AnswersInconsistent, match="as it was sent"):
        node.round2(*arguments, [other, *messages[1:]])


def test_only_the_right_number_of_different_answers_is_combined(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3, 4), is_sealed=True)
    messages = [answer.message for answer in attempt.first.values()]
    for wrong in (messages[:2], messages, [messages[0], messages[0], messages[1]]):
        with pytest.raises(AnswersInconsistent):
            combine_round1(cast.key, cast.context, cast.statement, wrong, is_sealed=True)
    with pytest.raises(AnswersInconsistent, match="sealed"):
        combine_round1(cast.key, cast.context, cast.statement, messages[:3], is_sealed=False)
    answers = {seat: attempt.first[seat] for seat in (1, 2, 3)}
    combined, _ = attempt.combine(answers, attempt.second(answers))
    with pytest.raises(AnswersInconsistent):
        combine_round2(cast.key, combined, cast.commitments, [])


@KINDS
def test_spare_answers_show_a_wrong_result_before_anything_is_hashed(
    cast: Any, play: Play, is_sealed: bool
) -> None:
    attempt = play((1, 2, 3, 4), is_sealed=is_sealed)
    messages = [answer.message for answer in attempt.first.values()]
    assert are_consistent(cast.key, cast.statement, messages)
    assert not are_consistent(
        cast.key, cast.statement, [*messages[:3], replace(messages[3], result=messages[0].result)]
    )
    assert not are_consistent(
        cast.key, cast.statement, [replace(messages[0], result=messages[1].result), *messages[1:]]
    )


def test_packages_of_a_seat_must_cover_each_column_once(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    first, second = attempt.packages[1]
    for packages, error in (
        ([], AnswersInconsistent),
        ([first], AnswersInconsistent),
        ([first, first], AnswersInconsistent),
        ([first, attempt.packages[2][1]], ContextMismatch),
        ([first, play((1,), is_sealed=True, number=1).packages[1][1]], ContextMismatch),
    ):
        with pytest.raises(error):
            node.round1(cast.key, cast.statement, packages)
    assert len(node.share_columns(cast.key, cast.statement, [second, first])) == 3


@KINDS
def test_messages_round_trip_and_are_strict(play: Play, is_sealed: bool) -> None:
    attempt = play((1, 2, 3), is_sealed=is_sealed)
    message = attempt.first[2].message
    document = message.document()
    assert Round1Message.from_document(document, 2) == message
    second = attempt.second(attempt.first)[2].message
    assert Round2Message.from_document(second.document(), 2) == second
    for parse, good in ((Round1Message, document), (Round2Message, second.document())):
        for key in good:
            with pytest.raises(MalformedInput):
                parse.from_document({name: value for name, value in good.items() if name != key}, 2)
            with pytest.raises(MalformedInput):
                parse.from_document({**good, key: "0x00"}, 2)
        with pytest.raises(MalformedInput):
            parse.from_document({**good, "more": "0x"}, 2)
        with pytest.raises(MalformedInput):
            parse.from_document("no object", 2)


def test_result_shares_are_bound_to_job_attempt_and_seat(cast: Any, play: Play) -> None:
    share = play((1, 2, 3), is_sealed=True).first[2].share
    data = share.to_bytes()
    context = share.context
    assert ResultShare.from_bytes(cast.backend, data, context=context, seat=2) == share
    for other in (replace(context, attempt=1), replace(context, job_id=b"\x99" * 32)):
        with pytest.raises(ContextMismatch):
            ResultShare.from_bytes(cast.backend, data, context=other, seat=2)
    with pytest.raises(ContextMismatch):
        ResultShare.from_bytes(cast.backend, data, context=context, seat=3)
    with pytest.raises(WrongLength):
        ResultShare.from_bytes(cast.backend, data + b"\x00", context=context, seat=2)
    with pytest.raises(MalformedInput):
        ResultShare.from_bytes(cast.backend, data[:-32] + b"\xff" * 32, context=context, seat=2)
    with pytest.raises(MalformedInput, match="version 1"):
        ResultShare.from_bytes(cast.backend, b"X" + data[1:], context=context, seat=2)


def test_a_nodes_state_survives_a_restart_and_fits_its_task_only(play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    state = attempt.second(attempt.first)[3].state
    data = state.to_bytes()
    assert NodeState.from_bytes(data, context=state.context, seat=3) == state
    with pytest.raises(ContextMismatch):
        NodeState.from_bytes(data, context=state.context, seat=2)
    with pytest.raises(WrongLength):
        NodeState.from_bytes(data[:-1], context=state.context, seat=3)
    with pytest.raises(MalformedInput):
        NodeState.from_bytes(data[:80] + b"\xff" * 32 + data[112:], context=state.context, seat=3)


def test_result_shares_that_were_not_proven_do_not_open(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    combined, _ = attempt.prove((1, 2, 3))
    shares = [attempt.first[seat].share for seat in (1, 2, 3)]
    arguments = (cast.key, cast.statement, cast.schemas, combined.bound.result)
    for change in ({"mu": 1}, {"mu_tau": 1}, {"outputs": shares[1].outputs}):
        with pytest.raises(ResultMismatch):
            open_sealed(*arguments, [replace(shares[0], **change), *shares[1:]])
    for wrong in (shares[:2], [shares[0], shares[0], shares[1]]):
        with pytest.raises(AnswersInconsistent):
            open_sealed(*arguments, wrong)


def test_a_result_outside_the_range_of_its_schemas_is_an_error(cast: Any, play: Play) -> None:
    attempt = play((1, 2, 3), is_sealed=True)
    combined, _ = attempt.prove((1, 2, 3))
    shares = [attempt.first[seat].share for seat in (1, 2, 3)]
    narrow = (*cast.schemas[:2], replace(cast.schemas[2], minimum=-10, maximum=40))
    with pytest.raises(ResultOutOfRange, match="balance"):
        open_sealed(cast.key, cast.statement, narrow, combined.bound.result, shares)
    with pytest.raises(WrongLength):
        open_public(cast.statement, cast.schemas, PublicResult((1,)))
    with pytest.raises(WrongLength):
        open_public(cast.statement, cast.schemas[:2], PublicResult(OUTPUTS))
