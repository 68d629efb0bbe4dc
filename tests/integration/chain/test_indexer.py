"""The indexer: what the chain says is what the database says, whatever the chain takes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from web3 import Web3

from marketplace.catalogue.models import Dataset, DatasetState
from marketplace.catalogue.services import dataset_submit
from marketplace.chain.abi import encode_call
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ChainUnreachable, CheckpointLost, DeploymentMismatch
from marketplace.chain.handlers import event_handle
from marketplace.chain.indexer import Indexer
from marketplace.chain.models import ChainEvent, ChainTransaction, Checkpoint, IndexedBlock
from marketplace.chain.outbox import Outbox
from marketplace.chain.reader import ChainReader
from marketplace.chain.runtime import indexer_current
from marketplace.licences.models import EntryKind, Licence, LicenceState, QuantityEntry
from marketplace.licences.selectors import licence_quantities
from marketplace.orders.models import Job, JobState
from marketplace.orders.transitions import JobTransition, job_transition
from scheduler.nodes.models import Node, NodeState
from scheduler.pipeline.wishes import wish_expire, wish_fail, wish_reseat
from tests.integration.chain.small_market import CREDIT, LICENCE_PRICE, NODE_FEE, SmallMarket

pytestmark = pytest.mark.django_db(transaction=True)

MakeIndexer = Callable[..., Indexer]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def seen() -> list[ChainEvent]:
    """What the handler of `make_indexer` was given."""
    return []


@pytest.fixture
def make_indexer(reader: ChainReader, deployment: Deployment, seen: list[ChainEvent]) -> MakeIndexer:
    def make(**options: Any) -> Indexer:
        return Indexer(
            **{
                "reader": reader,
                "deployment": deployment,
                "handle": seen.append,
                "on_orphaned": lambda events: None,
                **options,
            }
        )

    return make


def test_registrations_and_grants_reach_the_database(small_market: SmallMarket) -> None:
    assert set(Dataset.objects.values_list("state", flat=True)) == {DatasetState.REGISTERED}
    assert set(Node.objects.values_list("state", flat=True)) == {NodeState.REGISTERED}
    assert set(Licence.objects.values_list("state", flat=True)) == {LicenceState.GRANTED}
    assert QuantityEntry.objects.filter(kind=EntryKind.GRANTED).count() == 2


def test_an_opened_job_has_reserved_its_quantities(small_market: SmallMarket, reader: ChainReader) -> None:
    job = small_market.open_job()
    assert job.state == JobState.OPENED
    opened = job.events.get(kind="opened")
    assert opened.detail["price"] == str(2 * LICENCE_PRICE + 3 * NODE_FEE)
    for licence in small_market.licences:
        ledger, chain = licence_quantities(licence=licence), reader.quantities(licence.licence_id)
        for part in ("granted", "remaining", "reserved", "consumed"):
            assert vars_of(getattr(ledger, part)) == vars_of(getattr(chain, part))
        assert ledger.reserved.runs == 1


def test_a_job_that_fails_on_the_chain_releases_what_it_reserved(small_market: SmallMarket) -> None:
    job = small_market.open_job()
    wish_fail(job, "node_fault")
    small_market.catch_up()
    job.refresh_from_db()
    assert (job.state, job.reason_code) == (JobState.FAILED, "node_fault")
    assert licence_quantities(licence=small_market.licences[0]).reserved.runs == 0


def test_a_job_expires_when_the_chain_says_so(small_market: SmallMarket, anvil: Callable[..., Any]) -> None:
    job = small_market.open_job()
    anvil("evm_increaseTime", 2 * 3600)
    anvil("evm_mine")
    wish_expire(job, 1)
    small_market.catch_up()
    job.refresh_from_db()
    assert (job.state, job.reason_code) == (JobState.EXPIRED, "deadline_passed")


def test_a_reseated_job_is_in_its_next_attempt_once_however_often_it_is_told(
    small_market: SmallMarket,
) -> None:
    job = small_market.open_job()
    job_transition(job=job, event=JobTransition.DEAL)
    wish_reseat(job, 2, [node.node_id for node in reversed(small_market.nodes)])
    small_market.catch_up()
    with transaction.atomic():
        event_handle(ChainEvent.objects.get(name="JobReseated"))
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.DEALING, 2)


def test_a_job_that_ended_while_it_was_being_opened_is_given_up_on_the_chain(
    small_market: SmallMarket, reader: ChainReader
) -> None:
    job = small_market.place_order()
    small_market.wish_open(job)
    job_transition(job=job, event=JobTransition.CANCEL)
    small_market.catch_up()
    small_market.catch_up()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert reader.job(job.job_id).state.name == "FAILED"
    assert licence_quantities(licence=small_market.licences[0]).reserved.runs == 0


def test_a_refused_opening_tells_the_job_why(
    small_market: SmallMarket, anvil: Callable[..., Any], deployment: Deployment
) -> None:
    job = small_market.place_order()
    small_market.wish_open(job)
    _withdraw_everything(small_market, anvil, deployment)
    small_market.catch_up()
    told = job.events.get(kind="chain_reverted")
    assert told.detail["code"] == "chain_balance_too_small"
    assert told.detail["arguments"]["account"] == small_market.consumer.address


def test_a_refused_registration_rejects_the_dataset(small_market: SmallMarket) -> None:
    body = small_market.market.dataset_body(small_market.owner, "age")
    dataset = dataset_submit(owner=small_market.owner.party, **body)
    wish = ChainTransaction.objects.get(dedupe_key=f"dataset-register/{dataset.dataset_id}")
    wish.arguments[0][2] = 5  # other rows than were signed
    wish.save()
    small_market.catch_up()
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.REJECTED
    assert "SignatureInvalid" in dataset.rejection


def test_indexing_again_changes_nothing(small_market: SmallMarket) -> None:
    small_market.open_job()
    before = _projection()
    assert indexer_current().run().events == 0
    ChainEvent.objects.update(handled_at=None)
    indexer_current().run()
    assert _projection() == before


def test_a_reorganisation_takes_entries_back_and_replays_them(
    small_market: SmallMarket, anvil: Callable[..., Any], make_outbox: Callable[..., Outbox]
) -> None:
    snapshot = anvil("evm_snapshot")
    job = small_market.place_order()
    small_market.wish_open(job)
    make_outbox(finality_depth=5).run()
    indexer_current().run()
    assert QuantityEntry.objects.filter(kind=EntryKind.RESERVED).count() == 2
    anvil("evm_revert", snapshot)
    anvil("anvil_mine", 3, 5)
    indexer_current().run()
    assert QuantityEntry.objects.filter(kind=EntryKind.RESERVED).count() == 0
    assert ChainEvent.objects.get(name="JobOpened").orphaned_at is not None
    make_outbox(finality_depth=5).run()
    make_outbox(finality_depth=5).run()
    indexer_current().run()
    job.refresh_from_db()
    assert job.state == JobState.OPENED
    assert job.events.filter(kind="opened").count() == 1
    assert QuantityEntry.objects.filter(kind=EntryKind.RESERVED).count() == 2
    assert ChainEvent.objects.filter(name="JobOpened", orphaned_at__isnull=True).count() == 1


def test_registrations_are_taken_back_too(
    small_market: SmallMarket, anvil: Callable[..., Any], make_outbox: Callable[..., Outbox]
) -> None:
    snapshot = anvil("evm_snapshot")
    small_market.licences.clear()
    small_market.submit_licences(runs=9)
    make_outbox(finality_depth=5).run()
    indexer_current().run()
    licence = Licence.objects.get(licence_id=small_market.licences[0].licence_id)
    assert licence.state == LicenceState.GRANTED
    anvil("evm_revert", snapshot)
    anvil("anvil_mine", 3, 5)
    indexer_current().run()
    licence.refresh_from_db()
    assert licence.state == LicenceState.SIGNED
    make_outbox(finality_depth=5).run()
    make_outbox(finality_depth=5).run()
    indexer_current().run()
    licence.refresh_from_db()
    assert licence.state == LicenceState.GRANTED


def test_one_bad_event_does_not_stop_the_others_and_is_tried_again(
    make_indexer: MakeIndexer, anvil: Callable[..., Any], deployment: Deployment, reader: ChainReader
) -> None:
    calls: list[str] = []

    def stumble_once(event: ChainEvent) -> None:
        calls.append(event.name)
        if calls.count(event.name) == 1 and event.name == "FeeChanged":
            raise ValueError("not today")

    indexer = make_indexer(handle=stumble_once)
    assert indexer.run().problems == 1
    bad = ChainEvent.objects.get(name="FeeChanged")
    assert (bad.handled_at, bad.problem) == (None, "ValueError: not today")
    assert ChainEvent.objects.filter(handled_at__isnull=True).count() == 1
    assert indexer.run().problems == 0
    bad.refresh_from_db()
    assert bad.handled_at is not None
    assert bad.problem == ""


def test_a_range_is_read_in_spans_and_each_event_once(
    make_indexer: MakeIndexer, seen: list[ChainEvent], web3: Web3
) -> None:
    make_indexer(span_blocks=2).run()
    in_spans = [(event.name, event.block_number) for event in seen]
    assert Checkpoint.objects.get().block_number == web3.eth.block_number
    assert IndexedBlock.objects.count() > 3
    Checkpoint.objects.all().delete()
    seen.clear()
    make_indexer().run()
    assert [(event.name, event.block_number) for event in seen] == in_spans


def test_young_blocks_wait_for_confirmations(
    make_indexer: MakeIndexer, web3: Web3, anvil: Callable[..., Any]
) -> None:
    anvil("anvil_mine", 5)
    make_indexer(confirmations=3).run()
    assert Checkpoint.objects.get().block_number == web3.eth.block_number - 3


def test_whoever_moves_the_checkpoint_second_keeps_nothing(make_indexer: MakeIndexer) -> None:
    indexer = make_indexer()
    indexer.run()
    stale = Checkpoint.objects.get()
    Checkpoint.objects.update(block_number=stale.block_number + 1)
    with pytest.raises(CheckpointLost):
        indexer._move_to(stale, stale.block_number + 2, stale.block_hash, 0)


def test_a_wiped_chain_is_named_instead_of_read(make_indexer: MakeIndexer, deployment: Deployment) -> None:
    make_indexer().run()
    IndexedBlock.objects.update(block_hash="0x" + "99" * 32)
    Checkpoint.objects.update(block_hash="0x" + "99" * 32)
    with pytest.raises(DeploymentMismatch, match="wiped"):
        make_indexer().run()


def test_without_a_chain_stored_events_are_handled_all_the_same(
    make_indexer: MakeIndexer, deployment: Deployment, seen: list[ChainEvent]
) -> None:
    make_indexer().run()
    ChainEvent.objects.filter(name="FeeChanged").update(handled_at=None)
    seen.clear()
    with pytest.raises(ChainUnreachable):
        make_indexer(reader=ChainReader(NOWHERE, deployment.addresses)).run()
    assert [event.name for event in seen] == ["FeeChanged"]


def vars_of(quantity: Any) -> tuple[int, int, int]:
    return (quantity.runs, quantity.cells, quantity.outputs)


def _projection() -> list[Any]:
    return [
        *Job.objects.values_list("job_id", "state", "attempt"),
        *Licence.objects.order_by("pk").values_list("licence_id", "state"),
        *QuantityEntry.objects.order_by("id").values_list("id", "licence_id", "job_id", "kind", "runs"),
    ]


def _withdraw_everything(
    small_market: SmallMarket, anvil: Callable[..., Any], deployment: Deployment
) -> None:
    """The consumer takes its credit out before the job is opened."""
    consumer = small_market.consumer.address
    call = encode_call("Market", "withdraw", [CREDIT])
    anvil("anvil_setBalance", consumer, hex(10**18))
    anvil("anvil_impersonateAccount", consumer)
    to = deployment.addresses["Market"]
    anvil("eth_sendTransaction", {"from": consumer, "to": to, "data": "0x" + call.hex()})
