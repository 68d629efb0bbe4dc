"""What the contracts say, read without Django: for connectors, consumers and `hengsuan verify`.

    reader = ChainReader("http://127.0.0.1:8545", addresses)
    reader.job(job_id).state is JobState.SETTLED

Every method raises `ChainUnreachable` when the node does not answer and `ContractReverted` when a contract
refuses (for example `LicenceUnknown`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError
from web3.types import BlockIdentifier

from marketplace.chain.abi import decode_outputs, encode_call, function_item, interface
from marketplace.chain.errors import DeploymentMismatch
from marketplace.chain.revert import revert_from_exception
from marketplace.chain.rpc import chain_failures_typed, connect

__all__ = [
    "ChainReader",
    "DatasetState",
    "JobInputState",
    "JobOnChain",
    "JobState",
    "LicenceState",
    "NodeOnChain",
    "Quantity",
    "QuantityState",
    "SeatState",
]


EIP712_DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]


class JobState(IntEnum):
    """IMarket.JobState."""

    NONE = 0
    OPEN = 1
    SETTLED = 2
    CANCELLED = 3
    FAILED = 4
    EXPIRED = 5


@dataclass(frozen=True, slots=True)
class Quantity:
    runs: int
    cells: int
    outputs: int


@dataclass(frozen=True, slots=True)
class QuantityState:
    """granted = remaining + reserved + consumed, in each component."""

    granted: Quantity
    remaining: Quantity
    reserved: Quantity
    consumed: Quantity


@dataclass(frozen=True, slots=True)
class DatasetState:
    owner: str
    rows: int
    grade: int
    column_count: int
    """Of one chunk."""
    chunk_count: int
    setup_id: str
    schema_hash: str
    columns_hash: str


@dataclass(frozen=True, slots=True)
class LicenceState:
    provider: str
    consumer: str
    dataset_id: str
    terms_hash: str
    columns: int
    not_before: int
    not_after: int
    price_per_run: int
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class JobInputState:
    licence_id: str
    provider: str
    price: int
    column_count: int


@dataclass(frozen=True, slots=True)
class SeatState:
    operator: str
    fee: int


@dataclass(frozen=True, slots=True)
class JobOnChain:
    state: JobState
    consumer: str
    deadline: int
    visibility: int
    is_dealing: bool
    verifier: str
    rows: int
    left_count: int
    right_count: int
    fee_bps: int
    program_id: str
    columns_hash: str
    price: int
    max_price: int
    inputs: tuple[JobInputState, ...]
    seats: tuple[SeatState, ...]


@dataclass(frozen=True, slots=True)
class NodeOnChain:
    operator: str
    signer: str
    fee_per_job: int
    version: int
    tier: int
    is_active: bool
    sealing_key: str
    region: str


class ChainReader:
    """The views of one deployment at the newest block, or at `block` where it is given."""

    def __init__(
        self, rpc_url: str | Web3, addresses: Mapping[str, str], *, timeout_seconds: float = 20
    ) -> None:
        self.web3 = connect(rpc_url, timeout_seconds=timeout_seconds) if isinstance(rpc_url, str) else rpc_url
        self.addresses = {name: to_checksum_address(address) for name, address in addresses.items()}
        self._contracts: dict[str, Contract] = {}

    def contract(self, name: str) -> Contract:
        """web3's client of one contract; `name` is one of the addresses given."""
        if name not in self._contracts:
            if name not in self.addresses:
                raise DeploymentMismatch(f"the deployment has no contract {name}")
            address = self.addresses[name]
            self._contracts[name] = self.web3.eth.contract(address=address, abi=interface(name))
        return self._contracts[name]

    def call(
        self,
        contract: str,
        function: str,
        *arguments: object,
        block: BlockIdentifier = "latest",
        address: str | None = None,
    ) -> Any:
        """Any view: one value, or several by name; structs are dictionaries by field name, bytes `0x` hex."""
        data = encode_call(contract, function, list(arguments))
        to = to_checksum_address(address) if address else self.addresses.get(contract)
        if to is None:
            raise DeploymentMismatch(f"the deployment has no contract {contract}")
        with chain_failures_typed():
            try:
                answer = self.web3.eth.call({"to": to, "data": data}, block)
            except ContractLogicError as error:
                raise revert_from_exception(error) from error
        if not answer and function_item(contract, function).outputs:
            raise DeploymentMismatch(f"there is no contract {contract} at {to} on this chain")
        return decode_outputs(function_item(contract, function), bytes(answer))

    def chain_id(self) -> int:
        with chain_failures_typed():
            return int(self.web3.eth.chain_id)

    def head(self) -> tuple[int, int]:
        """Number and timestamp (unix seconds) of the newest block."""
        with chain_failures_typed():
            block = self.web3.eth.get_block("latest")
        return int(block["number"]), int(block["timestamp"])

    def dataset(self, dataset_id: str) -> DatasetState:
        return DatasetState(**_snake(self.call("DatasetRegistry", "dataset", dataset_id)))

    def column_hash(self, dataset_id: str, index: int) -> str:
        return str(self.call("DatasetRegistry", "columnHash", dataset_id, index))

    def licence(self, licence_id: str) -> LicenceState:
        return LicenceState(**_snake(self.call("LicenceLedger", "licence", licence_id)))

    def is_program_licensed(self, licence_id: str, program_id: str) -> bool:
        return bool(self.call("LicenceLedger", "isProgramLicensed", licence_id, program_id))

    def quantities(self, licence_id: str) -> QuantityState:
        answer = self.call("LicenceLedger", "quantities", licence_id)
        return QuantityState(**{name: Quantity(**part) for name, part in answer.items()})

    def job(self, job_id: str) -> JobOnChain:
        """A job; one that the chain does not know has the state NONE."""
        answer = _snake(self.call("Market", "job", job_id))
        answer["state"] = JobState(answer["state"])
        answer["inputs"] = tuple(JobInputState(**_snake(part)) for part in answer["inputs"])
        answer["seats"] = tuple(SeatState(**part) for part in answer["seats"])
        return JobOnChain(**answer)

    def node(self, node_id: str) -> NodeOnChain:
        return NodeOnChain(**_snake(self.call("NodeRegistry", "node", node_id)))

    def combination(
        self, verifier: str, claim: Mapping[str, Any], columns: Sequence[object], result_hash: str
    ) -> dict[str, dict[str, int]]:
        """left = Σ l_a·F_a and right = Σ r_b·F_b of IGroth16Verifier: what `settle` wants beside the proof.

        `claim`: market, jobId, programId, licencesHash, leftCount, rightCount; `columns`: G1 points (x, y).
        """
        answer: dict[str, dict[str, int]] = self.call(
            "Groth16Verifier", "combination", claim, columns, result_hash, address=verifier
        )
        return answer

    def balance(self, account: str) -> int:
        """Credit inside the market, free of escrow, in the token's smallest unit."""
        return int(self.call("Market", "balanceOf", account))

    def permit_typed_data(self, owner: str, amount: int, deadline: int) -> dict[str, Any]:
        """The ERC-2612 permit that lets the market take `amount`: typed data for `owner` to sign."""
        return {
            "types": {"EIP712Domain": EIP712_DOMAIN, "Permit": PERMIT},
            "primaryType": "Permit",
            "domain": {
                "name": self.call("SettlementToken", "name"),
                "version": "1",
                "chainId": self.chain_id(),
                "verifyingContract": self.addresses["SettlementToken"],
            },
            "message": {
                "owner": owner,
                "spender": self.addresses["Market"],
                "value": amount,
                "nonce": self.call("SettlementToken", "nonces", owner),
                "deadline": deadline,
            },
        }

    def token_balance(self, account: str) -> int:
        return int(self.call("SettlementToken", "balanceOf", account))


def _snake(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"".join("_" + c.lower() if c.isupper() else c for c in name): v for name, v in fields.items()}
