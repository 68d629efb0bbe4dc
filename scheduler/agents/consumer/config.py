"""``consumer.toml`` and order files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from scheduler.agents.analysis.run import parse_analysis
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.decoding import decode
from scheduler.agents.errors import ConfigurationError, MalformedDocument

__all__ = ["ConsumerConfig", "ConsumerSection", "OrderFile", "load_order"]

VISIBILITIES = {"public": 0, "sealed": 1}


@dataclass(frozen=True)
class ConsumerSection:
    """``deposit``: at least so much is paid in when the credit does not cover an order; smallest unit."""

    deposit: int = 0
    allow_development_setup: bool = True


@dataclass(frozen=True)
class ConsumerConfig(PartyConfig):
    """A consumer agent's configuration."""

    consumer: ConsumerSection = field(default_factory=ConsumerSection)


@dataclass(frozen=True)
class OrderInput:
    """A dataset by owner (organisation or address) and title or id, and the columns wanted by name."""

    owner: str
    dataset: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class OrderProgram:
    left_count: int = 0
    right_start: int = 0


@dataclass(frozen=True)
class Placement:
    """Wishes for the matcher; what is left out is not sent."""

    regions: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    seats: int = 0

    def document(self) -> dict[str, object]:
        """The ``placement`` of an order's details."""
        wishes = {"regions": list(self.regions), "tiers": list(self.tiers), "seats": self.seats}
        return {name: wish for name, wish in wishes.items() if wish}


@dataclass(frozen=True)
class OrderFile:
    """What is wanted, before it becomes a signed order."""

    purpose: str
    inputs: tuple[OrderInput, ...]
    max_price: int
    title: str = ""
    visibility: str = "sealed"
    deadline_seconds: int = 3600
    program: OrderProgram = field(default_factory=OrderProgram)
    placement: Placement = field(default_factory=Placement)
    analyses: tuple[dict[str, Any], ...] = ()
    """What is read off the result: documents of ``analysis/run.py``."""

    def __post_init__(self) -> None:
        for document in self.analyses:
            parse_analysis(document)
        if self.visibility not in VISIBILITIES:
            raise ConfigurationError(
                "order_file_invalid",
                f"visibility is {self.visibility!r}.",
                f"Choose one of {', '.join(VISIBILITIES)}.",
            )

    @property
    def visibility_number(self) -> int:
        """As in the signed order."""
        return VISIBILITIES[self.visibility]

    def details(self) -> dict[str, object]:
        """The document whose hash is signed: purpose, placement, parameters."""
        return {
            "purpose": self.purpose,
            "placement": self.placement.document(),
            "parameters": {
                "title": self.title,
                "analyses": [_without_floats(wanted) for wanted in self.analyses],
            },
        }


def _without_floats(value: Any) -> Any:
    """Fractions as decimal strings, since signed documents hold no floats."""
    if isinstance(value, dict):
        return {name: _without_floats(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_floats(item) for item in value]
    return str(Decimal(repr(value))) if isinstance(value, float) else value


def load_order(path: Path) -> OrderFile:
    """Read an order file (TOML). Raises ConfigurationError."""
    try:
        return decode(
            OrderFile, tomllib.loads(path.read_text(encoding="utf-8")), where=path.name, strict=True
        )
    except FileNotFoundError:
        raise ConfigurationError(
            "order_file_missing", f"There is no file {path}.", "Name an order file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "order_file_invalid", f"{path} is not TOML: {error}.", "Correct it."
        ) from None
    except MalformedDocument as error:
        raise ConfigurationError("order_file_invalid", error.detail, error.remedy) from None
