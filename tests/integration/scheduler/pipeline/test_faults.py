"""Someone breaks the job: it goes on with others, or ends with the party named. It never settles wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import Job, JobState
from marketplace.signing.canonical import document_hash
from proofs.backend import get_backend
from proofs.coordinator import answers_digest
from proofs.errors import PairingFailed
from proofs.messages import Round1Message
from scheduler.pipeline.errors import ContributionInvalid, PackagesInvalid, PointMalformed, ResultShareMissing
from scheduler.pipeline.models import Fault, ProofRecord, Seat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_verification")]

OTHER_POINT = "0x" + get_backend().g1_mul(get_backend().g1_generator(), 12345).hex()


def start(world: Any) -> Job:
    return world.run(world.market.place(), until=JobState.OPENED)


def nodes_of(job: Job, attempt: int) -> set[str]:
    return set(Seat.objects.filter(job=job, attempt=attempt).values_list("node_id", flat=True))


def changed(part: str, name: str, value: Any) -> Callable[[Any], Any]:
    return lambda content: {part: {**content[part], name: value}}


def decided(job: Job) -> dict[str, Any]:
    return job.events.get(kind="failure_decided").detail


# wrong contributions ---------------------------------------------------------------------------


def test_a_wrong_binding_names_the_node_and_the_job_goes_on_without_it(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(1)
    job = start(world)
    villain = world.actor_of_seat(job, 2)
    villain.tamper = tamper_with("prove", changed("round2", "Y", OTHER_POINT))
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.role, fault.party, fault.seat, fault.reason) == (
        "node",
        villain.party,
        2,
        "binding_wrong",
    )
    kinds = {message["kind"] for message in fault.evidence["messages"]}
    assert {"compute", "prove"} <= kinds, "its signed answers are kept"
    assert villain.member.node.node_id not in nodes_of(job, 2)
    assert [outcome.kind for outcome in villain.member.node.outcomes.all()] == ["faulted"]
    assert "fault_found" in world.events(job)
    accused = ChainTransaction.objects.get(kind="accuse")
    assert (accused.contract, accused.function, accused.job_id) == ("Evidence", "accuseBinding", job.job_id)
    assert accused.arguments[2] == villain.member.node.signer


def test_a_false_own_statement_is_handed_to_the_contract_with_all_that_it_checks(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(1)
    job = start(world)
    villain = world.actor_of_seat(job, 2)

    def lie(kind: str, content: Any) -> Any:
        part = {"prove": "round2", "blame_prove": "own_statement"}.get(kind)
        return changed(part, "C", OTHER_POINT)(content) if part else content

    villain.tamper = lie
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason) == (villain.party, "own_statement_wrong")
    accused = ChainTransaction.objects.get(kind="accuse")
    assert (accused.contract, accused.function) == ("Evidence", "accuse")
    statement, (node_ids, seats), signer, _, columns, slopes, proof = accused.arguments
    assert (statement[:3], signer) == ([job.job_id, 1, 2], villain.member.node.signer)
    assert node_ids[1] == villain.member.node.node_id
    assert len(seats) == len(node_ids) == 3
    assert (len(columns), len(proof)) == (len(slopes) + 1, 7)


@pytest.mark.parametrize("signature", ["0x", "0x" + "11" * 64 + "1b"])
def test_a_round_2_that_is_not_signed_for_the_chain_is_refused(
    signature: str, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).for_chain = lambda message: signature
    with pytest.raises(ContributionInvalid):
        world.run(job)
    assert job.tasks.get(kind="prove", seat=1).state == "LEASED"


def test_without_other_nodes_the_job_fails_with_the_node_named(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    villain = world.actor_of_seat(job, 1)
    villain.tamper = tamper_with("prove", changed("round2", "P", OTHER_POINT))
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_at_fault")
    assert decided(job)["reason_detail"]["party_id"] == str(villain.party.id)
    assert "settleSealed" not in world.chain.mined


@pytest.mark.parametrize("other_nodes", [0, 3])
def test_a_wrong_core_names_its_node_though_its_shares_are_right(
    other_nodes: int, world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(other_nodes)
    job = start(world)
    villain = world.actor_of_seat(job, 3)
    villain.tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    job = world.run(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason, fault.node_id) == (
        villain.party,
        "contribution_wrong",
        villain.member.node.node_id,
    )
    found = job.events.get(kind="fault_found").detail
    assert (found["node_id"], found["seat"]) == (villain.member.node.node_id, 3)
    kinds = [message["kind"] for message in fault.evidence["messages"]]
    assert sorted(kinds) == sorted(["compute"] * 3 + ["prove"] * 3 + ["blame_deal"] * 2 + ["blame_prove"]), (
        "all that the equation is made of"
    )
    assert not ChainTransaction.objects.filter(kind="accuse").exists(), "the contract cannot check C"
    if other_nodes:
        assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
        assert nodes_of(job, 1) - nodes_of(job, 2) == {villain.member.node.node_id}
    else:
        assert (job.state, job.reason_code) == (JobState.FAILED, "node_at_fault")
        assert decided(job)["reason_detail"]["node_id"] == villain.member.node.node_id
        assert world.chain.mined == ["open", "startDealing", "fail"], "the chain gives everything back"


def test_a_wrong_public_result_names_its_node_and_never_settles(
    world: Any, tamper_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The liar publishes zeros and then proves for what it really computed: the proof cannot fit both."""
    job = world.market.place(visibility=0)
    world.run(job, until=JobState.OPENED)
    liar = world.actor_of_seat(job, 1)
    honest: dict[str, Any] = {}

    def lie(content: Any) -> Any:
        honest.update(content["round1"])
        return changed("round1", "outputs", ["0x" + "00" * 32] * 16)(content)

    def prove_for_the_truth(lease: Any, read: Any) -> Any:
        entries = lease.task.payload["round1"]
        asked = answers_digest([Round1Message.from_document(e["round1"], e["seat"]) for e in entries])
        z = ProofRecord.objects.get(job=job).combination["z"]
        lease.task.payload["round1"] = [
            {**entry, "round1": honest} if entry["seat"] == 1 else entry for entry in entries
        ]
        pretend = {"z": z, "answers": "0x" + asked.hex()}
        liar.tamper = tamper_with("prove", lambda content: {"round2": {**content["round2"], **pretend}})
        return type(liar).prove(liar, lease, read)

    liar.tamper = tamper_with("compute", lie)
    monkeypatch.setattr(liar, "prove", prove_for_the_truth)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_at_fault"), world.events(job)
    assert Fault.objects.get(job=job).party == liar.party
    assert "settlePublic" not in world.chain.mined


def test_a_job_has_at_most_three_attempts(world: Any, tamper_with: Callable[..., Any]) -> None:
    world.add_nodes(6)
    for actor in world.actors.values():
        actor.tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    job = world.run(world.market.place(), rounds=200)
    assert (job.state, job.attempt, job.reason_code) == (JobState.FAILED, 3, "node_at_fault")
    assert world.chain.mined.count("reseat") == 2
    assert Fault.objects.filter(job=job, reason="contribution_wrong").count() == 9


def silent(world: Any, kind: str) -> Callable[[str, Any], Any]:
    def refuse(name: str, content: Any) -> Any:
        if name == kind:
            raise world.refused("internal_error")
        return content

    return refuse


def test_a_node_that_says_nothing_about_its_wrong_core_is_at_fault(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(1)
    job = start(world)
    mute = world.actor_of_seat(job, 2)

    def tamper(kind: str, content: Any) -> Any:
        if kind == "prove":
            return changed("round2", "C", OTHER_POINT)(content)
        return silent(world, "blame_prove")(kind, content)

    mute.tamper = tamper
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason) == (mute.party, "blame_unanswered")


def test_a_node_that_keeps_its_lease_alive_but_never_answers_is_at_fault(
    world: Any, tamper_with: Callable[..., Any], settings: Any
) -> None:
    job = start(world)
    staller = world.actor_of_seat(job, 2)
    staller.tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    staller.stalls_at = "blame_prove"
    job = world.run(job)
    assert (job.state, world.tasks(job, "blame_prove")) == (JobState.PROVING, ["LEASED"])
    settings.PIPELINE_BLAME_ANSWER_SECONDS = 0
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_at_fault"), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason) == (staller.party, "blame_unanswered")


@pytest.mark.parametrize("name", ["z", "answers"])
def test_round_2_of_another_question_is_refused(
    name: str, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    actor = world.actor_of_seat(job, 1)
    actor.tamper = tamper_with("prove", changed("round2", name, "0x" + "01" * 32))
    with pytest.raises(PointMalformed, match="z and answers"):
        world.run(job)


# malformed answers -----------------------------------------------------------------------------

INFINITY = "0x" + "00" * 64
OFF_CURVE = "0x" + (1).to_bytes(32, "big").hex() + (3).to_bytes(32, "big").hex()


@pytest.mark.parametrize("point", [INFINITY, OFF_CURVE, "0x" + "ff" * 64, "0x1234"])
def test_a_malformed_point_is_refused_before_the_lease_is_finished(
    point: str, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("compute", changed("round1", "F_M", point))
    with pytest.raises(PointMalformed):
        world.run(job)
    assert job.tasks.get(kind="compute", seat=1).state == "LEASED"


@pytest.mark.parametrize(
    ("kind", "change", "error"),
    [
        ("compute", lambda c: {"round2": c["round1"]}, ContributionInvalid),
        ("deal", lambda c: {"packages": c["packages"][:2]}, PackagesInvalid),
        ("deal", lambda c: {"packages": [*c["packages"][:2], c["packages"][0]]}, PackagesInvalid),
        (
            "deal",
            lambda c: {"packages": [{**p, "content_hash": "0x" + "11" * 32} for p in c["packages"]]},
            PackagesInvalid,
        ),
        (
            "deal",
            lambda c: {
                "packages": [{**p, "signature": c["packages"][0]["signature"]} for p in c["packages"]]
            },
            ContributionInvalid,
        ),
        (
            "deal",
            lambda c: {"packages": [{**p, "blob_id": c["packages"][0]["blob_id"]} for p in c["packages"]]},
            PackagesInvalid,
        ),
    ],
    ids=["another round", "a seat missing", "a seat twice", "wrong hash", "wrong signature", "wrong blob"],
)
def test_an_answer_of_the_wrong_shape_is_refused(
    kind: str, change: Any, error: type[Exception], world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    actor = world.actors["bank"] if kind == "deal" else world.actor_of_seat(job, 1)
    actor.tamper = tamper_with(kind, change)
    with pytest.raises(error):
        world.run(job)


def test_a_sealed_round_one_without_the_consumers_share_is_refused(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start(world)
    actor = world.actor_of_seat(job, 1)
    monkeypatch.setattr(actor, "_upload", lambda *_: "00000000-0000-0000-0000-000000000000")
    with pytest.raises(ResultShareMissing):
        world.run(job)


# lost nodes ------------------------------------------------------------------------------------


def test_a_silent_node_is_replaced(world: Any) -> None:
    world.add_nodes(1)
    job = start(world)
    silent = world.actor_of_seat(job, 2)
    silent.is_silent = True
    world.run(job)
    world.lose_silent(job)
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    assert silent.member.node.node_id not in nodes_of(job, 2)
    assert [outcome.kind for outcome in silent.member.node.outcomes.all()] == ["failed"]
    lost = job.events.get(kind="seats_lost").detail["seats"]
    assert [(seat["seat"], seat["code"]) for seat in lost] == [(2, "party_lost")]


def test_a_silent_node_without_replacement_ends_the_job_and_names_it(world: Any) -> None:
    job = start(world)
    silent = world.actor_of_seat(job, 2)
    silent.is_silent = True
    world.run(job)
    world.lose_silent(job)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_lost")
    assert decided(job)["reason_detail"]["seats"][0]["party_id"] == str(silent.party.id)


# dealers ---------------------------------------------------------------------------------------


def wrong_share(content: Any) -> Any:
    package = content["package"]
    position, share = next(iter(package.columns.items()))
    columns = {**package.columns, position: share[32:] + share[:32]}
    return {"package": replace(package, columns=columns)}


@pytest.mark.parametrize("seats", [(2,), (1, 2, 3)])
def test_a_dealer_is_named_by_the_package_that_it_signed(seats: tuple[int, ...], world: Any) -> None:
    world.add_nodes(1)
    job = start(world)
    bank = world.actors["bank"]
    wrong = [f"package-{seat}" for seat in seats]
    bank.tamper = lambda kind, content: wrong_share(content) if kind in wrong else content
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault"), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.role, fault.party, fault.reason, fault.seat) == (
        "dealer",
        bank.party,
        "package_wrong",
        seats[0],
    )
    assert world.tasks(job, "blame_open") == ["DONE"], "one package shows it, whoever else accuses"
    kinds = {message["kind"] for message in fault.evidence["messages"]}
    assert {"blame_deal", "blame_prove"} <= kinds
    assert "blame_open" not in kinds, "a share of the dealer's data is no public evidence"


@pytest.mark.parametrize("opening", ["silent", "another secret"])
def test_an_accused_dealer_that_does_not_open_its_package_is_at_fault(opening: str, world: Any) -> None:
    job = start(world)
    bank = world.actors["bank"]
    other = {"opening": {"seat": 2, "ephemeral_secret": "0x" + "11" * 32}}

    def tamper(kind: str, content: Any) -> Any:
        if kind == "package-2":
            return wrong_share(content)
        if kind == "blame_open" and opening == "another secret":
            return other
        return silent(world, "blame_open")(kind, content)

    bank.tamper = tamper
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault"), world.events(job)
    expected = "package_wrong" if opening == "another secret" else "blame_unanswered"
    assert Fault.objects.get(job=job).reason == expected


@pytest.mark.parametrize("accuses", ["bank", "telecom"])
def test_a_lying_accuser_is_named_and_the_honest_dealer_is_not(accuses: str, world: Any) -> None:
    world.add_nodes(1)
    job = start(world)
    liar = world.actor_of_seat(job, 2)
    liar.tamper = lying_accuser(world, accuses)
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.role, fault.party, fault.reason) == ("node", liar.party, "accusation_false")
    assert liar.member.node.node_id not in nodes_of(job, 2)


def test_two_lying_accusers_open_a_single_package(world: Any) -> None:
    """Two shares would show the data; and the dealer is not held to account for the second."""
    job = start(world)
    for seat in (1, 3):
        world.actor_of_seat(job, seat).tamper = lying_accuser(world, "bank")
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_at_fault"), world.events(job)
    assert [task.seat for task in job.tasks.filter(kind="blame_open")] == [1]
    assert [fault.seat for fault in Fault.objects.filter(job=job)] == [1]


def test_an_accusation_that_fits_no_dealers_commitments_accuses_nobody(world: Any) -> None:
    job = start(world)
    liar = world.actor_of_seat(job, 2)
    liar.tamper = lying_accuser(world, "bank", digest="0x" + "22" * 32)
    job = world.run(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason) == (liar.party, "contribution_wrong")
    assert world.tasks(job, "blame_open") == []


def lying_accuser(world: Any, dealer: str, digest: str = "") -> Callable[[str, Any], Any]:
    """Sends a wrong C and then says that the dealer's package was wrong."""

    def tamper(kind: str, content: Any) -> Any:
        if kind == "prove":
            return changed("round2", "C", OTHER_POINT)(content)
        if kind == "blame_prove":
            made = world.committed[world.actors[dealer].party.id]
            position = made["slopes"][0]["position"]
            return {"accusation": {"position": position, "commitments": digest or document_hash(made)}}
        return content

    return tamper


@pytest.mark.parametrize("dealer", ["telecom", "bank"])
def test_a_dealer_that_does_not_commit_to_its_deal_is_at_fault(
    dealer: str, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    world.actors[dealer].tamper = silent(world, "blame_deal")
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault")
    assert decided(job)["reason_detail"]["party"] == dealer
    assert Fault.objects.get(job=job).reason == "blame_unanswered"


def commitments_changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    return lambda content: {"commitments": {**content["commitments"], **change(content["commitments"])}}


G1 = "0x" + get_backend().g1_generator().hex()
G2 = "0x" + get_backend().g2_generator().hex()


def test_a_dealer_whose_commitments_contradict_each_other_is_at_fault(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    split = commitments_changed(
        lambda made: {"slopes": [{**made["slopes"][0], "coefficients_g2": [G2]}, *made["slopes"][1:]]}
    )
    world.actors["bank"].tamper = tamper_with("blame_deal", split)
    job = world.run(job)
    fault = Fault.objects.get(job=job)
    assert (fault.role, fault.party, fault.reason) == (
        "dealer",
        world.actors["bank"].party,
        "commitments_wrong",
    )
    assert job.reason_code == "dealer_at_fault"


@pytest.mark.parametrize("part", ["masks", "slopes"])
def test_a_dealer_that_commits_to_something_else_than_it_dealt_is_convicted_by_its_package(
    part: str, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    changes: dict[str, Any] = {
        "masks": lambda made: {"masks": [made["masks"][0], G1]},
        "slopes": lambda made: {
            "slopes": [
                {**made["slopes"][0], "coefficients": [G1], "coefficients_g2": [G2]},
                *made["slopes"][1:],
            ]
        },
    }
    world.actors["bank"].tamper = tamper_with("blame_deal", commitments_changed(changes[part]))
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault"), world.events(job)
    assert {(f.party, f.reason) for f in Fault.objects.filter(job=job)} == {
        (world.actors["bank"].party, "package_wrong")
    }


VECTORS = Path(__file__).parents[3] / "vectors"
BAD_KEY = VECTORS / "contract" / "rejected" / "key_beta2_outside_subgroup.json"
OUTSIDE = json.loads(BAD_KEY.read_bytes())["verifyingKey"]["beta2"]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: {"z": "0x" + "01" * 32},
        lambda made: {"masks": made["masks"][:1]},
        lambda made: {"masks": [*made["masks"], made["masks"][0]]},
        lambda made: {"masks": [made["masks"][0], "0x" + "00" * 64]},
        lambda made: {"slopes": made["slopes"][1:]},
        lambda made: {"slopes": [made["slopes"][0], *made["slopes"]]},
        lambda made: {"slopes": [{**s, "coefficients_g2": [OUTSIDE]} for s in made["slopes"]]},
        lambda made: {"more": 1},
    ],
    ids=[
        "another z",
        "a mask missing",
        "a mask too many",
        "an infinite mask",
        "a column missing",
        "a column twice",
        "outside the subgroup",
        "an unknown key",
    ],
)
def test_commitments_of_the_wrong_shape_are_refused_before_anyone_is_judged_by_them(
    change: Any, world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    world.actors["bank"].tamper = tamper_with("blame_deal", commitments_changed(change))
    with pytest.raises(PointMalformed):
        world.run(job)
    assert not Fault.objects.filter(job=job).exists()


def test_a_proof_that_nobody_broke_but_that_does_not_verify_ends_the_job(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken verifier of the market names no party."""
    job = start(world)

    def broken(*_: Any) -> None:
        raise PairingFailed("a verifier that accepts nothing")

    monkeypatch.setattr("scheduler.pipeline.steps.proving._verify", broken)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "proof_unexplained")
    assert not Fault.objects.filter(job=job).exists()
    nodes = decided(job)["reason_detail"]["seats"]
    assert {seat["node_id"] for seat in nodes} == nodes_of(job, 1)


@pytest.mark.parametrize(("accusers", "reason"), [(1, "node_lost"), (2, "dealer_at_fault")])
def test_unreadable_packages_are_held_against_the_dealer_only_by_several_nodes(
    accusers: int, reason: str, world: Any
) -> None:
    job = start(world)

    def unreadable(kind: str, content: Any) -> Any:
        if kind == "compute":
            evidence = {"dealer": world.actors["bank"].party.eth_address}
            raise world.refused("package_unreadable", "does not open", evidence)
        return content

    for seat in range(1, accusers + 1):
        world.actor_of_seat(job, seat).tamper = unreadable
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, reason)


def test_a_connectors_refusal_ends_the_job_with_its_clause(world: Any) -> None:
    job = start(world)

    def refuse(kind: str, content: Any) -> Any:
        if kind == "before_deal":
            raise world.refused("licence_refused", "clause smallest_group", {"clause": "smallest_group"})
        return content

    world.actors["bank"].tamper = refuse
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "licence_refused")
    assert decided(job)["reason_detail"]["evidence"] == {"clause": "smallest_group"}
    assert world.chain.mined == ["open", "startDealing", "fail"], "quantities are released by the chain"
    assert not job.tasks.filter(state__in=("READY", "LEASED")).exists()
