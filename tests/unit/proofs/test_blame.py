"""When a combined proof fails, whoever broke it is named, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from proofs import blame, verifier
from proofs.blame import Accusation, OwnStatement
from proofs.columns import ColumnCommitment
from proofs.coordinator import CombinedRound1, combine_round1, combine_round2
from proofs.deal_commitments import DealerCommitments, check_slopes, commit_deal
from proofs.errors import AnswersInconsistent, MalformedInput, PairingFailed, ProofSystemError
from proofs.messages import Round1Message, Round2Message
from proofs.proof import ResultBinding
from proofs.statement import PublicResult, SealedResult

Play = Callable[..., Any]
SEATS = (1, 2, 3)


@dataclass
class Trial:
    """One answering set of three nodes with what the dealers committed afterwards."""

    cast: Any
    attempt: Any
    first: dict[int, Round1Message]
    second: dict[int, Round2Message]
    is_sealed: bool

    @property
    def combined(self) -> CombinedRound1:
        cast, messages = self.cast, list(self.first.values())
        return combine_round1(cast.key, cast.context, cast.statement, messages, is_sealed=self.is_sealed)

    @property
    def dealt(self) -> list[DealerCommitments]:
        challenge = self.combined.bound.challenge
        return [commit_deal(self.cast.key, dealing, challenge) for dealing in self.attempt.dealings]

    def failing(self, dealt: list[DealerCommitments] | None = None) -> set[int]:
        """Seats that the public values convict, given what the dealers commit to."""
        combined, columns = self.combined, list(self.cast.commitments)
        dealt = dealt or self.dealt
        return {k for k in SEATS if not self._passes(combined, columns, dealt, k)}

    def _passes(
        self,
        combined: CombinedRound1,
        columns: list[ColumnCommitment],
        dealt: list[DealerCommitments],
        seat: int,
    ) -> bool:
        key, first, second = self.cast.key, self.first[seat], self.second[seat]
        try:
            blame.check_binding(key, combined, first, second)
            blame.check_contribution(key, combined, columns, dealt, first, second)
        except PairingFailed:
            return False
        return True

    def verifies(self) -> bool:
        cast, combined = self.cast, self.combined
        proof = combine_round2(cast.key, combined, cast.commitments, list(self.second.values()))
        try:
            verifier.verify_statement(cast.backend, cast.key.verifying, combined.bound, proof)
        except ProofSystemError:
            return False
        return True

    def answer(self, seat: int, dealt: list[DealerCommitments]) -> OwnStatement | Accusation:
        cast = self.cast
        return blame.answer_blame(cast.key, cast.context, cast.statement, self.attempt.packages[seat], dealt)


Change = Callable[[Any, Any], Any]


def round_1(cast: Any, message: Round1Message, name: str) -> Round1Message:
    """The message with another element of this name."""
    backend = cast.backend
    if name == "F_M":
        assert isinstance(message.result, SealedResult)
        other = backend.g1_sum(
            message.result.commitment + cast.key.output_points.msm((1).to_bytes(32, "big"))
        )
        return replace(message, result=SealedResult(other))
    if name == "outputs":
        assert isinstance(message.result, PublicResult)
        first, *rest = message.result.outputs
        return replace(message, result=PublicResult((first + 1, *rest)))
    part = {"R": "r", "S": "s", "S2": "s2"}[name]
    own = getattr(message.randomisers, part)
    add, generator = (
        (backend.g2_sum, backend.g2_generator()) if name == "S2" else (backend.g1_sum, backend.g1_generator())
    )
    return replace(message, randomisers=replace(message.randomisers, **{part: add(own + generator)}))


def round_2(cast: Any, message: Round2Message, name: str) -> Round2Message:
    """The message with another point of this name."""

    def other(point: bytes) -> bytes:
        return cast.backend.g1_sum(point + cast.backend.g1_generator())

    if name == "C":
        return replace(message, c=other(message.c))
    assert isinstance(message.binding, ResultBinding)
    part = {"Y": "y", "P": "p", "pi": "pi"}[name]
    binding = replace(message.binding, **{part: other(getattr(message.binding, part))})
    return replace(message, binding=binding)


@pytest.fixture
def hold(cast: Any, play: Play) -> Callable[..., Trial]:
    """``hold(is_sealed=…, first=…)``: both rounds; ``first`` changes what the nodes publish in round 1."""

    def made(
        *, is_sealed: bool = True, first: Callable[[int, Round1Message], Round1Message] | None = None
    ) -> Trial:
        attempt = play(SEATS, is_sealed=is_sealed)
        return finish(cast, attempt, is_sealed=is_sealed, first=first)

    return made


def finish(
    cast: Any,
    attempt: Any,
    *,
    is_sealed: bool = True,
    first: Callable[[int, Round1Message], Round1Message] | None = None,
) -> Trial:
    """Round 2 of every node to what was published; a liar answers for what it published, as an adversary
    would who keeps to the protocol otherwise."""
    published = {k: attempt.first[k].message for k in SEATS}
    if first is not None:
        published = {k: first(k, message) for k, message in published.items()}
    combined = combine_round1(
        cast.key, cast.context, cast.statement, list(published.values()), is_sealed=is_sealed
    )
    second = {k: attempt.honest_second(k, combined) for k in SEATS}
    return Trial(cast, attempt, published, second, is_sealed)


@pytest.mark.parametrize("is_sealed", [True, False])
def test_honest_nodes_all_pass_and_their_proof_verifies(hold: Callable[..., Trial], is_sealed: bool) -> None:
    trial = hold(is_sealed=is_sealed)
    assert trial.failing() == set()
    assert trial.verifies()


@pytest.mark.parametrize("name", ["C", "Y", "P", "pi"])
@pytest.mark.parametrize("liar", [1, 3])
def test_whoever_sends_a_wrong_point_in_round_2_fails_alone(
    hold: Callable[..., Trial], cast: Any, name: str, liar: int
) -> None:
    trial = hold()
    trial.second[liar] = round_2(cast, trial.second[liar], name)
    assert not trial.verifies()
    assert trial.failing() == {liar}
    own = trial.answer(liar, trial.dealt)
    assert isinstance(own, OwnStatement), "that its shares are right does not help it"


def test_whoever_sends_a_wrong_c_in_a_public_job_fails_alone(hold: Callable[..., Trial], cast: Any) -> None:
    trial = hold(is_sealed=False)
    trial.second[2] = round_2(cast, trial.second[2], "C")
    assert not trial.verifies()
    assert trial.failing() == {2}


@pytest.mark.parametrize(
    ("name", "is_sealed"), [("F_M", True), ("outputs", False), ("R", True), ("S2", True), ("R", False)]
)
def test_whoever_publishes_a_wrong_element_in_round_1_fails_alone(
    hold: Callable[..., Trial], cast: Any, name: str, is_sealed: bool
) -> None:
    trial = hold(
        is_sealed=is_sealed,
        first=lambda k, message: round_1(cast, message, name) if k == 2 else message,
    )
    assert not trial.verifies()
    assert trial.failing() == {2}


def test_a_wrong_s_in_g1_enters_no_equation_and_breaks_nothing(hold: Callable[..., Trial], cast: Any) -> None:
    trial = hold(first=lambda k, message: round_1(cast, message, "S") if k == 2 else message)
    assert trial.verifies()
    assert trial.failing() == set()


def test_two_wrong_contributions_that_hide_each_other_break_nothing(
    hold: Callable[..., Trial], cast: Any
) -> None:
    """Both are wrong, their sum is not: the proof verifies, so nobody has to be named."""
    trial = hold()
    plus, minus = cast.backend.g1_generator(), cast.backend.g1_neg(cast.backend.g1_generator())
    for seat, point in ((1, plus), (2, minus)):
        moved = cast.backend.g1_sum(trial.second[seat].c + point)
        trial.second[seat] = replace(trial.second[seat], c=moved)
    assert trial.verifies()
    assert trial.failing() == {1, 2}


def test_two_liars_are_both_named(hold: Callable[..., Trial], cast: Any) -> None:
    trial = hold()
    for seat, name in ((1, "C"), (3, "Y")):
        trial.second[seat] = round_2(cast, trial.second[seat], name)
    assert trial.failing() == {1, 3}


def test_an_answer_to_another_challenge_is_not_combined(hold: Callable[..., Trial]) -> None:
    trial = hold()
    trial.second[2] = replace(trial.second[2], challenge=trial.second[2].challenge ^ 1)
    with pytest.raises(AnswersInconsistent, match="seat 2"):
        trial.verifies()


# dealers ---------------------------------------------------------------------------------------


def wrong_share(package: Any) -> Any:
    position, share = next(iter(package.columns.items()))
    return replace(package, columns={position: share[32:] + share[:32]})


WRONG_PACKAGES = {
    "another share": wrong_share,
    "Z": lambda package: replace(package, z=(package.z[0] + 1, *package.z[1:])),
    "a sharing of zero": lambda package: replace(package, zero=package.zero[32:] + package.zero[:32]),
}


@pytest.mark.parametrize("what", WRONG_PACKAGES)
def test_a_node_that_was_dealt_something_wrong_accuses_exactly_its_dealer(
    cast: Any, play: Play, what: str
) -> None:
    attempt = play(SEATS, is_sealed=True)
    attempt.replace_package(2, 1, WRONG_PACKAGES[what](attempt.packages[2][1]))
    trial = finish(cast, attempt)
    assert not trial.verifies()
    assert trial.failing() == {2}
    dealt = trial.dealt
    accusation = trial.answer(2, dealt)
    assert accusation == Accusation(2, 2, dealt[1].digest)
    assert Accusation.from_document(accusation.document(), 2) == accusation
    for seat in (1, 3):
        assert isinstance(trial.answer(seat, dealt), OwnStatement)


def lie_in_slope(cast: Any, published: DealerCommitments) -> DealerCommitments:
    """Other slopes in both groups: consistent, but not those that were dealt."""
    (slope,) = published.slopes
    generators = (cast.backend.g1_generator(),), (cast.backend.g2_generator(),)
    return replace(
        published, slopes=(replace(slope, coefficients=generators[0], coefficients_g2=generators[1]),)
    )


def lie_in_mask(cast: Any, published: DealerCommitments) -> DealerCommitments:
    return replace(published, masks=(*published.masks[:-1], cast.backend.g1_generator()))


@pytest.mark.parametrize("lie", [lie_in_slope, lie_in_mask])
def test_a_dealer_that_commits_to_something_else_than_it_dealt_is_accused_by_every_node(
    hold: Callable[..., Trial], cast: Any, lie: Callable[..., DealerCommitments]
) -> None:
    trial = hold()
    trial.second[1] = round_2(cast, trial.second[1], "C")
    honest, other = trial.dealt
    dealt = [lie(cast, honest), other]
    assert trial.failing(dealt) == {1, 2, 3}
    for seat in SEATS:
        assert trial.answer(seat, dealt) == Accusation(seat, 1, dealt[0].digest)


def test_slopes_that_differ_between_the_groups_are_seen_by_everyone(
    hold: Callable[..., Trial], cast: Any
) -> None:
    published = hold().dealt[0]
    check_slopes(cast.backend, published)
    (slope,) = published.slopes
    split = replace(slope, coefficients_g2=(cast.backend.g2_generator(),))
    with pytest.raises(PairingFailed, match="column 1"):
        check_slopes(cast.backend, replace(published, slopes=(split,)))


def test_whatever_dealers_commit_to_somebody_fails_when_the_proof_does(
    hold: Callable[..., Trial], cast: Any
) -> None:
    """The masks that would cover the liar's C uncover somebody else: V has no constant coefficient."""
    trial = hold()
    trial.second[1] = round_2(cast, trial.second[1], "C")
    backend, (first, other) = cast.backend, trial.dealt
    for index in (0, 1):
        masks = list(first.masks)
        masks[index] = backend.g1_sum(masks[index] + backend.g1_generator())
        assert trial.failing([replace(first, masks=tuple(masks)), other])


# commitments -----------------------------------------------------------------------------------


def test_commitments_are_a_function_of_the_deal_and_the_challenge(
    hold: Callable[..., Trial], cast: Any
) -> None:
    trial = hold()
    first, again = trial.dealt, trial.dealt
    assert first == again
    assert DealerCommitments.from_document(first[0].document()) == first[0]
    other = commit_deal(cast.key, trial.attempt.dealings[0], first[0].challenge ^ 1)
    assert (other.slopes, other.digest == first[0].digest) == (first[0].slopes, False)
    assert not set(other.masks) & set(first[0].masks)


def test_commitments_for_another_challenge_or_of_missing_columns_are_refused(
    hold: Callable[..., Trial], cast: Any
) -> None:
    trial = hold()
    dealt = trial.dealt
    stale = [replace(published, challenge=published.challenge ^ 1) for published in dealt]
    for wrong in (stale, dealt[:1], [*dealt, dealt[0]]):
        with pytest.raises(AnswersInconsistent):
            trial.failing(wrong)
    with pytest.raises(AnswersInconsistent):
        trial.answer(1, dealt[:1])


@pytest.mark.parametrize("name", ["z", "slopes", "masks"])
def test_a_document_of_commitments_is_read_strictly(hold: Callable[..., Trial], name: str) -> None:
    document = hold().dealt[0].document()
    wrong = [{**document, "more": 1}, {**document, name: "0x00"}]
    wrong.append({key: value for key, value in document.items() if key != name})
    for bad in wrong:
        with pytest.raises(MalformedInput):
            DealerCommitments.from_document(bad)


# own statements --------------------------------------------------------------------------------


def test_an_own_statement_is_checked_and_is_no_proof_of_the_job(
    hold: Callable[..., Trial], cast: Any
) -> None:
    trial = hold()
    own = trial.answer(2, trial.dealt)
    assert isinstance(own, OwnStatement)
    assert OwnStatement.from_document(own.document(), 2) == own
    assert own != trial.answer(2, trial.dealt), "freshly randomised"
    slopes = [slope for published in trial.dealt for slope in published.slopes]

    def check(answer: OwnStatement) -> None:
        key = cast.key.verifying
        blame.verify_own_statement(cast.backend, key, cast.context, cast.statement, slopes, answer)

    check(own)
    for wrong in (replace(own, seat=3), replace(own, result=SealedResult(cast.backend.g1_generator()))):
        with pytest.raises(PairingFailed):
            check(wrong)
    bound = replace(trial.combined.bound, result=own.result)
    with pytest.raises(PairingFailed):
        verifier.verify_statement(cast.backend, cast.key.verifying, bound, own.proof)
