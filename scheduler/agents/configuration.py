"""Configuration files of the agents: TOML, strict, with paths relative to the file.

What is common to every party stands here; each agent adds a section of its own. The market's address and
the chain may be left to the environment: HENGSUAN_MARKET_URL, ETH_RPC_URL, CHAIN_ID, and HENGSUAN_HOME
for the folder that holds ``<agent>.toml``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from scheduler.agents.decoding import decode
from scheduler.agents.errors import ConfigurationError, MalformedDocument

__all__ = ["ChainConfig", "MarketConfig", "PartyConfig", "configuration_path", "load_configuration"]


@dataclass(frozen=True)
class MarketConfig:
    """Which market, and the one-time token that enrols this party there."""

    url: str = ""
    enrolment_file: str = "enrolment-token"


@dataclass(frozen=True)
class ChainConfig:
    """The party's own way to the chain. Contracts left out are taken from the market once and then kept."""

    rpc_url: str = ""
    chain_id: int = 0
    contracts: dict[str, str] = field(default_factory=dict)
    follow_market: bool = False
    """Accept that the market moves to other contracts: for development, where they are deployed anew."""


@dataclass(frozen=True)
class PartyConfig:
    """Base of every agent's configuration."""

    name: str
    market: MarketConfig = field(default_factory=MarketConfig)
    chain: ChainConfig = field(default_factory=ChainConfig)
    state_directory: str = "state"
    log_level: str = "info"
    language: str = ""
    home: str = ""
    """Filled in by ``load_configuration``: the folder of the file."""

    def resolve(self, path: str) -> Path:
        """A path of the configuration, relative to the file's folder."""
        return Path(self.home) / path


C = TypeVar("C", bound=PartyConfig)


def configuration_path(agent: str, given: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The file named on the command line, or ``<agent>.toml`` in HENGSUAN_HOME or the working directory."""
    return Path(given) if given else Path(environment.get("HENGSUAN_HOME", ".")) / f"{agent}.toml"


def load_configuration(kind: type[C], path: Path, environment: Mapping[str, str] = os.environ) -> C:
    """Read and check a file. Raises ConfigurationError that names the file and the member."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            "configuration_missing", f"There is no configuration {path}.", "Give one with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "configuration_not_toml", f"{path} is not TOML: {error}.", "Correct it."
        ) from None
    if "home" in document:
        raise ConfigurationError("configuration_invalid", f"{path}: home is not a setting.", "Remove it.")
    try:
        config = decode(kind, document, where=path.name, strict=True)
    except MalformedDocument as error:
        raise ConfigurationError("configuration_invalid", f"{path}: {error.detail}", error.remedy) from None
    return _completed(config, path, environment)


def _completed(config: C, path: Path, environment: Mapping[str, str]) -> C:
    market = replace(config.market, url=config.market.url or environment.get("HENGSUAN_MARKET_URL", ""))
    if not market.url:
        raise ConfigurationError(
            "market_url_missing", f"{path} does not say where the market is.", "Set url in [market]."
        )
    try:
        chain_id = config.chain.chain_id or int(environment.get("CHAIN_ID") or 0)
    except ValueError:
        raise ConfigurationError("chain_id_invalid", "CHAIN_ID is not a number.", "Correct it.") from None
    rpc_url = config.chain.rpc_url or environment.get("ETH_RPC_URL", "")
    chain = replace(config.chain, rpc_url=rpc_url, chain_id=chain_id)
    return replace(config, market=market, chain=chain, home=str(path.parent.resolve()))
