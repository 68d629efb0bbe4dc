"""A small market on the real database: organisations and their parties, one setup, two datasets, licences.

Signatures and commitments are real; the chain is played by the tests (``pipeline/conftest.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from nacl.public import PrivateKey

from marketplace.accounts.models import Organisation, Party, PartyKind
from marketplace.catalogue.models import Column, Dataset, DatasetState, Program, Setup
from marketplace.chain.deployment import REQUIRED, ContractRecord, Deployment
from marketplace.chain.models import ChainEvent, Checkpoint
from marketplace.licences.models import EntryKind, Licence, LicenceState, QuantityEntry
from marketplace.orders.models import Job
from marketplace.orders.services import order_place
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Eip712Domain, GrantLicence, Input, Order, RegisterNode
from proofs import columns as column_rules
from proofs import formats, hashing, setup
from proofs.backend import get_backend
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from proofs.statement import Program as ProofProgram
from scheduler.leases.bell import bell
from scheduler.nodes.models import Node, NodeState

CAPACITY = 16
ROWS = 6
CHAIN_ID = 31337
TERMS = {"version": 1}
COLUMNS = {
    "telecom": [("tenure", [12, 7, 0, 31, 5, 60]), ("charges", [300, 255, 187, 990, 410, 655])],
    "bank": [("churn", [0, 1, 1, 0, 0, 1])],
}


@cache
def small_key() -> ProvingKey:
    """The setup that all tests share; its secrets are fixed."""
    backend = get_backend()
    material = setup.generate(backend, CAPACITY, random=SeededRandom(bytes(32), b"scheduler"), max_outputs=16)
    return material.proving_key(backend, trusted=True)


@pytest.fixture(scope="session")
def setup_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("setup") / "development-16"
    backend = get_backend()
    setup.save(
        setup.generate(backend, CAPACITY, random=SeededRandom(bytes(32), b"scheduler"), max_outputs=16),
        directory,
    )
    return directory


@dataclass
class Member:
    """A party with the keys that only it has."""

    party: Party
    account: LocalAccount
    sealing: PrivateKey
    node: Node | None = None


@dataclass
class Provider:
    """A connector's member with its dataset in the clear."""

    member: Member
    dataset: Dataset
    licence: Licence
    columns: dict[int, bytes] = field(default_factory=dict)


class Market:
    """Makes what a test needs and remembers whose keys are whose."""

    def __init__(self, deployment: Deployment, directory: Path) -> None:
        self.deployment = deployment
        self.key = small_key()
        self.members: dict[str, Member] = {}
        self.providers: dict[str, Provider] = {}
        self.setup = Setup.objects.create(
            setup_id=formats.to_hex(self.key.setup_id),
            capacity=CAPACITY,
            verifying_key=formats.verifying_key_document(self.key.verifying),
            is_development=True,
            directory=str(directory),
        )
        program = ProofProgram(self.key.setup_id)
        self.program = Program.objects.create(
            program_id=formats.to_hex(program.program_id),
            setup=self.setup,
            document=program.document(),
            title="Joint statistics",
            is_registered=True,
        )
        self.consumer = self.enrol("shop", PartyKind.CONSUMER)

    def domain(self, contract: str) -> Eip712Domain:
        return Eip712Domain(CHAIN_ID, self.deployment.addresses[contract])

    def enrol(self, name: str, kind: PartyKind, organisation: str = "") -> Member:
        """A party of an organisation of its own unless one is named."""
        slug = organisation or name
        owner, _ = Organisation.objects.get_or_create(slug=slug, defaults={"name": slug, "name_zh": slug})
        account = Account.from_key(keccak(text=name))
        sealing = PrivateKey(keccak(text=f"seal {name}"))
        party = Party.objects.create(
            organisation=owner,
            kind=kind,
            name=name,
            eth_address=account.address,
            signing_key="0x" + keccak(text=f"sign {name}").hex(),
            sealing_key="0x" + bytes(sealing.public_key).hex(),
            last_seen_at=timezone.now(),
        )
        self.members[name] = Member(party, account, sealing)
        return self.members[name]

    def add_node(self, name: str, *, organisation: str = "", fee: int = 10, **fields: Any) -> Member:
        """A registered node that was just heard of."""
        member = self.enrol(name, PartyKind.NODE, organisation)
        message = self.node_message(member, fee=fee)
        member.node = Node.objects.create(
            node_id=message.digest(self.domain("NodeRegistry")),
            party=member.party,
            operator=message.operator,
            signer=message.signer,
            sealing_key=message.sealing_key,
            region=fields.pop("region", "cn-east"),
            tier=fields.pop("tier", 0),
            fee_per_job=fee,
            registration={},
            capabilities={"capacities": [CAPACITY], "backend": "native", "cores": 1, "memory_bytes": 0},
            state=fields.pop("state", NodeState.REGISTERED),
            **fields,
        )
        return member

    def node_message(self, member: Member, *, fee: int = 10, **changes: Any) -> RegisterNode:
        fields = {
            "operator": member.account.address,
            "signer": member.party.eth_address,
            "sealing_key": member.party.sealing_key,
            "tier": 0,
            "region": "0x" + b"cn-east".ljust(32, b"\0").hex(),
            "fee_per_job": fee,
            "salt": 1,
            "deadline": int(timezone.now().timestamp()) + 3600,
        }
        return RegisterNode(**fields | changes)

    def add_provider(self, name: str, terms: dict[str, Any] | None = None, price: int = 100) -> Provider:
        """A connector with a registered dataset and a granted licence for the consumer."""
        member = self.enrol(name, PartyKind.CONNECTOR)
        dataset, columns = self._dataset(member, name)
        licence = self._licence(member, dataset, terms or TERMS, price, count=len(columns))
        self.providers[name] = Provider(member, dataset, licence, columns)
        return self.providers[name]

    def place(self, *, visibility: int = 1, placement: dict[str, Any] | None = None, **changes: Any) -> Job:
        """An order over every provider's columns, signed by the consumer."""
        details = {"purpose": "churn-analysis", "placement": placement or {}, "parameters": {}}
        inputs = tuple(
            Input(provider.licence.licence_id, (1 << (len(provider.columns) + 1)) - 1)
            for provider in self.providers.values()
        )
        fields = {
            "consumer": self.consumer.account.address,
            "program_id": self.program.program_id,
            "inputs": inputs,
            "visibility": visibility,
            "recipient_key": self.consumer.party.sealing_key,
            "details_hash": document_hash(details),
            "max_price": 10_000,
            "deadline": int(timezone.now().timestamp()) + 3600,
            "salt": secrets.randbits(64),
        }
        order = Order(**fields | changes)
        return order_place(
            consumer=self.consumer.party,
            order=order.to_json(),
            signature=order.sign(self.domain("Market"), self.consumer.account.key),
            details=details,
        )

    def _dataset(self, member: Member, name: str) -> tuple[Dataset, dict[int, bytes]]:
        key, source = self.key, SeededRandom(bytes(32), name.encode())
        schemas = [column_rules.ColumnSchema(title, 0, 0, 1000) for title, _ in COLUMNS[name]]
        vectors = [column_rules.ones_column(CAPACITY, ROWS)]
        for schema, (_, values) in zip(schemas, COLUMNS[name], strict=True):
            encoded = column_rules.encode_integers(key.backend, schema, values, CAPACITY)
            vectors.append(column_rules.blind(key.backend, encoded, source))
        commitments = [column_rules.commit(key, vector) for vector in vectors]
        document = {"version": 1, "columns": [schema.document() for schema in schemas]}
        dataset = Dataset.objects.create(
            dataset_id="0x" + keccak(text=f"dataset {name}").hex(),
            owner=member.party,
            setup=self.setup,
            title=name,
            rows=ROWS,
            grade=2,
            schema=document,
            schema_hash=document_hash(document),
            columns_hash=formats.to_hex(hashing.columns_hash([c.f for c in commitments])),
            registration={},
            signature="0x" + "00" * 65,
            state=DatasetState.REGISTERED,
            registered_at=timezone.now(),
        )
        for index, commitment in enumerate(commitments):
            Column.objects.create(
                dataset=dataset,
                index=index,
                name=schemas[index - 1].name if index else "ones",
                schema=schemas[index - 1].document() if index else {},
                commitment=formats.to_hex(commitment.f),
                commitment_g2=formats.to_hex(commitment.f2),
                knowledge_proof=formats.to_hex(commitment.f_kappa),
                column_hash=formats.to_hex(hashing.column_hash(commitment.f)),
            )
        return dataset, {index: vector for index, vector in enumerate(vectors) if index}

    def _grant(
        self, member: Member, dataset: Dataset, terms: dict[str, Any], price: int, count: int
    ) -> GrantLicence:
        now = int(timezone.now().timestamp())
        return GrantLicence(
            provider=member.account.address,
            consumer=self.consumer.account.address,
            dataset_id=dataset.dataset_id,
            terms_hash=document_hash(terms),
            program_ids=(self.program.program_id,),
            columns=(1 << (count + 1)) - 1,
            runs=10,
            cells=10_000,
            outputs=10_000,
            not_before=now - 60,
            not_after=now + 86_400,
            price_per_run=price,
            salt=1,
            deadline=now + 3600,
        )

    def _licence(
        self, member: Member, dataset: Dataset, terms: dict[str, Any], price: int, *, count: int
    ) -> Licence:
        now = timezone.now()
        grant = self._grant(member, dataset, terms, price, count)
        domain = self.domain("LicenceLedger")
        licence = Licence.objects.create(
            licence_id=grant.digest(domain),
            provider=member.party,
            consumer=self.consumer.party,
            holder=self.consumer.party.eth_address,
            dataset=dataset,
            terms=terms,
            terms_hash=grant.terms_hash,
            program_ids=list(grant.program_ids),
            columns=grant.columns,
            runs_granted=grant.runs,
            cells_granted=grant.cells,
            outputs_granted=grant.outputs,
            price_per_run=price,
            not_before=now - timedelta(seconds=60),
            not_after=now + timedelta(days=1),
            grant=grant.to_json(),
            signature=grant.sign(domain, member.account.key),
            state=LicenceState.GRANTED,
            granted_at=now,
        )
        QuantityEntry.objects.create(
            licence=licence,
            kind=EntryKind.GRANTED,
            runs=grant.runs,
            cells=grant.cells,
            outputs=grant.outputs,
            event=chain_event("LicenceLedger", "LicenceGranted", {"licenceId": licence.licence_id}),
        )
        return licence


def chain_event(contract: str, name: str, arguments: dict[str, Any]) -> ChainEvent:
    """An event as the indexer would have stored it, each in a block of its own."""
    block_hash = "0x" + secrets.token_hex(32)
    checkpoint, _ = Checkpoint.objects.get_or_create(
        name="played", defaults={"block_number": 0, "block_hash": block_hash}
    )
    return ChainEvent.objects.create(
        checkpoint=checkpoint,
        block_number=ChainEvent.objects.count() + 1,
        block_hash=block_hash,
        log_index=0,
        transaction_hash="0x" + secrets.token_hex(32),
        contract=contract,
        name=name,
        arguments=arguments,
        mined_at=timezone.now(),
    )


@pytest.fixture
def make_event() -> Callable[..., ChainEvent]:
    return chain_event


@pytest.fixture
def deployment(settings: LazySettings, tmp_path: Path) -> Deployment:
    """Addresses to sign for; there is no chain behind them."""
    contracts = {
        name: ContractRecord(
            Account.from_key(keccak(text=name)).address, "0x" + "00" * 32, [], "0x" + "00" * 32, 0
        )
        for name in REQUIRED
    }
    made = Deployment(CHAIN_ID, "0x" + "00" * 32, 0, contracts["Market"].address, contracts)
    settings.CHAIN_DEPLOYMENT_FILE = tmp_path / "deployment.json"
    settings.BLOB_ROOT = tmp_path / "blobs"
    made.save(settings.CHAIN_DEPLOYMENT_FILE)
    return made


@pytest.fixture
def market(db: None, deployment: Deployment, setup_directory: Path) -> Market:
    return Market(deployment, setup_directory)


@pytest.fixture
def placed_job(market: Market) -> Job:
    """A job over two datasets; nothing has happened to it yet."""
    market.add_provider("telecom")
    market.add_provider("bank")
    return market.place()


@pytest.fixture
def make_task(placed_job: Job) -> Callable[..., Any]:
    """``make_task(party, kind=…)``: a ready task of the job."""
    from scheduler.leases.closing import tasks_create
    from scheduler.leases.models import Task, TaskKind

    def make(party: Party, kind: str = TaskKind.COMPUTE, **fields: Any) -> Task:
        task = Task(
            job=placed_job, kind=kind, attempt=fields.pop("attempt", 1), party=party, payload={}, **fields
        )
        tasks_create(tasks=[task])
        return Task.objects.get(id=task.id)

    return make


@pytest.fixture(autouse=True)
def no_listener_left() -> Iterator[None]:
    """The bell's connection would keep the test database from being dropped."""
    yield
    bell.stop()
