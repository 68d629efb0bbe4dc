"""A small market on a real chain: two datasets, a licence on each, three nodes, a consumer with credit.

Everything is made through the services that the API calls; the chain hears of it through the outbox, the
database through the indexer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from marketplace.catalogue.models import Dataset
from marketplace.catalogue.services import dataset_submit
from marketplace.chain.deploy import Deployer
from marketplace.chain.deployment import Deployment
from marketplace.chain.provisioning import setups_and_programs_register
from marketplace.licences.models import Licence
from marketplace.licences.services import licence_submit
from marketplace.orders.models import Job
from marketplace.orders.services import order_place
from marketplace.orders.transitions import JobTransition, job_transition
from marketplace.signing.eip712 import RegisterNode
from scheduler.nodes.models import Node
from scheduler.nodes.services import node_register
from scheduler.pipeline.wishes import wish_open
from tests.support.cast import Actor, actor
from tests.support.market import HOUR, Market, now

NODE_FEE = 7
LICENCE_PRICE = 10
CREDIT = 100_000


@dataclass
class SmallMarket:
    """The cast and what it has registered. `catch_up` sends what is queued and indexes what happened."""

    market: Market
    owner: Actor
    bank: Actor
    consumer: Actor
    catch_up: Callable[[], None]
    datasets: list[Dataset] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def submit_datasets(self) -> None:
        for provider, column in ((self.owner, "age"), (self.bank, "bill")):
            body = self.market.dataset_body(provider, column)
            self.datasets.append(dataset_submit(owner=provider.party, **body))

    def submit_licences(self, **changes: Any) -> None:
        for provider, dataset in zip((self.owner, self.bank), self.datasets, strict=True):
            body = self.market.licence_body(provider, self.consumer, dataset.dataset_id, **changes)
            self.licences.append(licence_submit(provider=provider.party, **body))

    def register_nodes(self) -> None:
        self.nodes = [self.add_node(number) for number in (1, 2, 3)]

    def place_order(self, **changes: Any) -> Job:
        """A matched job on both datasets that is not open yet."""
        licence_ids = [licence.licence_id for licence in self.licences]
        body = self.market.order_body(self.consumer, *licence_ids, **changes)
        job = order_place(consumer=self.consumer.party, **body)
        job_transition(job=job, event=JobTransition.ADMIT)
        job_transition(job=job, event=JobTransition.MATCH, price=2 * LICENCE_PRICE + 3 * NODE_FEE)
        return job

    def wish_open(self, job: Job) -> None:
        wish_open(job, [node.node_id for node in self.nodes])

    def open_job(self, **changes: Any) -> Job:
        """A job that is open on the chain."""
        job = self.place_order(**changes)
        self.wish_open(job)
        self.catch_up()
        job.refresh_from_db()
        return job

    def add_node(self, number: int, *, fee_per_job: int = NODE_FEE) -> Node:
        """A node of an operator of its own, not registered on the chain yet."""
        operator = actor(f"node {number}", "node", f"cloud-{number}")
        message = RegisterNode(
            operator=operator.address,
            signer=operator.address,
            sealing_key=operator.keys.sealing_key,
            tier=0,
            region="0x" + b"cn-east".ljust(32, b"\0").hex(),
            fee_per_job=fee_per_job,
            salt=1,
            deadline=now() + HOUR,
        )
        return node_register(
            party=operator.party,
            registration=message.to_json(),
            signature=operator.sign(message, self.market.domains),
            capabilities={"capacities": [self.market.key.n], "backend": "py_ecc"},
        )


@pytest.fixture
def small_market(
    transactional_db: None,
    broker_url: str,
    deployment: Deployment,
    deployed: Path,
    make_deployer: Callable[[Path], Deployer],
    market: Market,
    owner: Actor,
    bank: Actor,
    consumer: Actor,
    catch_up: Callable[[], None],
) -> SmallMarket:
    """Datasets and nodes registered, licences granted, the consumer's account filled."""
    deployer = make_deployer(deployed)
    list(setups_and_programs_register(deployer=deployer, deployment=deployment))
    small = SmallMarket(market=market, owner=owner, bank=bank, consumer=consumer, catch_up=catch_up)
    small.submit_datasets()
    small.register_nodes()
    catch_up()
    small.submit_licences()
    catch_up()
    deployer.send(deployment, "SettlementToken", "mint", deployment.deployer, CREDIT)
    deployer.send(deployment, "SettlementToken", "approve", deployment.addresses["Market"], CREDIT)
    deployer.send(deployment, "Market", "depositFor", consumer.address, CREDIT)
    return small
