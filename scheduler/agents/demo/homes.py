"""Homes of the demonstration's parties: a folder each with its configuration and, for connectors, its table.

``parties.toml`` says who they are; the configurations beside it leave the market's address and the chain
to the environment (HENGSUAN_MARKET_URL, ETH_RPC_URL, CHAIN_ID) and expect a one-time token in
``enrolment-token``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from scheduler.agents.decoding import decode
from scheduler.agents.demo.telco import write_tables

__all__ = ["DemoOrganisation", "DemoParty", "demo_parties", "prepare_homes"]

PARTIES = Path(__file__).parent / "parties"


@dataclass(frozen=True)
class DemoOrganisation:
    slug: str
    name: str
    name_zh: str


@dataclass(frozen=True)
class DemoParty:
    """``party`` is the folder's name; ``hengsuan <kind>`` runs it."""

    party: str
    kind: str
    organisation: DemoOrganisation


@dataclass(frozen=True)
class _Parties:
    parties: tuple[DemoParty, ...]


def demo_parties() -> tuple[DemoParty, ...]:
    """Everyone who takes part."""
    document = tomllib.loads((PARTIES / "parties.toml").read_text(encoding="utf-8"))
    return decode(_Parties, document, where="parties.toml", strict=True).parties


def prepare_homes(base: Path) -> None:
    """Write every party's folder under ``base``. Repeated, it changes nothing; keys and tokens are not
    touched.
    """
    for party in demo_parties():
        home = base / party.party
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for template in sorted((PARTIES / party.party).glob("*.toml")):
            _write(home / template.name, template.read_bytes())
    tables = (base / "connector-operator" / "operator.csv", base / "connector-bank" / "bank.csv")
    if not all(table.exists() for table in tables):
        pending = [table.with_name(table.name + ".pending") for table in tables]
        write_tables(*pending)
        for half_written, table in zip(pending, tables, strict=True):
            half_written.replace(table)


def _write(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        pending = path.with_name(path.name + ".pending")
        pending.write_bytes(content)
        pending.replace(path)
