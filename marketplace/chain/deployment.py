"""The deployment record: where the contracts are, what code they have, since which block. No Django.

`deployment.json`: {"version": 1, "chain_id", "genesis_hash", "block_number", "deployer", "contracts": {name:
{"address", "creation_code_hash", "constructor_arguments", "runtime_code_hash", "block_number"}}}.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from marketplace.chain.errors import DeploymentMissing

__all__ = ["ContractRecord", "Deployment", "code_hash"]

RECORD_VERSION = 1
REQUIRED = (
    "DatasetRegistry",
    "ProgramRegistry",
    "LicenceLedger",
    "NodeRegistry",
    "Market",
    "SettlementToken",
    "MarketAccess",
    "Evidence",
)


def code_hash(code: bytes) -> str:
    """keccak256 of a contract's code as `0x` hex."""
    return "0x" + keccak(code).hex()


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """One contract: its address, the code it was made from and the code that stands on the chain."""

    address: str
    creation_code_hash: str
    constructor_arguments: list[Any]
    runtime_code_hash: str
    block_number: int


@dataclass(slots=True)
class Deployment:
    """All contracts of one market on one chain."""

    chain_id: int
    genesis_hash: str
    block_number: int
    deployer: str
    contracts: dict[str, ContractRecord] = field(default_factory=dict)

    @property
    def addresses(self) -> dict[str, str]:
        """Contract name → checksummed address."""
        return {name: record.address for name, record in self.contracts.items()}

    @property
    def is_complete(self) -> bool:
        return all(name in self.contracts for name in REQUIRED)

    @property
    def name(self) -> str:
        """Which market on which chain: the name of the indexer's checkpoint."""
        return f"{self.chain_id}:{self.contracts['Market'].address}"

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a record; raises `DeploymentMissing` if there is none or it is not complete."""
        deployment = cls.load_partial(path)
        if deployment is None:
            raise DeploymentMissing(f"there is no deployment record at {path}")
        if not deployment.is_complete:
            raise DeploymentMissing(f"the deployment in {path} was not finished")
        return deployment

    @classmethod
    def load_partial(cls, path: Path) -> Deployment | None:
        """Read a record that may be missing or, after a crash, lack contracts."""
        try:
            document = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise DeploymentMissing(f"{path} is not a deployment record: {error}") from error
        if document.pop("version", None) != RECORD_VERSION:
            raise DeploymentMissing(f"{path} was written by another version of this program")
        contracts = {name: ContractRecord(**record) for name, record in document.pop("contracts").items()}
        return cls(**document, contracts=contracts)

    def save(self, path: Path) -> None:
        """Write the record so that a reader sees the old or the new one, never a half."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        draft.write_text(json.dumps({"version": RECORD_VERSION, **asdict(self)}, indent=2) + "\n")
        draft.replace(path)
