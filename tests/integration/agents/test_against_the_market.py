"""The agents' own code against the market's own code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings

from marketplace.accounts.models import Party
from marketplace.catalogue.models import Dataset, DatasetState
from marketplace.licences.models import Licence, LicenceState
from marketplace.orders.models import Job
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.connector.config import ColumnSection, ConnectorConfig, DatasetSection, OfferSection
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.consumer.config import OrderFile, OrderInput
from scheduler.agents.consumer.ordering import build_order, cancel_order, place_order
from scheduler.agents.errors import (
    BlobCorrupt,
    LeaseLost,
    NotFound,
    Problem,
    TooLarge,
    Unauthorised,
    Unprocessable,
)
from scheduler.agents.leases import LeaseLoop, Work
from scheduler.agents.node.config import NodeConfig
from scheduler.agents.node.registration import register_node
from scheduler.agents.session import Session, request_signer
from scheduler.agents.wire import Lease
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.nodes.models import Node
from tests.support.market import Market

Homes = Callable[[str, str], PartyConfig]
Opened = Callable[[str, PartyConfig], Session]

pytestmark = pytest.mark.django_db(transaction=True)


def connector_of(config: PartyConfig) -> ConnectorConfig:
    Path(config.home, "table.csv").write_text("customer,age\n" + "".join(f"c{i},{i * 5}\n" for i in range(6)))
    section = DatasetSection(
        name="people",
        title="People",
        source="table.csv",
        order_by="customer",
        capacity=16,
        columns=(ColumnSection(name="age", minimum=0, maximum=150),),
    )
    return ConnectorConfig(name=config.name, market=config.market, home=config.home, datasets=(section,))


def published(session: Session, config: ConnectorConfig) -> dict[str, object]:
    return DatasetStore(session, config, now=time.time).publish(config.datasets[0])


OFFER = OfferSection(
    name="offer", dataset="people", consumer="lab-org", columns=("age",), runs=3, price_per_run=10
)
ORDER = OrderFile(purpose="research", inputs=(OrderInput("shop-org", "People", ("age",)),), max_price=100)


def test_a_party_enrols_once_and_is_remembered(homes: Homes, opened: Opened, market: Market) -> None:
    config = homes("lab", "consumer")
    first = opened("consumer", config)
    Path(config.home, "enrolment-token").unlink()
    again = opened("consumer", config)
    assert first.enrolment.party_id == again.enrolment.party_id
    assert Party.objects.get().eth_address == first.keys.address


def test_a_lost_answer_to_the_enrolment_loses_nothing(homes: Homes, opened: Opened, market: Market) -> None:
    config = homes("lab", "consumer")
    first = opened("consumer", config)
    first.state.delete("enrolment.json")
    assert opened("consumer", config).enrolment.party_id == first.enrolment.party_id


def test_a_token_of_another_kind_is_refused_with_its_reason(
    homes: Homes, opened: Opened, market: Market
) -> None:
    config = homes("lab", "consumer")
    with pytest.raises(Problem) as caught:
        opened("node", config)
    assert caught.value.code == "enrolment_token_invalid"
    assert caught.value.remedy


def test_a_request_signed_by_another_key_is_refused(homes: Homes, opened: Opened, market: Market) -> None:
    lab, shop = (
        opened("consumer", homes("lab", "consumer")),
        opened("connector", homes("shop", "connector")),
    )
    lab.client.transport.signer = request_signer(shop.keys.signing, lab.enrolment.party_id)
    with pytest.raises(Unauthorised) as caught:
        lab.client.licences()
    assert caught.value.code == "signature_invalid"


def test_a_clock_that_is_wrong_is_named(homes: Homes, opened: Opened, market: Market) -> None:
    lab = opened("consumer", homes("lab", "consumer"))
    lab.client.transport.signer = request_signer(
        lab.keys.signing, lab.enrolment.party_id, clock=lambda: time.time() - 3600
    )
    with pytest.raises(Unauthorised) as caught:
        lab.client.licences()
    assert caught.value.code == "signature_expired"


def test_datasets_licences_and_orders_pass_every_check_of_the_market(
    homes: Homes, opened: Opened, market: Market
) -> None:
    shop_config = connector_of(homes("shop", "connector"))
    shop = opened("connector", shop_config)
    lab = opened("consumer", homes("lab", "consumer"))
    record = published(shop, shop_config)
    assert published(shop, shop_config) == record
    Dataset.objects.update(state=DatasetState.REGISTERED, registered_at="2026-01-01T00:00Z")
    licence = Licensing(shop, now=time.time).offer(OFFER, record)
    assert licence is not None
    Licence.objects.update(state=LicenceState.GRANTED, granted_at="2026-01-01T00:00Z")
    explained = lab.client.explain_order(_without_id(build_order_despite_no_ledger(lab)))
    assert explained["estimate"] == {"price": "10", "cells": "6", "outputs": "4"}
    assert {refusal["clause"] for refusal in explained["refusals"]} == {"runs", "cells", "outputs"}
    order = build_order_despite_no_ledger(lab)
    job_id = place_order(lab, order)
    assert place_order(lab, order) == job_id
    assert Job.objects.get().job_id == job_id
    assert lab.client.job(job_id).state == "PLACED"
    assert [event["kind"] for event in lab.client.job_events(job_id)] == ["placed"]
    with pytest.raises(NotFound):
        lab.client.receipt(job_id)
    cancel_order(lab, job_id)
    assert lab.client.job(job_id).state == "CANCELLED"


def build_order_despite_no_ledger(lab: Session) -> dict[str, object]:
    """The chain grants quantities; here is none, so the client is told that the licence stands, with one
    run.
    """

    def on_chain(licence_id: str) -> SimpleNamespace:
        stored = Licence.objects.get(licence_id=licence_id)
        return SimpleNamespace(
            consumer=lab.keys.address,
            is_revoked=False,
            not_before=int(stored.not_before.timestamp()),
            not_after=int(stored.not_after.timestamp()),
        )

    lab._reader = SimpleNamespace(licence=on_chain)  # type: ignore[assignment]  # no chain here
    licences = lab.client.licences()
    for licence in licences:
        licence["quantities"]["remaining"]["runs"] = "1"
    lab.client.licences = lambda: licences  # type: ignore[method-assign]  # this once
    return build_order(lab, ORDER)


def _without_id(order: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in order.items() if name != "job_id"}


def test_an_order_that_was_altered_after_signing_is_refused(
    homes: Homes, opened: Opened, market: Market
) -> None:
    shop_config = connector_of(homes("shop", "connector"))
    shop, lab = opened("connector", shop_config), opened("consumer", homes("lab", "consumer"))
    licence = Licensing(shop, now=time.time).offer(OFFER, published(shop, shop_config))
    assert licence is not None
    Licence.objects.update(state=LicenceState.GRANTED, granted_at="2026-01-01T00:00Z")
    order = _without_id(build_order_despite_no_ledger(lab))
    details = dict(order["details"], purpose="marketing")  # type: ignore[call-overload]  # it is an object
    with pytest.raises(Unprocessable):
        lab.client.place_order(order | {"details": details}, idempotency_key="k")


def test_a_node_registers_once_with_its_operators_signature(
    homes: Homes, opened: Opened, market: Market
) -> None:
    party = homes("atom", "node")
    config = NodeConfig(name="atom", market=party.market, home=party.home)
    session = opened("node", config)
    node_id = register_node(session, config, now=time.time)
    assert register_node(session, config, now=time.time) == node_id
    node = Node.objects.get()
    assert (node.node_id, node.signer, node.sealing_key) == (
        node_id,
        session.keys.address,
        session.keys.sealing_key,
    )
    assert node.operator != node.signer
    session.client.set_availability(node_id, "DRAINING")
    assert session.client.node(node_id)["availability"] == "DRAINING"


def test_the_proving_key_arrives_whole_and_a_damaged_one_is_not_used(
    homes: Homes, opened: Opened, market: Market
) -> None:
    lab = opened("consumer", homes("lab", "consumer"))
    assert lab.proving_keys.get(market.setup.setup_id).n == 16
    (entry, *_) = lab.client.setup(market.setup.setup_id).files
    from dataclasses import replace

    with pytest.raises(BlobCorrupt):
        lab.client.setup_file(
            market.setup.setup_id, replace(entry, sha256="0x" + "00" * 32), lab.state.path("file")
        )


def test_a_blob_reaches_its_recipient_and_nobody_else(
    homes: Homes, opened: Opened, market: Market, settings: LazySettings
) -> None:
    shop = opened("connector", homes("shop", "connector"))
    atom = opened("node", homes("atom", "node"))
    lab = opened("consumer", homes("lab", "consumer"))
    blob_id = shop.client.upload_blob(b"sealed" * 1000, purpose="share", recipient=atom.enrolment.party_id)
    assert atom.client.download_blob(blob_id) == b"sealed" * 1000
    with pytest.raises(NotFound):
        lab.client.download_blob(blob_id)
    settings.BLOB_MAX_BYTES = 10
    with pytest.raises(TooLarge):
        shop.client.upload_blob(b"sealed" * 1000, purpose="share", recipient=atom.enrolment.party_id)


@pytest.fixture
def task(homes: Homes, opened: Opened, market: Market) -> Callable[[Session], Task]:
    def make(session: Session) -> Task:
        from django.utils import timezone

        lab = opened("consumer", homes("lab", "consumer"))
        shop_config = connector_of(homes("shop", "connector"))
        shop = opened("connector", shop_config)
        Licensing(shop, now=time.time).offer(OFFER, published(shop, shop_config))
        Licence.objects.update(state=LicenceState.GRANTED, granted_at="2026-01-01T00:00Z")
        job_id = place_order(lab, build_order_despite_no_ledger(lab))
        return Task.objects.create(
            job_id=job_id,
            kind=TaskKind.BLAME_PROVE,
            attempt=1,
            seat=2,
            party_id=session.enrolment.party_id,
            payload={"n": 1},
            ready_at=timezone.now(),
        )

    return make


def test_a_lease_is_taken_renewed_and_failed_with_its_reason(
    homes: Homes, opened: Opened, market: Market, task: Callable[[Session], Task]
) -> None:
    from scheduler.agents.errors import TaskRefused

    atom = opened("node", homes("atom", "node"))
    offered = task(atom)
    seen: list[Lease] = []

    def handler(lease: Lease, work: Work) -> dict[str, object]:
        seen.append(lease)
        time.sleep(0.3)
        work.progress(0.5, "halfway")
        raise TaskRefused("package_unreadable", "it does not open", evidence={"dealer": "0x1"})

    loop = LeaseLoop(
        client=atom.client, handlers={"blame_prove": handler}, heartbeat_seconds=0.1, wait_seconds=1
    )
    assert loop.run(max_tasks=1) == 1
    offered.refresh_from_db()
    assert (offered.state, offered.failure_code) == (TaskState.FAILED, "package_unreadable")
    assert offered.evidence == {"dealer": "0x1"}
    assert (seen[0].payload, seen[0].seat) == ({"n": 1}, 2)


def test_released_work_is_offered_again_with_a_higher_fencing_token(
    homes: Homes, opened: Opened, market: Market, task: Callable[[Session], Task]
) -> None:
    atom = opened("node", homes("atom", "node"))
    offered = task(atom)
    first = atom.client.lease(["blame_prove"], wait_seconds=1)
    assert first is not None
    atom.client.fail(first, "released", "the agent stops")
    second = atom.client.lease(["blame_prove"], wait_seconds=1)
    assert second is not None
    assert second.fencing_token > first.fencing_token
    with pytest.raises(LeaseLost):
        atom.client.finish(first, {}, patience_seconds=0)
    offered.refresh_from_db()
    assert offered.losses == 0


def test_an_idle_poll_returns_with_nothing_and_wakes_for_a_task(
    homes: Homes, opened: Opened, market: Market, task: Callable[[Session], Task]
) -> None:
    atom = opened("node", homes("atom", "node"))
    assert atom.client.lease(["compute"], wait_seconds=1) is None
    offered = task(atom)
    found: list[Lease | None] = []
    poll = threading.Thread(target=lambda: found.append(atom.client.lease(["blame_prove"], wait_seconds=5)))
    poll.start()
    poll.join(10)
    assert found[0] is not None
    assert found[0].task_id == str(offered.id)
