"""The ledger on a real chain does what a model of it does, over long random walks of everything it can do.

The walk plays all parties itself: each account calls for itself, so that no signature is needed, and two
accounts hold the role of a market. After every step the quantities are compared, and a refusal must be the
model's, with the same error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract import Contract

from marketplace.chain.rpc import connect
from tests.contracts.ledger_model import ANYBODY, LICENSED_COLUMNS, LedgerModel, Quantity, Refused
from tests.contracts.make_market_vectors import FOLDER
from tests.contracts.on_anvil import deployer, error_names, outcome, sender_of

STEPS = 120
MARKET_ROLE, REGISTRAR_ROLE = 3, 2
FAR = 2**40
PROGRAM = keccak(b"program")


@dataclass(frozen=True)
class Chain:
    """The ledger of a fresh market with one dataset, and who plays what."""

    web3: Web3
    ledger: Contract
    dataset_id: bytes
    provider: str
    consumers: list[str]
    markets: list[str]
    errors: dict[str, str]

    def attempt(self, call: Any, sender: str) -> str | None:
        """Sends it; the name of the error if it is refused."""
        return outcome(self.web3, self.errors, call, sender)


def abi_types(abi: Any, function: str) -> list[str]:
    entry = next(item for item in abi if item.get("name") == function)
    return [collapse_if_tuple(parameter) for parameter in entry["inputs"]]


@pytest.fixture
def chain(chain_snapshot: str) -> Chain:
    web3 = connect(chain_snapshot)
    accounts = [str(account) for account in web3.eth.accounts]
    admin, provider, others = accounts[0], accounts[1], accounts[2:]
    vectors = json.loads((FOLDER / "market.json").read_text())

    deploy, send = deployer(web3, admin), sender_of(web3, admin)
    access = deploy("MarketAccess", admin)
    programs = deploy("ProgramRegistry", access.address)
    datasets = deploy("DatasetRegistry", programs.address)
    ledger = deploy("LicenceLedger", access.address, datasets.address)
    send(access.functions.wire(programs.address, ledger.address, admin, admin, admin))
    send(access.functions.grantRole(REGISTRAR_ROLE, admin, 0))
    for market in others[:2]:
        send(access.functions.grantRole(MARKET_ROLE, market, 0))

    key_type = abi_types(programs.abi, "registerSetup")[0]
    (key,) = decode([key_type], bytes.fromhex(vectors["key"][2:]))
    send(programs.functions.registerSetup(key, bytes(32)))

    stored = vectors["datasets"]["A"]
    kinds = abi_types(datasets.abi, "register")
    (request,) = decode([kinds[0]], bytes.fromhex(stored["request"][2:]))
    points = [decode([kinds[2]], bytes.fromhex(stored[name][2:]))[0] for name in ("commitments", "knowledge")]
    request = (provider, *request[1:])
    dataset_id = datasets.functions.hashRegisterDataset(request).call()
    send(datasets.functions.register(request, b"", *points), provider)

    return Chain(web3, ledger, dataset_id, provider, others[2:5], others[:2], error_names(ledger.abi))


class Walk:
    """Draws steps, takes each on both sides, compares."""

    def __init__(self, chain: Chain, seed: int) -> None:
        self.chain, self.random, self.model = chain, Random(seed), LedgerModel()
        self.ids: list[bytes] = []
        self.pending: list[tuple[str, int, int, Quantity]] = []
        self.outcomes: Counter[str] = Counter()
        self.salt = 0
        self.job = 0

    def step(self) -> None:
        draw = self.random
        actions: list[Callable[[], None]] = [self.reserve] * 5 + [self.end] * 4
        actions += [self.top_up, self.transfer, self.allow_transfer, self.revoke, self.grant]
        (draw.choice(actions) if self.ids else self.grant)()
        self.compare()

    def take(self, name: str, call: Any, sender: str, model: Callable[[], None]) -> bool:
        try:
            model()
            expected = None
        except Refused as refusal:
            expected = str(refusal)
        assert self.chain.attempt(call, sender) == expected, name
        self.outcomes[expected or name] += 1
        return expected is None

    def quantity(self, highest: int) -> Quantity:
        draw = self.random
        return (draw.randrange(highest), draw.randrange(highest * 10), draw.randrange(highest * 5))

    def number(self) -> int:
        # Mostly one of the latest: old ones are revoked or used up.
        return max(0, len(self.ids) - 1 - int(self.random.expovariate(0.5)))

    def grant(self) -> None:
        chain, consumer, quantity = self.chain, self.random.choice(self.chain.consumers), self.quantity(12)
        self.salt += 1
        request = (
            *(chain.provider, consumer, chain.dataset_id, bytes(32), [PROGRAM], LICENSED_COLUMNS),
            *(*quantity, 0, FAR, 5, self.salt, FAR),
        )
        call = chain.ledger.functions.grant(request, b"")
        if self.take("grant", call, chain.provider, lambda: self.model.grant(consumer, quantity)):
            self.ids.append(chain.ledger.functions.hashGrantLicence(request).call())

    def top_up(self) -> None:
        number, added = self.number(), self.quantity(3)
        if self.random.random() < 0.2:
            added = self.random.choice([(0, 0, 0), (2**64 - 1, 0, 0), (0, 2**128 - 1, 0), (0, 0, 2**64 - 1)])
        self.salt += 1
        call = self.chain.ledger.functions.topUp((self.ids[number], *added, self.salt, FAR), b"")
        self.take("topUp", call, self.chain.provider, lambda: self.model.top_up(number, added))

    def revoke(self) -> None:
        number, epoch, aborts = self.number(), self.random.choice([1, 1, 2]), self.random.random() < 0.5
        call = self.chain.ledger.functions.revokeInEpoch((self.ids[number], epoch, int(aborts), FAR), b"")
        self.take(
            "revoke", call, self.chain.provider, lambda: self.model.revoke(number, epoch, aborts=aborts)
        )

    def allow_transfer(self) -> None:
        number, to = self.number(), self.random.choice([ANYBODY, *self.chain.consumers])
        call = self.chain.ledger.functions.allowTransfer((self.ids[number], to, FAR), b"")
        self.take("allow", call, self.chain.provider, lambda: self.model.allow_transfer(number, to))

    def transfer(self) -> None:
        number = self.number()
        sender, to = self.random.choice(self.chain.consumers), self.random.choice(self.chain.consumers)
        self.salt += 1
        call = self.chain.ledger.functions.transfer((self.ids[number], to, self.salt, FAR), b"")
        self.take("transfer", call, sender, lambda: self.model.transfer(number, sender, to))

    def reserve(self) -> None:
        draw, number = self.random, self.number()
        consumer = self.model.licences[number].consumer
        if draw.random() < 0.1:
            consumer = draw.choice(self.chain.consumers)
        columns = draw.choice([0b11, 0b101, 0b111, 0b111, 0b110, 0b1001])
        quantity = (1, draw.randrange(20), draw.randrange(10))
        market = draw.choice(self.chain.markets)
        self.job += draw.random() < 0.8
        job = self.job
        call = self.chain.ledger.functions.reserve(
            job.to_bytes(32, "big"), self.ids[number], consumer, PROGRAM, columns, quantity
        )
        if self.take(
            "reserve",
            call,
            market,
            lambda: self.model.reserve(market, job, number, consumer, columns, quantity),
        ):
            self.pending.append((market, job, number, quantity))

    def end(self) -> None:
        if not self.pending:
            return
        draw = self.random
        market, job, number, (_, cells, outputs) = self.pending[draw.randrange(len(self.pending))]
        if draw.random() < 0.1:
            market = draw.choice(self.chain.markets)
        if draw.random() < 0.1:
            cells += 1_000
        is_consumed = draw.random() < 0.6
        functions = self.chain.ledger.functions
        function = functions.consume if is_consumed else functions.release
        call = function(job.to_bytes(32, "big"), outputs, [(self.ids[number], cells)])
        self.take(
            "consume" if is_consumed else "release",
            call,
            market,
            lambda: self.model.end(market, job, number, cells, outputs, is_consumed=is_consumed),
        )

    def compare(self) -> None:
        for licence_id, licence in list(zip(self.ids, self.model.licences, strict=True))[-4:]:
            found = self.chain.ledger.functions.quantities(licence_id).call()
            assert [tuple(item) for item in found] == [
                licence.granted,
                licence.remaining,
                licence.reserved,
                licence.consumed,
            ]
            epoch, effect = self.chain.ledger.functions.revocationOf(licence_id).call()
            assert (epoch, bool(effect)) == (licence.epoch, licence.is_aborting)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_ledger_does_what_the_model_does(chain: Chain, seed: int) -> None:
    walk = Walk(chain, seed)
    for _ in range(STEPS):
        walk.step()
    # The walk is worth something only if it gets around.
    assert {"grant", "reserve", "consume", "release", "topUp", "QuantityExhausted"} <= set(walk.outcomes)
