"""The chain as a party sees it through its own RPC URL, and the contracts that it believes in.

Addresses come from the configuration or, on first contact, from the market; they are then kept in the state
directory, and a market that later names other ones is refused.
"""

from __future__ import annotations

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
from scheduler.agents.state import StateDirectory
from scheduler.agents.wire import ChainDescription

__all__ = ["ChainRead", "Deployment", "chain_errors", "pin_deployment"]

NEEDED = ("DatasetRegistry", "ProgramRegistry", "LicenceLedger", "NodeRegistry", "Market", "SettlementToken")


@dataclass(frozen=True)
class Deployment:
    """Chain id and contract addresses that this party signs for."""

    chain_id: int
    contracts: dict[str, str]

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
    """The deployment of this party: as pinned before, else by configuration and the market's first word.

    Raises ConfigurationError if the configuration, the pin and the market do not agree.
    """
    pinned = state.read_json("deployment.json")
    if pinned is None:
        told = describe()
        contracts = dict(config.contracts) or {name: told.contracts.get(name, "") for name in NEEDED}
        if missing := [name for name in NEEDED if not contracts.get(name)]:
            raise ConfigurationError(
                "contracts_missing", f"Nobody says where {missing[0]} is.", "Name it in [chain.contracts]."
            )
        pinned = state.create_json_once(
            "deployment.json", asdict(Deployment(config.chain_id or told.chain_id, contracts))
        )
    deployment = decode(Deployment, pinned, where="deployment.json")
    for name, address in config.contracts.items():
        if deployment.contracts.get(name) != address:
            raise _differs(f"the configuration's {name} ({address})", deployment.contracts.get(name))
    if config.chain_id and config.chain_id != deployment.chain_id:
        raise _differs(f"the configuration's chain id ({config.chain_id})", deployment.chain_id)
    return deployment


def _differs(what: str, pinned: Any) -> ConfigurationError:
    return ConfigurationError(
        "deployment_changed",
        f"{what[0].upper()}{what[1:]} is not the one that this party signed for before ({pinned}).",
        "If the market really moved, start with a new state directory.",
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
