"""Someone breaks the job: it goes on with others, or ends with the party named. It never settles wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from marketplace.chain.models import ChainTransaction
from marketplace.orders.models import Job, JobState
from proofs.backend import get_backend
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


def test_a_wrong_core_that_nobody_can_be_shown_is_retried_on_entirely_other_nodes(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(3)
    job = start(world)
    world.actor_of_seat(job, 3).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    assert not nodes_of(job, 1) & nodes_of(job, 2)
    assert ProofRecord.objects.get(job=job, attempt=1).verified_at is None
    assert {"blame_started", "contribution_unattributed", "reseated"} <= set(world.events(job))


def test_a_wrong_core_without_other_nodes_ends_unattributed(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 3).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "contribution_unattributed")
    assert "settleSealed" not in world.chain.mined


def test_a_wrong_public_result_never_settles(
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
        for entry in lease.task.payload["round1"]:
            if entry["seat"] == 1:
                entry["round1"] = honest
        return type(liar).prove(liar, lease, read)

    liar.tamper = tamper_with("compute", lie)
    monkeypatch.setattr(liar, "prove", prove_for_the_truth)
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "contribution_unattributed")
    assert "settlePublic" not in world.chain.mined


def test_a_job_has_at_most_three_attempts(world: Any, tamper_with: Callable[..., Any]) -> None:
    world.add_nodes(6)
    for actor in world.actors.values():
        actor.tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))
    job = world.run(world.market.place(), rounds=200)
    assert (job.state, job.attempt) == (JobState.FAILED, 3)
    assert job.reason_code == "contribution_unattributed"
    assert world.chain.mined.count("reseat") == 2


def test_a_node_that_does_not_answer_for_its_share_is_at_fault(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    world.add_nodes(1)
    job = start(world)
    mute, other = world.actor_of_seat(job, 2), world.actor_of_seat(job, 3)

    def wrong_once(content: Any) -> Any:
        other.tamper = lambda kind, content: content
        return changed("round2", "C", OTHER_POINT)(content)

    other.tamper = tamper_with("prove", wrong_once)

    def refuse(kind: str, content: Any) -> Any:
        if kind == "blame_prove":
            raise world.refused("internal_error")
        return content

    mute.tamper = refuse
    job = world.run(job)
    assert job.state == JobState.SETTLED, world.events(job)
    fault = Fault.objects.get(job=job)
    assert (fault.party, fault.reason) == (mute.party, "blame_unanswered")


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


def test_a_dealer_is_named_when_nodes_of_two_operators_accuse_it(world: Any) -> None:
    job = start(world)
    world.actors["bank"].tamper = lambda kind, content: (
        wrong_share(content) if kind in ("package-1", "package-2") else content
    )
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault"), world.events(job)
    faults = Fault.objects.filter(job=job)
    assert {(fault.role, fault.party) for fault in faults} == {("dealer", world.actors["bank"].party)}
    assert {message["kind"] for fault in faults for message in fault.evidence["messages"]} >= {
        "blame_deal",
        "blame_prove",
    }


def test_one_accusation_is_not_enough_and_the_job_goes_on_without_the_accuser(world: Any) -> None:
    world.add_nodes(1)
    job = start(world)
    accuser = world.actor_of_seat(job, 2)

    def wrong_once(kind: str, content: Any) -> Any:
        if kind != "package-2":
            return content
        world.actors["bank"].tamper = lambda kind, content: content
        return wrong_share(content)

    world.actors["bank"].tamper = wrong_once
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 2), world.events(job)
    assert accuser.member.node.node_id not in nodes_of(job, 2)


def test_a_dealer_that_does_not_explain_itself_is_at_fault(
    world: Any, tamper_with: Callable[..., Any]
) -> None:
    job = start(world)
    world.actor_of_seat(job, 1).tamper = tamper_with("prove", changed("round2", "C", OTHER_POINT))

    def refuse(kind: str, content: Any) -> Any:
        if kind == "blame_deal":
            raise world.refused("deal_unknown")
        return content

    world.actors["telecom"].tamper = refuse
    job = world.run(job)
    assert (job.state, job.reason_code) == (JobState.FAILED, "dealer_at_fault")
    assert decided(job)["reason_detail"]["party"] == "telecom"


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
