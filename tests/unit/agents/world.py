"""A whole small market for the agents' own code: two connectors, three nodes, a consumer, seven rows.

HTTP is real (``LocalMarket``), keys and cryptography are real (capacity 16), the chain is a double.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_account import Account

from marketplace.chain.reader import (
    DatasetState,
    JobInputState,
    JobOnChain,
    JobState,
    LicenceState,
    NodeOnChain,
    Quantity,
    SeatState,
)
from marketplace.signing.eip712 import Order, RegisterNode, bits_of
from proofs import formats, hashing
from proofs.keys import ProvingKey
from scheduler.agents.chain import Deployment
from scheduler.agents.client import MarketClient
from scheduler.agents.configuration import MarketConfig, PartyConfig
from scheduler.agents.connector.config import ColumnSection, ConnectorConfig, DatasetSection, OfferSection
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.deal import ConnectorTasks
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.consumer.config import OrderFile, OrderInput
from scheduler.agents.consumer.ordering import build_order, place_order
from scheduler.agents.decoding import decode
from scheduler.agents.jobs import CheckedJob, check_job
from scheduler.agents.keys import load_or_create_keys
from scheduler.agents.leases import Work
from scheduler.agents.node.worker import NodeTasks
from scheduler.agents.session import Session, request_signer
from scheduler.agents.state import StateDirectory
from scheduler.agents.transport import Transport
from scheduler.agents.wire import Enrolment, Lease, TaskContext

from .chain_double import ChainDouble
from .conftest import Answer, LocalMarket, Request

CONTRACTS = {
    name: Account.from_key(hashlib.sha256(name.encode()).digest()).address
    for name in (
        "DatasetRegistry",
        "ProgramRegistry",
        "LicenceLedger",
        "NodeRegistry",
        "Market",
        "Evidence",
        "SettlementToken",
    )
}
DEPLOYMENT = Deployment(31337, CONTRACTS)
ROWS = 7
TABLES = {
    "operator": "customer,minutes,spend\n" + "".join(f"c{i},{i * 3},{i}.5\n" for i in range(ROWS)),
    "bank": "customer,arrears,late\n" + "".join(f"c{i},{i * i},{i % 2}\n" for i in range(ROWS)),
}
COLUMNS = {
    "operator": (
        ColumnSection(name="minutes", minimum=0, maximum=100),
        ColumnSection(name="spend", minimum=0, maximum=50, scale=1),
    ),
    "bank": (
        ColumnSection(name="arrears", minimum=-100, maximum=100),
        ColumnSection(name="late", minimum=0, maximum=1),
    ),
}


@dataclass
class Connector:
    session: Session
    config: ConnectorConfig
    datasets: DatasetStore
    licensing: Licensing
    tasks: ConnectorTasks
    dataset: dict[str, Any] = field(default_factory=dict)
    licence: dict[str, Any] = field(default_factory=dict)


@dataclass
class Node:
    session: Session
    node_id: str
    operator: str
    tasks: NodeTasks


class World:
    """Built step by step: publish, license, order; then tests run tasks on ``context()``."""

    def __init__(self, base: Path, market: LocalMarket, key: ProvingKey) -> None:
        self.base, self.market, self.key = base, market, key
        self.chain = ChainDouble(CONTRACTS, timestamp=int(time.time()))
        self.parties: list[dict[str, Any]] = []
        self.blobs: dict[str, bytes] = {}
        self._serve()
        self.connectors = {name: self._connector(name) for name in TABLES}
        self.consumer = self._session("consumer", "consumer")
        self.nodes = [self._node(number) for number in (1, 2, 3)]

    # parties -----------------------------------------------------------------------------------
    def _session(self, name: str, kind: str) -> Session:
        state = StateDirectory(self.base / name / "state")
        keys = load_or_create_keys(state)
        transport = Transport(
            self.market.url, signer=request_signer(keys.signing, name), sleep=lambda _: None
        )
        self.parties.append({"party_id": name, "kind": kind, "organisation": f"{name}-org", **keys.public()})
        session = Session(
            config=PartyConfig(name=name, market=MarketConfig(url=self.market.url)),
            state=state,
            keys=keys,
            client=MarketClient(transport),
            enrolment=Enrolment(name, f"{name}-org", 1.0, 1.0, 10.0),
            deployment=DEPLOYMENT,
            proving_keys=_OneKey(self.key),  # type: ignore[arg-type]  # a double
        )
        session._reader = self.chain  # type: ignore[assignment]  # a double
        return session

    def _connector(self, name: str) -> Connector:
        session = self._session(name, "connector")
        (self.base / name / "table.csv").write_text(TABLES[name])
        section = DatasetSection(
            name=name,
            title=f"{name} data",
            source="table.csv",
            columns=COLUMNS[name],
            order_by="customer",
            setup_id=formats.to_hex(self.key.setup_id),
        )
        config = ConnectorConfig(name=name, home=str(self.base / name), datasets=(section,))
        datasets = DatasetStore(session, config, now=time.time)
        licensing = Licensing(session, now=time.time)
        return Connector(
            session, config, datasets, licensing, ConnectorTasks(session, datasets, licensing, now=time.time)
        )

    def _node(self, number: int) -> Node:
        session = self._session(f"node-{number}", "node")
        operator = Account.from_key(hashlib.sha256(f"operator {number}".encode()).digest())
        message = RegisterNode(
            operator=operator.address,
            signer=session.keys.address,
            sealing_key=session.keys.sealing_key,
            tier=0,
            region="0x" + b"cn-south".ljust(32, b"\0").hex(),
            fee_per_job=1,
            salt=number,
            deadline=2**40,
        )
        node_id = message.digest(DEPLOYMENT.domain("NodeRegistry"))
        self.chain.nodes[node_id] = NodeOnChain(
            operator=operator.address,
            signer=session.keys.address,
            fee_per_job=1,
            version=1,
            tier=0,
            is_active=True,
            sealing_key=session.keys.sealing_key,
            region=message.region,
        )
        return Node(session, node_id, operator.address, NodeTasks(session, node_id))

    # the market's side -------------------------------------------------------------------------
    def _serve(self) -> None:
        market = self.market
        accepted = Answer(202, {})
        for path in ("/datasets", "/licences", "/orders"):
            market.on("POST", path, accepted)
        market.on("GET", "/parties", lambda request: Answer(200, {"items": self._chosen_parties(request)}))
        market.on("POST", "/blobs", self._declare)

    def _chosen_parties(self, request: Request) -> list[dict[str, Any]]:
        wanted = dict(part.split("=") for part in request.path.partition("?")[2].split("&") if part)
        return [p for p in self.parties if all(p[name] == value for name, value in wanted.items())]

    def _declare(self, request: Request) -> Answer:
        blob_id = secrets.token_hex(8)

        def store(put: Request) -> Answer:
            self.blobs[blob_id] = put.body
            return Answer(200, {})

        self.market.on("PUT", f"/blobs/{blob_id}", store)
        self.market.on("GET", f"/blobs/{blob_id}", lambda _: Answer(200, self.blobs[blob_id]))
        return Answer(201, {"blob_id": blob_id, "upload_path": f"/api/v1/blobs/{blob_id}"})

    # the story ---------------------------------------------------------------------------------
    def publish_and_license(self, **terms: Any) -> None:
        for name, connector in self.connectors.items():
            connector.dataset = connector.datasets.publish(connector.config.datasets[0])
            self._register_dataset(connector)
            offer = OfferSection(
                name="offer",
                dataset=name,
                consumer="consumer-org",
                columns=tuple(column.name for column in COLUMNS[name]),
                runs=2,
                price_per_run=10,
                terms=dict(terms),
            )
            licence = connector.licensing.offer(offer, connector.dataset)
            assert licence is not None
            connector.licence = licence
            self._grant(connector)

    def _register_dataset(self, connector: Connector) -> None:
        record = connector.dataset
        registration = record["registration"]
        dataset_id = record["dataset_id"]
        self.chain.datasets[dataset_id] = DatasetState(
            owner=registration["owner"],
            rows=ROWS,
            grade=0,
            column_count=3,
            chunk_count=1,
            setup_id=record["setup_id"],
            schema_hash=registration["schemaHash"],
            columns_hash=registration["columnsHash"],
        )
        for index, commitment in enumerate(record["commitments"]):
            point = formats.from_hex(commitment["F"], "F")
            self.chain.column_hashes[dataset_id, index] = formats.to_hex(hashing.column_hash(point))
        columns = [{"index": 0, "name": "ones"}] + [
            {"index": index, "name": entry["name"]}
            for index, entry in enumerate(record["schema"]["columns"], start=1)
        ]
        document = {
            "dataset_id": dataset_id,
            "owner": registration["owner"],
            "organisation": f"{record['name']}-org",
            "title": record["title"],
            "setup_id": record["setup_id"],
            "columns": columns,
        }
        self.market.on("GET", f"/datasets/{dataset_id}", Answer(200, document))

    def _grant(self, connector: Connector) -> None:
        grant = connector.licence["grant"]
        self.chain.licences[connector.licence["licence_id"]] = LicenceState(
            provider=grant["provider"],
            consumer=grant["consumer"],
            dataset_id=grant["datasetId"],
            terms_hash=grant["termsHash"],
            columns=int(grant["columns"]),
            not_before=grant["notBefore"],
            not_after=grant["notAfter"],
            price_per_run=int(grant["pricePerRun"]),
            is_revoked=False,
        )
        items = [
            {
                "licence_id": other.licence["licence_id"],
                "state": "GRANTED",
                "consumer": self.consumer.keys.address,
                "dataset_id": other.dataset["dataset_id"],
                "program_ids": other.licence["grant"]["programIds"],
                "columns": other.licence["grant"]["columns"],
                "quantities": {"remaining": {"runs": "2"}},
            }
            for other in self.connectors.values()
            if other.licence
        ]
        self.market.on("GET", "/licences", Answer(200, {"items": items}))

    def order(self, **changes: Any) -> dict[str, Any]:
        """The consumer's signed order over all columns of both connectors."""
        wanted = OrderFile(
            purpose="research",
            inputs=tuple(
                OrderInput(f"{name}-org", f"{name} data", tuple(c.name for c in COLUMNS[name]))
                for name in TABLES
            ),
            max_price=1000,
            analyses=({"kind": "least_squares", "target": "late", "regressors": ["minutes"]},),
        )
        order = build_order(self.consumer, replace(wanted, **changes))
        place_order(self.consumer, order)
        return order

    def resigned(self, order: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The same order with changed fields, signed again by the consumer."""
        message = replace(Order.from_json(order["order"]), **changes)
        domain = DEPLOYMENT.domain("Market")
        return order | {
            "job_id": message.digest(domain),
            "order": message.to_json(),
            "signature": message.sign(domain, self.consumer.keys.account.key),
        }

    def context(self, order: dict[str, Any], *, attempt: int = 1) -> dict[str, Any]:
        """What the market says in every task of the job."""
        message = Order.from_json(order["order"])
        return {
            "chain_id": 31337,
            "market": CONTRACTS["Market"],
            "job_id": order["job_id"],
            "attempt": attempt,
            "program": {"program_id": message.program_id, "document": self._program()},
            "setup_id": formats.to_hex(self.key.setup_id),
            "order": order["order"],
            "order_signature": order["signature"],
            "details": order["details"],
            "inputs": [self._input(item.licence_id, item.columns) for item in message.inputs],
            "seats": [
                {
                    "seat": number,
                    "node_id": node.node_id,
                    "operator": node.operator,
                    "signer": node.session.keys.address,
                    "sealing_key": node.session.keys.sealing_key,
                    "party_id": node.session.enrolment.party_id,
                }
                for number, node in enumerate(self.nodes, start=1)
            ],
            "threshold": 1,
            "degree": 2,
        }

    def _program(self) -> dict[str, Any]:
        return {
            "version": 1,
            "kind": "gram",
            "setup_id": formats.to_hex(self.key.setup_id),
            "left_count": 0,
            "right_start": 0,
            "degree": 2,
        }

    def _input(self, licence_id: str, columns: int) -> dict[str, Any]:
        by_licence = {c.licence["licence_id"]: c for c in self.connectors.values()}
        connector = by_licence.get(licence_id) or self.connectors["operator"]
        record = connector.dataset
        return {
            "licence_id": licence_id,
            "dataset_id": record["dataset_id"],
            "columns": str(columns),
            "owner": connector.session.keys.address,
            "rows": record["rows"],
            "schema": record["schema"],
            "commitments": [{"index": index, **record["commitments"][index]} for index in bits_of(columns)],
        }

    def checked(self, context: dict[str, Any]) -> CheckedJob:
        return check_job(decode(TaskContext, context), DEPLOYMENT)

    def open_on_chain(self, context: dict[str, Any]) -> None:
        """The job is open with everything reserved, as after ``Market.open``."""
        job = self.checked(context)
        self.chain.jobs[context["job_id"]] = JobOnChain(
            state=JobState.OPEN,
            consumer=job.order.consumer,
            deadline=job.order.deadline,
            visibility=job.order.visibility,
            is_dealing=True,
            verifier=CONTRACTS["ProgramRegistry"],
            rows=ROWS,
            left_count=job.statement.left_count,
            right_count=job.statement.right_count,
            program_id=job.order.program_id,
            columns_hash=formats.to_hex(job.statement.columns_hash),
            price=23,
            max_price=job.order.max_price,
            fee_bps=0,
            inputs=tuple(
                JobInputState(item.licence_id, item.owner, 10, item.columns.bit_count() - 1)
                for item in job.context.inputs
            ),
            seats=tuple(SeatState(seat.operator, 1) for seat in job.context.seats),
        )
        for item in job.context.inputs:
            cells = ROWS * (item.columns.bit_count() - 1)
            self.chain.reserved[item.licence_id] = Quantity(1, cells, job.statement.output_count)


class _OneKey:
    """Stands in for ``ProvingKeys``: the key is there already."""

    def __init__(self, key: ProvingKey) -> None:
        self.key = key

    def get(self, setup_id: str) -> ProvingKey:
        assert setup_id == formats.to_hex(self.key.setup_id)
        return self.key


def lease(kind: str, context: dict[str, Any], *, seat: int | None = None, **payload: Any) -> Lease:
    return Lease(
        lease_id="l",
        task_id="t",
        kind=kind,
        job_id=context["job_id"],
        attempt=context["attempt"],
        fencing_token=1,
        expires_at="2030-01-01T00:00:00Z",
        payload={"context": context, **payload},
        seat=seat,
    )


def work() -> Work:
    return Work(lease("none", {"job_id": "0x", "attempt": 1}))


def deal_all(world: World, context: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    """Every connector deals; the packages by seat, as ``compute`` gets them."""
    packages: dict[int, list[dict[str, Any]]] = {1: [], 2: [], 3: []}
    for position, connector in enumerate(world.connectors.values()):
        result = connector.tasks.deal(lease("deal", context, input_positions=[position]), work())
        for package in result["packages"]:
            seat = package.pop("seat")
            packages[seat].append({"dealer": connector.session.keys.address, **package})
    return packages


def compute_all(
    world: World, context: dict[str, Any], packages: dict[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Round 1 of every node, as ``prove`` gets it, the result share's blob beside it."""
    answers = []
    for seat, node in enumerate(world.nodes, start=1):
        result = node.tasks.compute(lease("compute", context, seat=seat, packages=packages[seat]), work())
        answers.append({"seat": seat, **result})
    return answers


def prove_all(world: World, context: dict[str, Any], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Round 2 of every node."""
    results = []
    for seat, node in enumerate(world.nodes, start=1):
        question = {"answering": [1, 2, 3], "round1": answers}
        results.append(
            node.tasks.prove(lease("prove", context, seat=seat, **question), work()) | {"seat": seat}
        )
    return results
