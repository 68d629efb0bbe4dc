"""``node.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.agents.configuration import PartyConfig
from scheduler.agents.errors import ConfigurationError

__all__ = ["NodeConfig", "NodeSection"]

TIERS = {"cloud": 0, "network": 1, "edge": 2}


@dataclass(frozen=True)
class NodeSection:
    """What the operator offers. ``fee_per_job`` in the smallest unit of the settlement token."""

    operator_key_file: str = "operator.key"
    tier: str = "cloud"
    region: str = "local"
    fee_per_job: int = 0
    capacities: tuple[int, ...] = ()
    """Setups that it serves; empty: every setup of the market."""
    cores: int = 0
    """0: as many as this machine has."""
    allow_development_setup: bool = True
    drain_seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise ConfigurationError(
                "tier_unknown", f"There is no tier {self.tier!r}.", f"Choose one of {', '.join(TIERS)}."
            )
        if not self.region.isascii() or not 1 <= len(self.region) <= 32:
            raise ConfigurationError(
                "region_invalid",
                f"The region {self.region!r} is not 1 to 32 ASCII characters.",
                "Shorten it.",
            )

    @property
    def tier_number(self) -> int:
        """As NodeRegistry counts them."""
        return TIERS[self.tier]

    @property
    def region_word(self) -> str:
        """ASCII, padded with zeros to 32 bytes, ``0x`` hex."""
        return "0x" + self.region.encode("ascii").ljust(32, b"\0").hex()


@dataclass(frozen=True)
class NodeConfig(PartyConfig):
    """A node agent's configuration."""

    node: NodeSection = field(default_factory=NodeSection)
