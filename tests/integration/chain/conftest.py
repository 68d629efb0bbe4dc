"""A real chain with our contracts on it, and the outbox and indexer that work with it.

The contracts are deployed once a session; `chain_snapshot` undoes what a test does to the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import LazySettings
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from marketplace.chain.conf import OutboxPolicy, artefacts_directory
from marketplace.chain.deploy import Deployer, DeploymentChoices
from marketplace.chain.deployment import Deployment
from marketplace.chain.models import ChainEvent, ChainTransaction
from marketplace.chain.outbox import Outbox
from marketplace.chain.reader import ChainReader
from marketplace.chain.rpc import connect
from marketplace.chain.runtime import indexer_current
from marketplace.chain.services import transaction_enqueue
from marketplace.platform.chain import DEVELOPMENT_CHAIN_ID, development_account
from marketplace.signing.eip712 import Eip712Domain
from tests.integration.chain.small_market import small_market  # noqa: F401 - a fixture
from tests.support.fixtures import bank, consumer, key_directory, market, owner  # noqa: F401 - fixtures

HIGHEST_FEE_WEI = 10**12
TREASURER = development_account(9)


@pytest.fixture(scope="session")
def signer() -> LocalAccount:
    """The relayer: deploys, opens jobs, pays gas, owns the token."""
    return development_account(0)


@pytest.fixture(scope="session")
def make_deployer(chain_url: str, signer: LocalAccount) -> Callable[[Path], Deployer]:
    def make(record_path: Path) -> Deployer:
        return Deployer(
            web3=connect(chain_url),
            signer=signer,
            artefacts=artefacts_directory(),
            record_path=record_path,
            highest_fee_wei=HIGHEST_FEE_WEI,
        )

    return make


@pytest.fixture(scope="session")
def deployed(make_deployer: Callable[[Path], Deployer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of contracts that every test of the session uses."""
    path = tmp_path_factory.mktemp("deployment") / "deployment.json"
    make_deployer(path).deploy(DeploymentChoices(treasury=TREASURER.address))
    return path


@pytest.fixture
def deployment(deployed: Path, chain_snapshot: str, settings: LazySettings) -> Deployment:
    """The contracts, known to Django too; what the test does to the chain is undone."""
    settings.CHAIN_DEPLOYMENT_FILE = deployed
    return Deployment.load(deployed)


@pytest.fixture
def web3(chain_url: str) -> Web3:
    return connect(chain_url)


@pytest.fixture
def reader(web3: Web3, deployment: Deployment) -> ChainReader:
    return ChainReader(web3, deployment.addresses)


@pytest.fixture
def anvil(chain_url: str) -> Callable[..., Any]:
    """Call a method of the development chain: `anvil("evm_mine")`."""

    def call(method: str, *parameters: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer = httpx.post(chain_url, json=body, timeout=10, trust_env=False).json()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    return call


@pytest.fixture
def manual_mining(anvil: Callable[..., Any]) -> Any:
    """Blocks are mined only when the test says so."""
    anvil("evm_setAutomine", False)
    yield lambda: anvil("evm_mine")
    anvil("evm_setAutomine", True)
    anvil("evm_mine")


@pytest.fixture
def make_outbox(reader: ChainReader, signer: LocalAccount) -> Callable[..., Outbox]:
    def make(*, finality_depth: int = 0, **options: Any) -> Outbox:
        policy = OutboxPolicy(finality_depth=finality_depth, **options.pop("policy", {}))
        return Outbox(
            **{"reader": reader, "signer": signer, "chain_id": DEVELOPMENT_CHAIN_ID, **options}, policy=policy
        )

    return make


@pytest.fixture
def stranger() -> LocalAccount:
    """An account that the market has nothing to do with."""
    account: LocalAccount = Account.from_key("0x" + "77" * 32)
    return account


@pytest.fixture
def enqueue_mint(broker_url: str, stranger: LocalAccount) -> Callable[..., ChainTransaction]:
    """A wish that changes the chain and needs no job: tokens for the stranger."""

    def enqueue(key: str = "mint", amount: int = 5, to: str | None = None) -> ChainTransaction:
        return transaction_enqueue(
            kind="mint",
            dedupe_key=key,
            contract="SettlementToken",
            function="mint",
            arguments=[to or stranger.address, amount],
        )

    return enqueue


@pytest.fixture
def catch_up(
    make_outbox: Callable[..., Outbox], deployment: Deployment, reader: ChainReader
) -> Callable[[], None]:
    """Send what is queued and index what happened, as worker and beat would."""

    def run() -> None:
        make_outbox().run()
        summary = indexer_current().run()
        problems = list(ChainEvent.objects.exclude(problem="").values_list("name", "problem"))
        assert summary.problems == 0, problems

    return run


@pytest.fixture
def domains(deployment: Deployment) -> dict[str, Eip712Domain]:
    """What is signed here is for the contracts that really stand on the chain."""
    return {
        name: Eip712Domain(deployment.chain_id, address) for name, address in deployment.addresses.items()
    }
