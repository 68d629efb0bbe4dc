"""Putting contracts on a chain, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from eth_account.signers.local import LocalAccount
from web3 import Web3

from marketplace.chain.abi import function_item, selector_of
from marketplace.chain.conf import deployment_current
from marketplace.chain.deploy import Deployer, DeploymentChoices
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ContractReverted, DeploymentMismatch, DeploymentMissing
from marketplace.chain.reader import ChainReader
from marketplace.platform.chain import development_account

TOKEN = 10**18
CHOICES = DeploymentChoices(treasury=development_account(9).address)


def test_deploying_again_uses_the_contracts_that_stand(
    deployment: Deployment, deployed: Path, make_deployer: Callable[[Path], Deployer], web3: Web3
) -> None:
    before = web3.eth.block_number
    again = make_deployer(deployed).deploy(CHOICES)
    assert again.addresses == deployment.addresses
    assert web3.eth.block_number == before


def test_an_interrupted_deployment_goes_on_where_it_stopped(
    deployment: Deployment, make_deployer: Callable[[Path], Deployer], tmp_path: Path
) -> None:
    record = tmp_path / "deployment.json"
    del deployment.contracts["Market"]
    deployment.save(record)
    with pytest.raises(DeploymentMissing):
        Deployment.load(record)
    finished = make_deployer(record).deploy(CHOICES)
    assert finished.contracts["LicenceLedger"] == deployment.contracts["LicenceLedger"]
    assert Deployment.load(record).addresses == finished.addresses


def test_a_contract_whose_code_is_gone_is_deployed_anew(
    deployment: Deployment,
    make_deployer: Callable[[Path], Deployer],
    tmp_path: Path,
    anvil: Callable[..., None],
) -> None:
    record = tmp_path / "deployment.json"
    deployment.save(record)
    anvil("anvil_setCode", deployment.addresses["Market"], "0x")
    again = make_deployer(record).deploy(CHOICES)
    assert again.addresses["Market"] != deployment.addresses["Market"]
    assert again.addresses["LicenceLedger"] == deployment.addresses["LicenceLedger"]


def test_the_record_of_another_chain_is_not_used(
    deployment: Deployment, make_deployer: Callable[[Path], Deployer], tmp_path: Path
) -> None:
    record = tmp_path / "deployment.json"
    deployment.genesis_hash = "0x" + "00" * 32
    deployment.save(record)
    again = make_deployer(record).deploy(CHOICES)
    assert set(again.addresses.values()).isdisjoint(deployment.addresses.values())


def test_the_relayer_may_open_jobs_and_a_stranger_may_not(
    reader: ChainReader, deployment: Deployment, signer: LocalAccount, stranger: LocalAccount
) -> None:
    market = deployment.addresses["Market"]
    opens = selector_of(function_item("Market", "open"))
    assert reader.call("MarketAccess", "canCall", signer.address, market, opens)["immediate"]
    assert not reader.call("MarketAccess", "canCall", stranger.address, market, opens)["immediate"]


def test_evidence_alone_may_slash_stake(
    reader: ChainReader, deployment: Deployment, signer: LocalAccount
) -> None:
    slashes = selector_of(function_item("NodeRegistry", "slash"))
    evidence, nodes = deployment.addresses["Evidence"], deployment.addresses["NodeRegistry"]
    assert reader.call("MarketAccess", "canCall", evidence, nodes, slashes)["immediate"]
    assert not reader.call("MarketAccess", "canCall", signer.address, nodes, slashes)["immediate"]
    assert reader.call("Evidence", "market") == deployment.addresses["Market"]


def test_an_existing_token_can_be_settled_in(
    deployment: Deployment, make_deployer: Callable[[Path], Deployer], tmp_path: Path, reader: ChainReader
) -> None:
    token = deployment.addresses["SettlementToken"]
    other = make_deployer(tmp_path / "other.json").deploy(DeploymentChoices(token=token))
    assert ChainReader(reader.web3, other.addresses).call("Market", "token") == token


def test_a_token_without_code_is_refused(
    deployment: Deployment, make_deployer: Callable[[Path], Deployer], tmp_path: Path, stranger: LocalAccount
) -> None:
    with pytest.raises(DeploymentMismatch, match="no token contract"):
        make_deployer(tmp_path / "other.json").deploy(DeploymentChoices(token=stranger.address))


@pytest.mark.django_db(transaction=True)
def test_the_command_deploys_and_says_where(
    deployment: Deployment, settings: LazySettings, tmp_path: Path, signer: LocalAccount
) -> None:
    settings.CHAIN_DEPLOYMENT_FILE = tmp_path / "deployment.json"
    first, second = StringIO(), StringIO()
    call_command("deploy_contracts", stdout=first)
    call_command("deploy_contracts", stdout=second)
    assert "Market deployed at" in first.getvalue()
    assert "deployed at" not in second.getvalue()
    assert json.loads((tmp_path / "deployment.json").read_text())["deployer"] == signer.address


@pytest.mark.django_db(transaction=True)
def test_funding_mints_what_is_missing_and_no_more(
    deployment: Deployment, reader: ChainReader, stranger: LocalAccount
) -> None:
    for _ in range(2):
        call_command("chain_fund", stranger.address, "--tokens", "7", stdout=StringIO())
    assert reader.token_balance(stranger.address) == 7 * TOKEN


@pytest.mark.django_db(transaction=True)
def test_funding_is_refused_on_a_real_chain(
    deployment: Deployment, settings: LazySettings, stranger: LocalAccount
) -> None:
    settings.CHAIN_ID = 11155111
    with pytest.raises(CommandError, match="not a development chain"):
        call_command("chain_fund", stranger.address)


def test_a_wrong_chain_id_is_named(deployment: Deployment, settings: LazySettings) -> None:
    settings.CHAIN_ID = 5
    with pytest.raises(DeploymentMismatch, match="CHAIN_ID is 5"):
        deployment_current()


def test_what_the_chain_does_not_know_has_a_typed_error(reader: ChainReader) -> None:
    unknown = "0x" + "11" * 32
    for read, name in (
        (reader.dataset, "DatasetUnknown"),
        (reader.licence, "LicenceUnknown"),
        (reader.node, "NodeUnknown"),
    ):
        with pytest.raises(ContractReverted) as refused:
            read(unknown)
        assert refused.value.name == name
        assert unknown in refused.value.arguments.values()


def test_an_address_without_contract_is_not_read_as_zeros(
    reader: ChainReader, stranger: LocalAccount
) -> None:
    lost = ChainReader(reader.web3, {"Market": stranger.address})
    with pytest.raises(DeploymentMismatch, match="no contract Market"):
        lost.balance(stranger.address)
