"""The cast of the market, and a job that went all the way, for the pages to show."""

from __future__ import annotations

import pytest
from django.test import Client

from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job, JobState, Receipt
from marketplace.orders.services import order_place
from marketplace.orders.transitions import JobTransition, job_transition
from scheduler.nodes.models import Node, NodeState
from scheduler.pipeline.models import Seat
from tests.support.cast import Actor
from tests.support.fixtures import (  # noqa: F401 - fixtures
    bank,
    consumer,
    dataset,
    domains,
    job,
    key_directory,
    licence,
    market,
    node,
    owner,
)

TRANSACTION = "0x" + "ab" * 32


@pytest.fixture(autouse=True)
def _broker(broker_url: str) -> None:
    """What is sent on commit has somewhere to go."""


@pytest.fixture
def chinese() -> Client:
    return Client(headers={"accept-language": "zh-Hans"})


@pytest.fixture
def english() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def seated_node(node: Actor) -> Node:  # noqa: F811 - the fixture
    return Node.objects.create(
        node_id="0x" + "cd" * 32,
        party=node.party,
        operator=node.address,
        signer=node.address,
        sealing_key=node.keys.sealing_key,
        tier=2,
        region="cn-south",
        fee_per_job=5 * 10**17,
        registration={},
        capabilities={},
        state=NodeState.REGISTERED,
    )


@pytest.fixture
def settled_job(job: Job, seated_node: Node) -> Job:  # noqa: F811 - the fixture
    """Every step, a seat, a transaction, and a receipt."""
    steps = (
        JobTransition.ADMIT,
        JobTransition.MATCH,
        JobTransition.OPEN,
        JobTransition.DEAL,
        JobTransition.COMPUTE,
        JobTransition.PROVE,
        JobTransition.VERIFY,
        JobTransition.SETTLE,
    )
    for step in steps:
        job_transition(job=job, event=step, price=1000 if step is JobTransition.MATCH else None)
    Seat.objects.create(job=job, attempt=1, seat=1, node=seated_node)
    transaction_enqueue(
        kind="settle",
        dedupe_key=f"settle/{job.job_id}",
        contract="Market",
        function="startDealing",
        arguments=[job.job_id],
        job=job,
    )
    Receipt.objects.create(
        job=job, bundle={"format": "test"}, transaction_hash=TRANSACTION, block_number=42, gas_used=987654
    )
    assert job.state == JobState.SETTLED
    return job


@pytest.fixture
def failed_job(consumer: Actor, market: object, licence: object) -> Job:  # noqa: F811 - the fixtures
    body = market.order_body(consumer, licence.licence_id)  # type: ignore[attr-defined]
    placed = order_place(consumer=consumer.party, **body)
    job_transition(
        job=placed,
        event=JobTransition.FAIL,
        reason_code="node_fault",
        reason_detail={"node": "<script>alert(1)</script>"},
    )
    return placed
