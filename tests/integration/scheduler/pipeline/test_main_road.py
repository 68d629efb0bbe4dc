"""From an order to a receipt, with real shares and real proofs."""

from __future__ import annotations

import hashlib
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from nacl.public import SealedBox

from marketplace.orders.models import JobState, Receipt
from proofs import opening, receipt
from proofs.backend import available_backends
from proofs.columns import ONES_SCHEMA, ColumnSchema
from proofs.field import signed
from proofs.messages import ResultShare
from proofs.node import deal_context
from scheduler.leases.blobs import blob_open
from scheduler.matching import decision_document, replay
from scheduler.nodes.models import Node
from scheduler.nodes.records import node_records
from scheduler.pipeline.errors import ResultSharesNotReady, ResultSharesNotYours
from scheduler.pipeline.models import MatchRound, ProofRecord
from scheduler.pipeline.selectors import result_shares
from scheduler.pipeline.statement import job_statement

pytestmark = pytest.mark.django_db

VECTORS = ([1] * 6, [12, 7, 0, 31, 5, 60], [300, 255, 187, 990, 410, 655], [0, 1, 1, 0, 0, 1])
GRAM = [sum(x * y for x, y in zip(a, b, strict=True)) for a in VECTORS for b in VECTORS]
SCHEMAS = [ONES_SCHEMA, *(ColumnSchema(name, 0, 0, 1000) for name in ("tenure", "charges", "churn"))]


@pytest.fixture
def settled_job(world: Any, quick_verification: None) -> Any:
    job = world.run(world.market.place())
    assert job.state == JobState.SETTLED, world.events(job)
    return job


def test_a_sealed_job_settles_step_by_step(world: Any, settled_job: Any) -> None:
    assert world.events(settled_job) == [
        "placed",
        "admitted",
        "matched",
        "opened",
        "dealing_started",
        "computing_started",
        "proving_started",
        "verified",
        "settled",
    ]
    assert world.chain.mined == ["open", "startDealing", "settleSealed"]
    assert settled_job.price == (100 + 100 + 3 * 10) * 102 // 100


def test_the_proof_is_verified_by_every_backend_that_is_built(world: Any) -> None:
    record = ProofRecord.objects.get(job=world.run(world.market.place()))
    assert record.is_verified_by_reference is True
    assert record.is_verified_natively is (True if "native" in available_backends() else None)
    assert record.answering == [1, 2, 3]


def test_only_the_consumer_opens_the_result_and_it_is_the_plain_one(world: Any, settled_job: Any) -> None:
    market, consumer = world.market, world.market.consumer
    statement = job_statement(settled_job)
    context = deal_context(market.key, statement.context, statement.statement, 1, is_sealed=True)
    shares = []
    for entry in result_shares(party=consumer.party, job_id=settled_job.job_id):
        _, content = blob_open(party=consumer.party, blob_id=entry["blob_id"])
        with content:
            plain = SealedBox(consumer.sealing).decrypt(content.read())
        shares.append(ResultShare.from_bytes(market.key.backend, plain, context=context, seat=entry["seat"]))
    bundle = receipt.Receipt.from_document(Receipt.objects.get(job=settled_job).bundle)
    opened = opening.open_sealed(market.key, statement.statement, SCHEMAS, bundle.result, shares)
    assert list(opened.outputs) == GRAM
    with pytest.raises(ResultSharesNotYours):
        result_shares(party=world.actors["bank"].party, job_id=settled_job.job_id)


def test_the_receipt_is_verified_offline_and_names_the_transaction(settled_job: Any) -> None:
    kept = Receipt.objects.get(job=settled_job)
    report = receipt.verify(kept.bundle)
    assert report.job_id == settled_job.job_id
    assert kept.gas_used == 300_000
    assert kept.bundle["chain"]["transaction_hash"] == kept.transaction_hash


def test_a_public_job_shows_its_outputs(world: Any, quick_verification: None) -> None:
    job = world.run(world.market.place(visibility=0, recipient_key="0x" + "00" * 32))
    assert job.state == JobState.SETTLED
    record = ProofRecord.objects.get(job=job)
    bundle = receipt.Receipt.from_document(Receipt.objects.get(job=job).bundle)
    assert [signed(output) for output in bundle.result.outputs] == GRAM
    assert record.proof.keys() == {"A", "B", "C"}
    assert result_shares(party=world.market.consumer.party, job_id=job.job_id) == []


def test_the_decision_can_be_replayed_from_its_record(settled_job: Any) -> None:
    kept = MatchRound.objects.get(decisions__job=settled_job)
    (again,) = replay(kept.inputs, solver=kept.solver).decisions
    assert decision_document(again) == kept.decisions.get().trace
    said = StringIO()
    call_command("replay_round", str(kept.id), stdout=said)
    assert kept.input_hash in said.getvalue()


def test_a_round_whose_record_was_changed_does_not_replay(settled_job: Any) -> None:
    kept = MatchRound.objects.get(decisions__job=settled_job)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    kept.decisions.update(trace={**kept.decisions.get().trace, "price": "1"})
    with pytest.raises(CommandError, match=settled_job.job_id):
        call_command("replay_round", str(kept.id))


def test_the_answering_nodes_gain_record_and_speed(settled_job: Any) -> None:
    records = node_records(node_ids=[node.node_id for node in Node.objects.all()])
    for node in Node.objects.all():
        record = records[node.node_id]
        assert (record.finished, record.late, record.failed, record.faulted, record.slashed) == (
            1,
            0,
            0,
            0,
            0,
        )
        assert record.failure_ppm < 50_000
        assert node.compute_cells == 6 * 3
        assert node.compute_seconds > 0


def test_there_are_no_result_shares_before_the_proof_is_verified(world: Any) -> None:
    job = world.run(world.market.place(), until=JobState.PROVING)
    with pytest.raises(ResultSharesNotReady):
        result_shares(party=world.market.consumer.party, job_id=job.job_id)


def test_with_a_spare_seat_one_node_may_stay_silent(world: Any, quick_verification: None) -> None:
    world.add_nodes(1)
    job = world.market.place(placement={"seats": 4})
    world.run(job, until=JobState.OPENED)
    world.actor_of_seat(job, 2).is_silent = True
    job = world.run(job)
    assert (job.state, job.attempt) == (JobState.SETTLED, 1)
    assert ProofRecord.objects.get(job=job).answering == [1, 3, 4]
    assert job.tasks.filter(state="CANCELLED").count() == 1


def test_the_market_never_sees_a_share_in_the_clear(world: Any, settled_job: Any) -> None:
    """Whatever is stored for the market itself, no blob holds a column's bytes."""
    columns = [column for actor in world.actors.values() for column in actor.columns.values()]
    digests = {hashlib.sha256(column).hexdigest() for column in columns}
    for actor in world.actors.values():
        for blob in actor.party.blobs_owned.all():
            _, content = blob_open(party=actor.party, blob_id=blob.id)
            with content:
                data = content.read()
            assert hashlib.sha256(data).hexdigest() not in digests
            assert not any(column[:64] in data for column in columns)
