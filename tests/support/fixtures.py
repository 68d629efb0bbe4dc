"""Fixtures of the market's own rooms. A folder's conftest.py imports what its tests name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from marketplace.catalogue import setups
from marketplace.catalogue.models import Dataset
from marketplace.catalogue.services import dataset_mark_registered, dataset_submit, setup_register
from marketplace.chain.deployment import REQUIRED, ContractRecord, Deployment
from marketplace.licences.models import Licence
from marketplace.licences.services import licence_mark_granted, licence_submit
from marketplace.orders.models import Job
from marketplace.orders.services import order_place
from marketplace.signing.eip712 import Eip712Domain
from proofs import setup as proof_setup
from proofs.backend import get_backend
from proofs.statement import Program as ProgramDocument
from tests.support.cast import Actor, actor
from tests.support.market import Market

CHAIN_ID = 31337
CAPACITY = 16


@pytest.fixture(scope="session")
def key_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development setup for 14 rows."""
    directory = tmp_path_factory.mktemp("setups")
    proof_setup.ensure_development_setup(directory, CAPACITY, get_backend(), max_outputs=64)
    return directory / f"development-{CAPACITY}"


@pytest.fixture
def domains(settings: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Eip712Domain]:
    """A deployment record, so that messages have contracts to be signed for."""
    addresses = {name: f"0x{'0' * 38}{number:02d}" for number, name in enumerate(REQUIRED, start=10)}
    zero = "0x" + "00" * 32
    record = Deployment(
        chain_id=CHAIN_ID,
        genesis_hash=zero,
        block_number=0,
        deployer="0x" + "00" * 20,
        contracts={name: ContractRecord(address, zero, [], zero, 0) for name, address in addresses.items()},
    )
    path = tmp_path / "deployment.json"
    record.save(path)
    settings.CHAIN_DEPLOYMENT_FILE = path  # type: ignore[attr-defined]
    settings.CHAIN_ID = CHAIN_ID  # type: ignore[attr-defined]
    return {name: Eip712Domain(CHAIN_ID, address) for name, address in addresses.items()}


@pytest.fixture
def market(db: None, key_directory: Path, domains: dict[str, Eip712Domain]) -> Market:
    from marketplace.catalogue.services import program_mark_registered, program_register

    setup = setup_register(directory=key_directory, is_made_here=True)
    document = ProgramDocument(setup_id=bytes.fromhex(setup.setup_id[2:])).document()
    program = program_register(document=document, title="Joint statistics")
    program_mark_registered(program_id=program.program_id)
    return Market(key=setups.proving_key(setup), setup=setup, program=program, domains=domains)


@pytest.fixture
def owner(db: None) -> Actor:
    return actor("owner", "connector", "operator")


@pytest.fixture
def bank(db: None) -> Actor:
    return actor("bank", "connector", "bank")


@pytest.fixture
def consumer(db: None) -> Actor:
    return actor("consumer", "consumer", "lab")


@pytest.fixture
def outsider(db: None) -> Actor:
    return actor("outsider", "consumer", "elsewhere")


@pytest.fixture
def node(db: None) -> Actor:
    return actor("node", "node", "cloud")


@pytest.fixture
def dataset(market: Market, owner: Actor) -> Dataset:
    """The owner's dataset, registered: columns ones, age, bill."""
    return registered(market, owner, "age", "bill")


@pytest.fixture
def licence(market: Market, owner: Actor, consumer: Actor, dataset: Dataset) -> Licence:
    """Granted by the owner to the consumer: column 1, three runs."""
    return granted(market, owner, consumer, dataset)


@pytest.fixture
def job(market: Market, consumer: Actor, licence: Licence) -> Job:
    """Placed by the consumer."""
    return order_place(consumer=consumer.party, **market.order_body(consumer, licence.licence_id))


@pytest.fixture
def grant(market: Market) -> Callable[..., Licence]:
    """Builds granted licences."""

    def build(provider: Actor, holder: Actor, of: Dataset, **changes: object) -> Licence:
        return granted(market, provider, holder, of, **changes)

    return build


def registered(market: Market, owner: Actor, *columns: str) -> Dataset:
    dataset = dataset_submit(owner=owner.party, **market.dataset_body(owner, *columns))
    dataset_mark_registered(dataset_id=dataset.dataset_id, at=timezone.now())
    dataset.refresh_from_db()
    return dataset


def granted(market: Market, provider: Actor, holder: Actor, of: Dataset, **changes: object) -> Licence:
    body = market.licence_body(provider, holder, of.dataset_id, **changes)
    licence = licence_submit(provider=provider.party, **body)
    licence_mark_granted(licence_id=licence.licence_id, event=market.event())
    licence.refresh_from_db()
    return licence
