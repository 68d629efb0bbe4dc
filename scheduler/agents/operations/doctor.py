"""Checks before work starts: clock, disk, keys, market, versions, chain, registration. Changes nothing.

Every check runs even if one before it failed, unless it needs what that one did not find. A finding says what
is so and, if it is not well, what to do.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from marketplace.chain.reader import ChainReader
from proofs.backend import get_backend
from scheduler.agents.chain import chain_errors
from scheduler.agents.client import MarketClient
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.errors import AgentError
from scheduler.agents.keys import PartyKeys, load_or_create_keys
from scheduler.agents.requests import request_signer
from scheduler.agents.state import StateDirectory
from scheduler.agents.transport import Transport

__all__ = ["Doctor", "Finding", "Verdict", "worst"]

MIN_FREE_BYTES = 2 * 1024**3
CLOCK_TOLERANCE_SECONDS = 5.0
CLOCK_LIMIT_SECONDS = 50.0
"""Signed requests are refused from 60 seconds on."""
API_VERSION = 1
PATIENCE_SECONDS = 5.0


class Verdict(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    """Work is possible; look at it."""
    BAD = "bad"
    """Work would fail."""


@dataclass(frozen=True)
class Finding:
    check: str
    verdict: Verdict
    detail: str
    remedy: str = ""


@dataclass
class Doctor:
    """Examines one party. ``clock`` gives unix seconds."""

    kind: str
    config: PartyConfig
    clock: Callable[[], float] = time.time
    _keys: PartyKeys | None = field(default=None, init=False)
    _party_id: str = field(default="", init=False)
    _contracts: dict[str, str] = field(default_factory=dict, init=False)
    _chain_id: int = field(default=0, init=False)

    def examine(self) -> list[Finding]:
        """All findings, in the order of what depends on what."""
        transport = Transport(self.config.market.url, patience_seconds=PATIENCE_SECONDS)
        client = MarketClient(transport)
        checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
            ("state", self._state),
            ("disk", self._disk),
            ("backend", self._backend),
            ("market", lambda: self._market(client)),
            ("contracts", lambda: self._market_contracts(client)),
            ("party", lambda: self._party(client)),
            ("chain", self._chain),
            ("setups", lambda: self._setups(client)),
        ]
        if self.kind == "node":
            checks.append(("node", lambda: self._node(client)))
        try:
            return [finding for name, check in checks for finding in _guarded(name, check)]
        finally:
            transport.close()

    def _state(self) -> Iterator[Finding]:
        directory = StateDirectory(self.config.resolve(self.config.state_directory))
        self._keys = load_or_create_keys(directory)
        stored = directory.read_json("enrolment.json")
        self._party_id = str(stored["party_id"]) if stored else ""
        yield Finding("state", Verdict.GOOD, f"{directory.root} holds the keys of {self._keys.address}.")
        if directory.read_json("keys-next.json") is not None:
            yield Finding(
                "state", Verdict.DOUBTFUL, "A key rotation was begun.", "Start the agent: it finishes it."
            )

    def _disk(self) -> Iterator[Finding]:
        root = self.config.resolve(self.config.state_directory)
        free = shutil.disk_usage(root).free
        detail = f"{free / 1024**3:.1f} GiB are free at {root}."
        if free >= MIN_FREE_BYTES:
            yield Finding("disk", Verdict.GOOD, detail)
        else:
            yield Finding("disk", Verdict.BAD, detail, "Proving keys and packages need 2 GiB; make room.")

    def _backend(self) -> Iterator[Finding]:
        backend = get_backend()
        if backend.name == "native":
            yield Finding("backend", Verdict.GOOD, "The native kernel is there.")
        else:
            yield Finding(
                "backend",
                Verdict.DOUBTFUL,
                "Proofs run on py_ecc, some hundred times slower than the native kernel.",
                "Install a Rust toolchain and build proofs/native.",
            )

    def _market(self, client: MarketClient) -> Iterator[Finding]:
        asked_at = self.clock()
        status = client.status()
        answered_at = self.clock()
        yield Finding("market", Verdict.GOOD, f"{self.config.market.url} answers.")
        theirs = datetime.fromisoformat(status["time"]).timestamp()
        skew = max(asked_at - theirs, theirs - answered_at, 0.0)
        detail = f"This clock and the market's differ by {skew:.1f} s."
        if skew > CLOCK_LIMIT_SECONDS:
            yield Finding("clock", Verdict.BAD, detail, "Set the clock by NTP: requests would be refused.")
        elif skew > CLOCK_TOLERANCE_SECONDS:
            yield Finding("clock", Verdict.DOUBTFUL, detail, "Set the clock by NTP.")
        else:
            yield Finding("clock", Verdict.GOOD, detail)
        own = version("hengsuan")
        detail = f"The market runs version {status['version']}, API {status['api_version']}; this is {own}."
        if status["api_version"] != API_VERSION:
            yield Finding("version", Verdict.BAD, detail, "Install a version for the market's API.")
        elif status["version"] != own:
            yield Finding("version", Verdict.DOUBTFUL, detail, "Install the market's version when you can.")
        else:
            yield Finding("version", Verdict.GOOD, detail)

    def _market_contracts(self, client: MarketClient) -> Iterator[Finding]:
        told = client.chain()
        self._contracts, self._chain_id = dict(told.contracts), told.chain_id
        pinned = StateDirectory(self.config.resolve(self.config.state_directory)).read_json("deployment.json")
        if pinned and any(told.contracts.get(name) != at for name, at in pinned["contracts"].items()):
            yield Finding(
                "contracts",
                Verdict.DOUBTFUL if self.config.chain.follow_market else Verdict.BAD,
                "The market names other contracts than those that this party signs for.",
                "Ask the operator; if the market really moved, set follow_market in [chain].",
            )
        else:
            yield Finding("contracts", Verdict.GOOD, f"The Market is at {told.contracts['Market']}.")

    def _party(self, client: MarketClient) -> Iterator[Finding]:
        if self._keys is None:
            return
        if not self._party_id:
            token = self.config.resolve(self.config.market.enrolment_file)
            if token.exists():
                yield Finding("party", Verdict.GOOD, "Not enrolled yet; the one-time token is there.")
            else:
                yield Finding("party", Verdict.BAD, f"Not enrolled, and no token in {token}.", "Ask for one.")
            return
        client.transport.signer = request_signer(self._keys.signing, self._party_id)
        party = client.party(self._party_id)
        known = {name: party[name] for name in self._keys.public()}
        if known != self._keys.public():
            yield Finding(
                "party",
                Verdict.BAD,
                "The market knows other keys of this party.",
                "Restore keys.json from a backup.",
            )
        else:
            yield Finding("party", Verdict.GOOD, f"{party['name']} is enrolled for {party['organisation']}.")

    def _chain(self) -> Iterator[Finding]:
        url = self.config.chain.rpc_url
        if not url:
            yield Finding("chain", Verdict.BAD, "There is no RPC URL.", "Set rpc_url in [chain].")
            return
        reader = ChainReader(url, self._contracts)
        with chain_errors():
            found, (block, mined_at) = reader.chain_id(), reader.head()
        expected = self.config.chain.chain_id or self._chain_id
        if expected and found != expected:
            yield Finding(
                "chain", Verdict.BAD, f"{url} is chain {found}, not {expected}.", "Correct [chain]."
            )
            return
        age = self.clock() - mined_at
        yield Finding("chain", Verdict.GOOD, f"Chain {found} is at block {block}, {age:.0f} s old.")

    def _setups(self, client: MarketClient) -> Iterator[Finding]:
        directory = StateDirectory(self.config.resolve(self.config.state_directory))
        setups = client.setups()
        here = [one for one in setups if directory.path(f"setups/{one.setup_id}/checked").exists()]
        detail = f"The market has {len(setups)} setup(s), {len(here)} of them checked and kept here."
        yield Finding("setups", Verdict.GOOD, detail)
        if any(one.is_development for one in setups):
            yield Finding(
                "setups",
                Verdict.DOUBTFUL,
                "One is a development setup, whose maker can forge proofs.",
                "For real data use a setup from a ceremony.",
            )

    def _node(self, client: MarketClient) -> Iterator[Finding]:
        if self._keys is None:
            return
        own = [node for node in client.nodes() if node["signer"] == self._keys.address]
        if not own:
            yield Finding("node", Verdict.DOUBTFUL, "No node is registered yet.", "Start the node once.")
        for node in own:
            detail = f"Node {node['node_id']} is {node['state']} and {node['availability']}."
            if node["sealing_key"] != self._keys.sealing_key:
                yield Finding(
                    "node",
                    Verdict.BAD,
                    f"{detail} Its sealing key is not this party's: packages would not open.",
                    "Register the node anew.",
                )
            else:
                is_well = node["state"] == "REGISTERED"
                remedy = "" if is_well else "The chain has not taken the registration yet; wait, or ask."
                yield Finding("node", Verdict.GOOD if is_well else Verdict.DOUBTFUL, detail, remedy)


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What the check finds; an error of the agent's kind is a finding too."""
    try:
        yield from check()
    except AgentError as error:
        yield Finding(name, Verdict.BAD, f"{error.code}: {error.detail}", error.remedy)


def worst(findings: list[Finding]) -> Verdict:
    """The worst verdict among them."""
    order: list[Any] = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.GOOD)
