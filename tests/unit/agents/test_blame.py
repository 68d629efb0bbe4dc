"""After a failed proof: what parties say about each other, and what they refuse to say for their own sake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution
from marketplace.signing.evidence import own_statement
from marketplace.signing.sealing import open_as_sender
from proofs import formats
from proofs.blame import Accusation, OwnStatement, check_contribution, verify_own_statement
from proofs.coordinator import combine_round1
from proofs.deal_commitments import DealerCommitments, check_package, check_slopes
from proofs.keys import ProvingKey
from proofs.messages import Round1Message, Round2Message
from proofs.sharing import DealerPackage
from scheduler.agents.errors import TaskRefused

from .conftest import LocalMarket
from .world import DEPLOYMENT, World, compute_all, deal_all, lease, prove_all, work


@dataclass
class Failed:
    """A job whose proof is said to have failed: everyone has answered both rounds."""

    world: World
    context: dict[str, Any]
    packages: dict[int, list[dict[str, Any]]]
    answers: list[dict[str, Any]]
    round2: list[dict[str, Any]]

    def commit(self, position: int, **changes: Any) -> Mapping[str, Any]:
        """A dealer's commitments, as ``blame_prove`` gives them to nodes."""
        dealer = self.dealer(position)
        payload = {"input_positions": [position], "round2": self.round2, **changes}
        result = dealer.tasks.blame_deal(lease("blame_deal", self.context, **payload), work())
        return {**result, "dealer": dealer.session.keys.address}

    def answer(self, seat: int, entries: list[Any]) -> Mapping[str, Any]:
        request = lease("blame_prove", self.context, seat=seat, commitments=entries)
        return self.world.nodes[seat - 1].tasks.blame_prove(request, work())

    def accuse(self, seat: int, entry: Mapping[str, Any]) -> dict[str, Any]:
        """A lie, well signed."""
        position = entry["commitments"]["slopes"][0]["position"]
        digest = bytes.fromhex(document_hash(entry["commitments"])[2:])
        accusation = Accusation(seat, position, digest).document()
        return {"seat": seat, "accusation": accusation, "signature": self.sign(seat, 4, accusation)}

    def open(self, position: int, payload: dict[str, Any]) -> Mapping[str, Any]:
        request = lease("blame_open", self.context, input_positions=[position], **payload)
        return self.dealer(position).tasks.blame_open(request, work())

    def dealer(self, position: int) -> Any:
        return list(self.world.connectors.values())[position]

    def sign(self, seat: int, number: int, content: Any) -> str:
        keys = self.world.nodes[seat - 1].session.keys
        message = Contribution(self.context["job_id"], 1, number, seat, document_hash(content))
        return message.sign(DEPLOYMENT.domain("Market"), keys.account.key)


@pytest.fixture
def failed(tmp_path: Path, market: LocalMarket, proving_key: ProvingKey) -> Failed:
    world = World(tmp_path, market, proving_key)
    world.publish_and_license()
    context = world.context(world.order())
    world.open_on_chain(context)
    packages = deal_all(world, context)
    answers = compute_all(world, context, packages)
    return Failed(world, context, packages, answers, prove_all(world, context, answers))


def refused(call: Any, *arguments: Any, **changes: Any) -> str:
    with pytest.raises(TaskRefused) as caught:
        call(*arguments, **changes)
    return str(caught.value.code)


def test_dealers_commit_and_every_honest_node_passes_and_proves_its_shares(failed: Failed) -> None:
    entries = [failed.commit(0), failed.commit(1)]
    job, key = failed.world.checked(failed.context), failed.world.key
    dealt = [DealerCommitments.from_document(entry["commitments"]) for entry in entries]
    assert ["0x" + made.digest.hex() for made in dealt] == [entry["content_hash"] for entry in entries]
    round1 = [Round1Message.from_document(answer["round1"], answer["seat"]) for answer in failed.answers]
    round2 = [Round2Message.from_document(entry["round2"], entry["seat"]) for entry in failed.round2]
    combined = combine_round1(key, job.job, job.statement, round1, is_sealed=True)
    for first, second in zip(round1, round2, strict=True):
        check_contribution(key, combined, job.commitments, dealt, first, second)
    slopes = [slope for made in dealt for slope in made.slopes]
    for seat in (1, 2, 3):
        result = failed.answer(seat, entries)
        assert failed.answer(seat, entries) == result
        own = OwnStatement.from_document(result["own_statement"], seat)
        verify_own_statement(key.backend, key.verifying, job.job, job.statement, slopes, own)
        assert signer_of_own_statement(failed, own, slopes, result) == address_of(failed, seat)


def signer_of_own_statement(failed: Failed, own: OwnStatement, slopes: Any, result: Any) -> str:
    proof = own.proof
    assert proof.binding is not None
    claim = own_statement(
        job_id=failed.context["job_id"],
        attempt=1,
        seat=own.seat,
        slopes=[slope.coefficients[0] for slope in slopes],
        proof=(
            *(proof.a, proof.b, proof.c, own.result.commitment),
            *(proof.binding.y, proof.binding.p, proof.binding.pi),
        ),
    )
    return claim.recover(DEPLOYMENT.domain("Evidence"), result["evidence_signature"])


def address_of(failed: Failed, seat: int) -> str:
    return failed.world.nodes[seat - 1].session.keys.address


# dealers ---------------------------------------------------------------------------------------


def test_a_dealer_says_the_same_again_and_commits_for_no_second_challenge(failed: Failed) -> None:
    """Commitments for two challenges would show the sharings of zero."""
    first = failed.commit(0)
    assert failed.commit(0) == first
    other = [resigned(failed, entry, z="0x" + "01" * 32) for entry in failed.round2]
    assert refused(failed.commit, 0, round2=other) == "blame_answered"


def resigned(failed: Failed, entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    content = {**entry["round2"], **changes}
    return {**entry, "round2": content, "signature": failed.sign(entry["seat"], 2, content)}


def test_a_dealer_believes_only_a_whole_set_of_signed_answers_to_one_challenge(failed: Failed) -> None:
    one, two, three = failed.round2
    lie = {**three, "round2": {**three["round2"], "z": "0x" + "01" * 32}}
    for round2 in (
        [one, two],
        [one, two, two],
        [one, two, lie],
        [one, two, resigned(failed, three, z="0x" + "01" * 32)],
        [one, two, {**three, "seat": 2}],
        [one, two, {**three, "signature": one["signature"]}],
        "nothing",
        [1],
    ):
        assert refused(failed.commit, 0, round2=round2) == "answers_inconsistent"
    assert not failed.dealer(0).session.state.names("commitments.json")
    assert failed.commit(0)


def test_a_dealer_opens_the_package_of_its_accuser_and_no_other(failed: Failed) -> None:
    """Two shares would show its data."""
    entry = failed.commit(0)
    payload = failed.accuse(2, entry)
    opening = failed.open(0, payload)["opening"]
    assert failed.open(0, payload)["opening"] == opening
    assert refused(failed.open, 0, failed.accuse(3, entry)) == "package_opened"
    world, key = failed.world, failed.world.key
    job = world.checked(failed.context)
    sealed = world.blobs[failed.packages[2][0]["blob_id"]]
    recipient = bytes.fromhex(world.nodes[1].session.keys.sealing_key[2:])
    plain = open_as_sender(recipient, formats.from_hex(opening["ephemeral_secret"], "secret", 32), sealed)
    package = DealerPackage.from_bytes(key.backend, plain, context=job.deal_context(key), seat=2)
    commitments = DealerCommitments.from_document(entry["commitments"])
    check_slopes(key.backend, commitments)
    check_package(key, job.statement, commitments, package)


def test_an_accusation_must_be_signed_by_its_seat_and_about_these_commitments(failed: Failed) -> None:
    mine, others = failed.commit(0), failed.commit(1)
    good = failed.accuse(2, mine)
    altered = {**good["accusation"], "commitments": "0x" + "22" * 32}
    for payload in (
        {**good, "signature": failed.accuse(3, mine)["signature"]},
        {**good, "seat": 3},
        {"seat": 2, "accusation": altered, "signature": failed.sign(2, 4, altered)},
        {**good, "accusation": altered},
        failed.accuse(2, others),
    ):
        assert refused(failed.open, 0, payload) == "accusation_unusable"
    assert failed.open(0, good)


def test_a_dealer_that_has_committed_to_nothing_opens_nothing(failed: Failed) -> None:
    payload = failed.accuse(2, failed.commit(1))
    assert refused(failed.open, 0, payload) == "accusation_unusable"


# nodes -----------------------------------------------------------------------------------------


def test_a_node_accuses_a_dealer_only_by_what_the_dealer_signed(failed: Failed) -> None:
    """Else the market could make an honest node accuse an honest dealer, and read the package."""
    one, two = failed.commit(0), failed.commit(1)
    changed = {**one["commitments"], "masks": two["commitments"]["masks"]}
    for entries in (
        [{**one, "commitments": changed}, two],
        [{**one, "signature": two["signature"]}, two],
        [one],
        [one, one],
        [{**one, "dealer": two["dealer"]}, two],
    ):
        assert refused(failed.answer, 1, entries) == "commitments_unusable"
    assert "own_statement" in failed.answer(1, [one, two])


def test_a_node_accuses_the_dealer_that_committed_to_something_else_and_stays_by_it(failed: Failed) -> None:
    one, two = failed.commit(0), failed.commit(1)
    lie = signed_by_dealer(failed, 0, {**one["commitments"], "masks": two["commitments"]["masks"]})
    answer = failed.answer(1, [lie, two])
    assert answer["accusation"] == {"position": 1, "commitments": lie["content_hash"]}
    assert "evidence_signature" not in answer
    assert refused(failed.answer, 1, [one, two]) == "blame_answered"


def test_a_node_is_asked_about_the_challenge_that_it_answered_or_not_at_all(failed: Failed) -> None:
    one, two = failed.commit(0), failed.commit(1)
    other = signed_by_dealer(failed, 0, {**one["commitments"], "z": "0x" + "01" * 32})
    assert refused(failed.answer, 1, [other, two]) == "commitments_unusable"


def signed_by_dealer(failed: Failed, position: int, commitments: dict[str, Any]) -> dict[str, Any]:
    keys = failed.dealer(position).session.keys
    message = Contribution(failed.context["job_id"], 1, 3, 0, document_hash(commitments))
    return {
        "dealer": keys.address,
        "commitments": commitments,
        "content_hash": message.content_hash,
        "signature": message.sign(DEPLOYMENT.domain("Market"), keys.account.key),
    }


def test_round_2_says_which_round_1_it_answers(failed: Failed) -> None:
    """A market that shows a node other randomisers of a seat, signed too, gets a C that is no evidence."""
    (first, *rest) = failed.answers
    key = failed.world.key
    moved = key.backend.g1_mul(bytes.fromhex(first["round1"]["R"][2:]), 2)
    other = {**first["round1"], "R": formats.to_hex(moved)}
    equivocal = [{**first, "round1": other, "signature": failed.sign(1, 1, other)}, *rest]
    node = failed.world.nodes[1]
    node.session.state.delete(f"jobs/{failed.context['job_id']}/1/round2.json")
    request = lease("prove", failed.context, seat=2, answering=[1, 2, 3], round1=equivocal)
    answered = node.tasks.prove(request, work())["round2"]
    (honest,) = [entry["round2"] for entry in failed.round2 if entry["seat"] == 2]
    assert answered["z"] == honest["z"], "the challenge does not show it"
    assert answered["answers"] != honest["answers"]
