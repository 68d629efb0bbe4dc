"""The chain as a party sees it through its own RPC URL, and the contracts that it believes in.

Addresses come from the configuration or, on first contact, from the market; they are then kept in the state
directory, and a market that later names other ones is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from marketplace.chain.errors import ChainError, ChainUnreachable
from marketplace.chain.reader import ChainReader
from marketplace.signing.eip712 import Eip712Domain
from scheduler.agents.configuration import ChainConfig
from scheduler.agents.decoding import decode
from scheduler.agents.errors import AgentError, ConfigurationError
from scheduler.agents.logs import logger
from scheduler.agents.state import StateDirectory
from scheduler.agents.wire import ChainDescription

__all__ = ["ChainRead", "Deployment", "chain_errors", "pin_deployment"]

NEEDED = (
    "DatasetRegistry",
    "ProgramRegistry",
    "LicenceLedger",
    "NodeRegistry",
    "Market",
    "Evidence",
    "SettlementToken",
)


@dataclass(frozen=True)
class Deployment:
    """Chain id and contract addresses that this party signs for."""

    chain_id: int
    contracts: dict[str, str]

    @property
    def digest(self) -> str:
        """Short name of the deployment, for files that belong to it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def domain(self, contract: str) -> Eip712Domain:
        """The EIP-712 domain of messages for a contract."""
        return Eip712Domain(chain_id=self.chain_id, verifying_contract=self.contracts[contract])

    def reader(self, rpc_url: str) -> ChainReader:
        """A reader of these contracts; ConfigurationError if the URL leads to another chain."""
        if not rpc_url:
            raise ConfigurationError(
                "rpc_url_missing",
                "This agent reads the chain itself and needs an RPC URL.",
                "Set rpc_url in [chain].",
            )
        reader = ChainReader(rpc_url, self.contracts)
        with chain_errors():
            found = reader.chain_id()
        if found != self.chain_id:
            raise ConfigurationError(
                "chain_id_mismatch",
                f"{rpc_url} is chain {found}, this party acts on chain {self.chain_id}.",
                "Correct rpc_url or chain_id in [chain].",
            )
        return reader


ChainRead = Callable[[], ChainReader]


def pin_deployment(
    state: StateDirectory, config: ChainConfig, describe: Callable[[], ChainDescription]
) -> Deployment:
    """The deployment of this party: by the configuration, or by the market's first word, which is kept.

    Raises ConfigurationError if market, configuration and what was kept do not agree.
    """
    told = describe()
    contracts = {name: told.contracts.get(name, "") for name in NEEDED}
    if missing := [name for name in NEEDED if not contracts[name]]:
        raise ConfigurationError(
            "contracts_missing", f"The market does not say where {missing[0]} is.", "Ask its operator."
        )
    offered = Deployment(told.chain_id, contracts)
    if config.chain_id and config.chain_id != offered.chain_id:
        raise _differs("chain id", offered.chain_id, config.chain_id)
    for name, address in config.contracts.items():
        if contracts.get(name) != address:
            raise _differs(name, contracts.get(name), address)
    pinned = decode(
        Deployment, state.create_json_once("deployment.json", asdict(offered)), where="deployment.json"
    )
    if pinned != offered:
        if not config.follow_market:
            raise _differs("deployment", offered.contracts["Market"], pinned.contracts["Market"])
        logger().warning("deployment_changed", market=contracts["Market"], before=pinned.contracts["Market"])
        state.write_json("deployment.json", asdict(offered))
    return offered


def _differs(what: str, offered: Any, known: Any) -> ConfigurationError:
    return ConfigurationError(
        "deployment_changed",
        f"The market's {what} is {offered}; this party signs for {known}.",
        "If the market really moved, set follow_market in [chain] or start with a new state directory.",
    )


@contextmanager
def chain_errors() -> Iterator[None]:
    """Errors of the chain as errors of the agent: ``chain_unreachable`` and the contracts' own codes."""
    try:
        yield
    except ChainUnreachable as error:
        raise AgentError("chain_unreachable", str(error), "Check rpc_url in [chain]; tried again.") from None
    except ChainError as error:
        raise AgentError(error.code, str(error), error.remedy) from None
