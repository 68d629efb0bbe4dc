"""One job through the agents' own code: dealt, computed, proven, settled, opened; and what must not
happen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from marketplace.chain.reader import JobState
from marketplace.signing.eip712 import Deal
from proofs import formats, verifier
from proofs.coordinator import combine_round1, combine_round2
from proofs.keys import ProvingKey
from proofs.messages import Round1Message, Round2Message
from proofs.receipt import Receipt, ReceiptInput
from scheduler.agents.consumer.opening import open_job
from scheduler.agents.consumer.result import result_document
from scheduler.agents.errors import ResultError, TaskRefused
from scheduler.agents.keys import seal_to
from scheduler.agents.node.task import NodeTask
from scheduler.agents.verify.against_chain import proof_hash

from .conftest import Answer, LocalMarket
from .world import CONTRACTS, DEPLOYMENT, World, compute_all, deal_all, lease, prove_all, work

TRANSACTION = "0x" + "ab" * 32


@pytest.fixture
def world(tmp_path: Path, market: LocalMarket, proving_key: ProvingKey) -> World:
    world = World(tmp_path, market, proving_key)
    world.publish_and_license()
    return world


def settle(world: World, order: dict[str, Any], context: dict[str, Any]) -> Receipt:
    """What the market does with the nodes' answers; the receipt is served."""
    packages = deal_all(world, context)
    answers = compute_all(world, context, packages)
    results = prove_all(world, context, answers)
    job, key = world.checked(context), world.key
    round1 = [Round1Message.from_document(answer["round1"], answer["seat"]) for answer in answers]
    combined = combine_round1(key, job.job, job.statement, round1, is_sealed=job.is_sealed)
    round2 = [Round2Message.from_document(result["round2"], result["seat"]) for result in results]
    proof = combine_round2(key, combined, job.commitments, round2)
    verifier.verify(key.backend, key.verifying, job.program, combined.bound, proof)
    receipt = Receipt(
        ceremony=key.ceremony,
        verifying_key=key.verifying,
        program=job.program,
        chain_id=31337,
        market=bytes.fromhex(CONTRACTS["Market"][2:]),
        job_id=job.job.job_id,
        inputs=tuple(_receipt_input(item) for item in context["inputs"]),
        result=combined.bound.result,
        proof=proof,
        chain={"transaction_hash": TRANSACTION, "block_number": 9, "contracts": {}},
    )
    result_hash = formats.to_hex(combined.bound.result.result_hash)
    world.chain.settle(order["job_id"], result_hash, proof_hash(proof, receipt.result), TRANSACTION)
    serve(world, order, receipt, answers)
    return receipt


def _receipt_input(item: dict[str, Any]) -> ReceiptInput:
    return ReceiptInput(
        licence_id=formats.from_hex(item["licence_id"], "licence_id"),
        dataset_id=formats.from_hex(item["dataset_id"], "dataset_id"),
        rows=item["rows"],
        columns=tuple(entry["index"] for entry in item["commitments"]),
        schema=item["schema"],
        commitments=tuple(
            formats.column_commitment_from({k: entry[k] for k in ("F", "F2", "F_kappa")})
            for entry in item["commitments"]
        ),
    )


def serve(world: World, order: dict[str, Any], receipt: Receipt, answers: list[dict[str, Any]]) -> None:
    job_id = order["job_id"]
    world.market.on("GET", f"/jobs/{job_id}/receipt", Answer(200, receipt.document()))
    world.market.on(
        "GET", f"/jobs/{job_id}", Answer(200, {"job_id": job_id, "state": "SETTLED", "attempt": 1})
    )
    shares = [
        {"seat": answer["seat"], "node_id": "n", **answer["result_share"]}
        for answer in answers
        if "result_share" in answer
    ]
    world.market.on("GET", f"/jobs/{job_id}/result-shares", Answer(200, {"items": shares}))


def started(world: World, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    order = world.order(**changes)
    context = world.context(order)
    world.open_on_chain(context)
    return order, context


@pytest.mark.parametrize("visibility", ["sealed", "public"])
def test_the_consumer_opens_the_statistics_of_data_that_never_met(world: World, visibility: str) -> None:
    order, context = started(world, visibility=visibility)
    settle(world, order, context)
    result = result_document(open_job(world.consumer, order["job_id"]), order["details"])
    assert [column["name"] for column in result["columns"]] == ["ones", "minutes", "spend", "arrears", "late"]
    assert result["outputs"][0][0] == "7"
    assert result["outputs"][1][3] == str(sum(i * 3 * i * i for i in range(7)))
    assert result["outputs"][2][4] == str(1.5 + 3.5 + 5.5)
    assert result["statistics"]["means"]["minutes"] == pytest.approx(9.0)
    assert result["analyses"][0]["answer"]["target"] == "late"
    assert result["gas_used"] == 123_456


def test_no_plaintext_column_and_no_seed_leaves_a_party(world: World) -> None:
    order, context = started(world)
    settle(world, order, context)
    seed = world.connectors["bank"].session.state.read_bytes(f"deals/{order['job_id']}/1/seed")
    assert seed is not None
    sent = b"".join(request.body for request in world.market.requests)
    assert seed not in sent
    assert seed.hex().encode() not in sent
    for blob in world.blobs.values():
        assert (9).to_bytes(32, "big") not in blob


def test_a_deal_that_is_asked_for_again_is_answered_with_the_same_packages(world: World) -> None:
    _, context = started(world)
    assert deal_all(world, context) == deal_all(world, context)


def test_a_deal_for_other_seats_in_the_same_attempt_is_refused(world: World) -> None:
    order, context = started(world)
    deal_all(world, context)
    world.nodes.reverse()
    swapped = world.context(order)
    world.open_on_chain(swapped)
    with pytest.raises(TaskRefused) as caught:
        deal_all(world, swapped)
    assert caught.value.code == "already_dealt"


def test_another_attempt_is_dealt_with_fresh_slopes(world: World) -> None:
    order, context = started(world)
    first = deal_all(world, context)
    second = deal_all(world, world.context(order, attempt=2))
    plain = []
    for packages in (first, second):
        sealed = world.blobs[packages[1][0]["blob_id"]]
        plain.append(world.nodes[0].session.keys.unseal(sealed)[-64:])
    assert plain[0] != plain[1]


def test_nothing_is_dealt_for_a_job_that_was_final(world: World) -> None:
    order, context = started(world)
    deal_all(world, context)
    connector = world.connectors["operator"]
    connector.tasks.forget(order["job_id"])
    assert connector.session.state.names(f"deals/{order['job_id']}") == []
    with pytest.raises(TaskRefused) as caught:
        deal_all(world, context)
    assert caught.value.code == "job_final"


def test_round_1_that_is_asked_for_again_gets_the_same_answer(world: World) -> None:
    _, context = started(world)
    packages = deal_all(world, context)
    assert compute_all(world, context, packages) == compute_all(world, context, packages)


def test_round_2_is_answered_once_and_never_for_another_question(world: World) -> None:
    _, context = started(world)
    packages = deal_all(world, context)
    answers = compute_all(world, context, packages)
    first = prove_all(world, context, answers)
    assert prove_all(world, context, answers) == first
    tampered = [dict(answer) for answer in answers]
    round1 = dict(tampered[2]["round1"], F_M=answers[1]["round1"]["F_M"])
    tampered[2] |= {"round1": round1, **_signed_round1(world, context, 3, round1)}
    question = lease("prove", context, seat=1, answering=[1, 2, 3], round1=tampered)
    with pytest.raises(TaskRefused) as caught:
        world.nodes[0].tasks.prove(question, work())
    assert caught.value.code == "randomisers_used"


def _signed_round1(
    world: World, context: dict[str, Any], seat: int, round1: dict[str, Any]
) -> dict[str, str]:
    job = world.checked(context)
    node = world.nodes[seat - 1]
    return NodeTask(job, world.key, job.seat(seat), node.session).signed(1, round1)


def test_round_1_of_others_must_be_signed_by_their_nodes(world: World) -> None:
    _, context = started(world)
    answers = compute_all(world, context, deal_all(world, context))
    answers[1]["signature"] = answers[2]["signature"]
    with pytest.raises(TaskRefused) as caught:
        prove_all(world, context, answers)
    assert caught.value.code == "answers_inconsistent"


def test_a_package_of_another_job_names_its_dealer(world: World) -> None:
    _, context = started(world)
    packages = deal_all(world, context)
    dealer = world.connectors["bank"]
    sealed = seal_to(world.nodes[0].session.keys.sealing_key, b"HSDEAL02 nonsense")
    blob_id = dealer.session.client.upload_blob(sealed, purpose="share")
    content_hash = formats.to_hex(keccak(sealed))
    deal = Deal(context["job_id"], 1, 1, content_hash)
    signature = deal.sign(DEPLOYMENT.domain("Market"), dealer.session.keys.account.key)
    packages[1][1] |= {"blob_id": blob_id, "content_hash": content_hash, "signature": signature}
    with pytest.raises(TaskRefused) as caught:
        compute_all(world, context, packages)
    assert caught.value.code == "package_unreadable"
    assert caught.value.evidence == {"dealer": dealer.session.keys.address, "content_hash": content_hash}


def test_a_package_that_the_market_altered_is_refused(world: World) -> None:
    _, context = started(world)
    packages = deal_all(world, context)
    world.blobs[packages[1][0]["blob_id"]] += b"x"
    with pytest.raises(TaskRefused) as caught:
        compute_all(world, context, packages)
    assert caught.value.code == "package_altered"


def test_a_result_is_not_opened_before_the_chain_settled_it(world: World) -> None:
    order, context = started(world)
    settle(world, order, context)
    world.chain.jobs[order["job_id"]] = replace(world.chain.jobs[order["job_id"]], state=JobState.OPEN)
    with pytest.raises(ResultError) as caught:
        open_job(world.consumer, order["job_id"])
    assert caught.value.code == "not_settled"


def test_a_receipt_with_another_result_than_the_chain_recorded_is_refused(world: World) -> None:
    order, context = started(world)
    receipt = settle(world, order, context)
    other = formats.to_hex(world.key.backend.g1_generator())
    document = receipt.document() | {"result": {"F_M": other}}
    world.market.on("GET", f"/jobs/{order['job_id']}/receipt", Answer(200, document))
    with pytest.raises(ResultError) as caught:
        open_job(world.consumer, order["job_id"])
    assert caught.value.code == "receipt_disagrees"


def test_a_result_share_that_was_exchanged_does_not_open_the_result(world: World) -> None:
    order, context = started(world)
    settle(world, order, context)
    blob_id = next(blob_id for blob_id, blob in world.blobs.items() if _opens(world, blob))
    plain = bytearray(world.consumer.keys.unseal(world.blobs[blob_id]))
    plain[-1] ^= 1
    world.blobs[blob_id] = seal_to(world.consumer.keys.sealing_key, bytes(plain))
    with pytest.raises(ResultError) as caught:
        open_job(world.consumer, order["job_id"])
    assert caught.value.code == "result_does_not_open"


def _opens(world: World, blob: bytes) -> bool:
    try:
        world.consumer.keys.unseal(blob)
    except TaskRefused:
        return False
    return True
