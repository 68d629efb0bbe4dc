"""Puts the contracts on a chain, once. No Django.

Each contract is recorded as soon as it stands, so an interrupted deployment goes on where it stopped. A
recorded contract is used again if it was made from the same code with the same constructor arguments and
its code is still there; otherwise it, and with it whatever was made with its address, is deployed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.exceptions import ContractLogicError, TimeExhausted
from web3.types import TxParams, TxReceipt

from marketplace.chain.abi import encode_call, function_item, selector_of
from marketplace.chain.artefacts import artefact_load
from marketplace.chain.deployment import ContractRecord, Deployment, code_hash
from marketplace.chain.encoding import json_arguments
from marketplace.chain.errors import ChainUnreachable, ContractReverted, DeploymentMismatch
from marketplace.chain.fees import fees_suggested
from marketplace.chain.reader import ChainReader
from marketplace.chain.revert import revert_from_exception
from marketplace.chain.rpc import chain_failures_typed

__all__ = ["Deployer", "DeploymentChoices"]

logger = structlog.get_logger(__name__)

RECEIPT_TIMEOUT_SECONDS = 300
GAS_MARGIN_PERCENT = 20
DAY_SECONDS = 24 * 60 * 60

# Roles.sol
OPERATOR, REGISTRAR, EVIDENCE, GUARDIAN = 1, 2, 4, 5


@dataclass(frozen=True, slots=True)
class DeploymentChoices:
    """What the operator decides once.

    `token`: an ERC-20 that exists; without it SettlementToken is deployed.
    """

    token: str | None = None
    treasury: str | None = None
    fee_bps: int = 200
    minimum_stake: int = 0
    unbonding_seconds: int = 14 * DAY_SECONDS


class Deployer:
    """Deploys with one key; whoever calls makes sure that nothing else sends with that key meanwhile."""

    def __init__(
        self,
        *,
        web3: Web3,
        signer: LocalAccount,
        artefacts: Path,
        record_path: Path,
        highest_fee_wei: int,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.web3 = web3
        self._signer = signer
        self._artefacts = artefacts
        self._record_path = record_path
        self._highest_fee_wei = highest_fee_wei
        self._report = report

    def deploy(self, choices: DeploymentChoices) -> Deployment:
        """Bring the contracts and their roles to what the code and the choices say; return the record."""
        with chain_failures_typed():
            deployment = self._record()
            access = self._ensure(deployment, "MarketAccess", [self._signer.address])
            token = self._token(deployment, choices)
            programs = self._ensure(deployment, "ProgramRegistry", [access])
            datasets = self._ensure(deployment, "DatasetRegistry", [programs])
            licences = self._ensure(deployment, "LicenceLedger", [access, datasets])
            nodes = self._ensure(
                deployment, "NodeRegistry", [access, token, choices.unbonding_seconds, choices.minimum_stake]
            )
            treasury = choices.treasury or self._signer.address
            market = self._ensure(
                deployment,
                "Market",
                [access, token, programs, datasets, licences, nodes, treasury, choices.fee_bps],
            )
            evidence = self._ensure(deployment, "Evidence", [market, nodes])
            self._wire(deployment, programs, licences, nodes, market, evidence)
        return deployment

    def send(self, deployment: Deployment, contract: str, function: str, *arguments: object) -> TxReceipt:
        """One call as the signer, waited for; raises `ContractReverted`."""
        data = encode_call(contract, function, list(arguments))
        return self._send(f"{contract}.{function}", data, to=deployment.addresses[contract])

    # Contracts ---------------------------------------------------------------------------------

    def _record(self) -> Deployment:
        chain_id = int(self.web3.eth.chain_id)
        genesis_hash = "0x" + bytes(self.web3.eth.get_block(0)["hash"]).hex()
        stored = Deployment.load_partial(self._record_path)
        if stored is not None and (stored.chain_id, stored.genesis_hash) == (chain_id, genesis_hash):
            return stored
        if stored is not None:
            self._report(f"the record in {self._record_path} is of another chain; deploying anew")
        return Deployment(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            block_number=int(self.web3.eth.block_number) + 1,
            deployer=self._signer.address,
        )

    def _token(self, deployment: Deployment, choices: DeploymentChoices) -> str:
        if choices.token is None:
            return self._ensure(deployment, "SettlementToken", [self._signer.address])
        address = Web3.to_checksum_address(choices.token)
        code = bytes(self.web3.eth.get_code(address))
        if not code:
            raise DeploymentMismatch(f"there is no token contract at {address}")
        record = ContractRecord(
            address=address,
            creation_code_hash="",
            constructor_arguments=[],
            runtime_code_hash=code_hash(code),
            block_number=deployment.block_number,
        )
        deployment.contracts["SettlementToken"] = record
        deployment.save(self._record_path)
        return address

    def _ensure(self, deployment: Deployment, name: str, arguments: list[Any]) -> str:
        """The address of the contract, deployed now unless it stands already."""
        artefact = artefact_load(self._artefacts, name)
        encoded = json_arguments(arguments)
        known = deployment.contracts.get(name)
        if (
            known is not None
            and known.creation_code_hash == artefact.creation_code_hash
            and known.constructor_arguments == encoded
            and code_hash(self._code(known.address)) == known.runtime_code_hash
        ):
            return known.address
        constructor = self.web3.eth.contract(abi=artefact.abi, bytecode=artefact.creation_code).constructor
        receipt = self._send(name, bytes.fromhex(str(constructor(*arguments).data_in_transaction)[2:]))
        address = str(receipt["contractAddress"])
        deployment.contracts[name] = ContractRecord(
            address=address,
            creation_code_hash=artefact.creation_code_hash,
            constructor_arguments=encoded,
            runtime_code_hash=code_hash(self._code(address)),
            block_number=int(receipt["blockNumber"]),
        )
        deployment.save(self._record_path)
        self._report(f"{name} deployed at {address}")
        return address

    def _code(self, address: str) -> bytes:
        return bytes(self.web3.eth.get_code(Web3.to_checksum_address(address)))

    def _wire(self, deployment: Deployment, *targets: str) -> None:
        """Give the roles of Roles.sol; each is asked for first, so that nothing is sent twice."""
        reader = ChainReader(self.web3, deployment.addresses)
        market, evidence = deployment.addresses["Market"], deployment.addresses["Evidence"]
        selector = selector_of(function_item("Market", "setPaused"))
        if (
            reader.call("MarketAccess", "getTargetFunctionRole", market, selector) != GUARDIAN
            or not reader.call("MarketAccess", "hasRole", EVIDENCE, evidence)["isMember"]
        ):
            self.send(deployment, "MarketAccess", "wire", *targets)
        for role, member in dict.fromkeys((OPERATOR, REGISTRAR, GUARDIAN), self._signer.address).items():
            if not reader.call("MarketAccess", "hasRole", role, member)["isMember"]:
                self.send(deployment, "MarketAccess", "grantRole", role, member, 0)

    # Sending -----------------------------------------------------------------------------------

    def _send(self, title: str, data: bytes, *, to: str | None = None) -> TxReceipt:
        call: TxParams = {"from": self._signer.address, "data": data}
        if to is not None:
            call["to"] = Web3.to_checksum_address(to)
        try:
            gas = self.web3.eth.estimate_gas(call, "pending")
        except ContractLogicError as error:
            raise revert_from_exception(error) from error
        fees = fees_suggested(self.web3, highest_fee_wei=self._highest_fee_wei)
        fields: dict[str, Any] = {
            "type": 2,
            "chainId": self.web3.eth.chain_id,
            "nonce": self.web3.eth.get_transaction_count(self._signer.address, "pending"),
            "value": 0,
            "data": data,
            "gas": gas * (100 + GAS_MARGIN_PERCENT) // 100,
            "maxFeePerGas": fees.max_fee_wei,
            "maxPriorityFeePerGas": fees.priority_fee_wei,
        }
        if to is not None:
            fields["to"] = call["to"]
        signed = self._signer.sign_transaction(fields)
        tx_hash = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        try:
            receipt = self.web3.eth.wait_for_transaction_receipt(tx_hash, timeout=RECEIPT_TIMEOUT_SECONDS)
        except TimeExhausted as error:
            raise ChainUnreachable(f"{title} is not mined yet ({tx_hash.to_0x_hex()})") from error
        if receipt["status"] != 1:
            raise ContractReverted(name="Unknown", arguments={"transaction": title}, code="chain_reverted")
        logger.info("chain_deployer_sent", title=title, gas_used=receipt["gasUsed"])
        return receipt
