"""The market with a fourth node, of a fourth operator, that can be told to be slow, dead or dishonest."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from marketplace.chain.abi import encode_call
from marketplace.platform.chain import development_account
from marketplace.platform.paths import write_private
from marketplace.platform.processes import PARTIES, PartyProcess
from tests.e2e.market import FINAL, JOB_SECONDS, ROOT, Market, Money, own_environment, wait_until

__all__ = ["Stage"]

PROGRAMS = Path(__file__).with_name("programs")
ODD_NODE = PartyProcess("node-4", "node")
ODD_DEALER = PartyProcess("connector-bank", "connector")
SPARE = "node-3"
PARTIES_TOML = """
[[parties]]
party = "node-4"
kind = "node"
organisation = { slug = "quarry-compute", name = "Quarry Compute", name_zh = "采石场算力" }
"""
NODE_TOML = """
name = "node-4"

[node]
operator_key_file = "operator.key"
tier = "edge"
region = "cn-north"
fee_per_job = "1200000000000000000"
"""


class Stage:
    """What the scenarios need beside the market itself."""

    def __init__(self, market: Market) -> None:
        self.market = market

    # the fourth node ---------------------------------------------------------------------------
    @property
    def home(self) -> Path:
        return self.market.homes / ODD_NODE.name

    def enrol(self) -> None:
        """A fourth organisation gets a token as the others did, and its node joins."""
        directory = self.market.installation.var / "chaos"
        directory.mkdir(exist_ok=True)
        parties, tokens = directory / "parties.toml", directory / "tokens.json"
        parties.write_text(PARTIES_TOML, encoding="utf-8")
        subprocess.run(
            [
                self.market.installation.python,
                "manage.py",
                "seed_demo",
                "--parties",
                parties,
                "--tokens",
                tokens,
            ],
            check=True,
            cwd=ROOT,
            env={**own_environment(), **self.market.environment},
            stdout=subprocess.DEVNULL,
        )
        self.home.mkdir(mode=0o700, exist_ok=True)
        (self.home / "node.toml").write_text(NODE_TOML, encoding="utf-8")
        write_private(self.home / "enrolment-token", json.loads(tokens.read_text())["node-4"]["token"])
        self.start_node()
        ready = (
            "SELECT 1 FROM nodes_node JOIN accounts_party ON party_id = id "
            "WHERE name = %s AND state = 'REGISTERED' AND availability = 'ONLINE'"
        )
        wait_until(lambda: self.market.rows(ready, ODD_NODE.name), "the fourth node online")

    def start_node(self) -> None:
        self._start(ODD_NODE, "odd_node.py")

    @property
    def node_id(self) -> str:
        return self.market.node_id(ODD_NODE.name)

    def stake_node(self, amount: int) -> None:
        """Stake for the fourth node."""
        self._put_up(amount, "depositStake", self.node_id)

    def bond_node(self, amount: int) -> None:
        """A bond for the fourth node's operator, once the market knows of it."""
        (operator,) = self.market.rows("SELECT operator FROM nodes_node WHERE node_id = %s", self.node_id)[0]
        self._put_up(amount, "depositBond", operator)
        known = "SELECT 1 FROM nodes_collateralentry WHERE holder = %s AND movement = 'deposited'"
        wait_until(lambda: self.market.rows(known, operator), "the bond in the market's books")

    def _put_up(self, amount: int, function: str, holder: str) -> None:
        """Paid by somebody who is no party to anything."""
        reader, payer = self.market.reader, development_account(7)
        token, nodes = reader.addresses["SettlementToken"], reader.addresses["NodeRegistry"]
        # Tokens out of nothing, past the mint of the market's signer: balances are the token's first slot.
        slot = "0x" + keccak(bytes(12) + bytes.fromhex(payer.address[2:]) + bytes(32)).hex()
        request: Any = reader.web3.provider.make_request
        request("anvil_setStorageAt", [token, slot, f"0x{amount:064x}"])
        assert self.send_as(payer, "SettlementToken", "approve", nodes, amount)
        assert self.send_as(payer, "NodeRegistry", function, holder, amount)

    def send_as(self, sender: Any, contract: str, function: str, *arguments: object) -> bool:
        """One call of a contract, waited for; whether it was mined without reverting."""
        reader = self.market.reader
        web3 = reader.web3
        transaction = {
            "to": reader.addresses[contract],
            "data": encode_call(contract, function, list(arguments)),
            "from": sender.address,
            "nonce": web3.eth.get_transaction_count(sender.address),
            "chainId": web3.eth.chain_id,
            "gas": 1_000_000,
            "gasPrice": web3.eth.gas_price * 2,
            "value": 0,
        }
        sent = web3.eth.send_raw_transaction(sender.sign_transaction(transaction).raw_transaction)
        return bool(web3.eth.wait_for_transaction_receipt(sent, timeout=20)["status"])

    def assert_convicted(self, job_id: str, function: str, stake: int) -> None:
        """All stake of the fourth node is gone, half of it to those it harmed, and everybody can see it."""
        market, node_id = self.market, self.node_id
        taken = wait_until(lambda: market.events(job_id, "convicted"), "the conviction in the job's trail")
        assert [(event["detail"]["accused"], event["detail"]["amount"]) for event in taken] == [
            (node_id, str(stake))
        ]
        reader = market.reader
        assert reader.call("NodeRegistry", "stakeOf", node_id)["bonded"] == 0
        assert reader.call("Evidence", "isConvicted", node_id, job_id) is True
        providers = {part.provider for part in reader.job(job_id).inputs}
        harmed = [market.address("consumer"), *providers]
        assert all(reader.call("NodeRegistry", "awardOf", address) > 0 for address in harmed)
        asked = "SELECT function, state FROM chain_chaintransaction WHERE job_id = %s AND kind = 'accuse'"
        ((called, state),) = market.rows(asked, job_id)
        assert (called, state in ("MINED", "FINAL")) == (function, True)
        record = "SELECT amount FROM nodes_conviction WHERE accused = %s AND job_id = %s"
        assert market.rows(record, node_id, job_id) == [(stake,)]

    @contextmanager
    def odd_node(self, **tricks: str) -> Iterator[None]:
        """Inside, the fourth node does this in tasks of that kind, and is seated in whatever is ordered
        (the third node rests until the job has its seats)."""
        with self._told(self.home, tricks):
            yield

    def order_with_odd_node(self, **changes: Any) -> str:
        """An order whose first attempt seats nodes 1, 2 and 4, while node 3 is free for a second."""
        with self.market.benched(SPARE):
            job_id = self.market.order(**changes)
            seats = wait_until(lambda: self.seats(job_id, 1), "the seats of the first attempt")
        assert self.node_id in seats
        return job_id

    # the dishonest dealer ----------------------------------------------------------------------
    @contextmanager
    def odd_dealer(self, **tricks: str) -> Iterator[None]:
        """Inside, the bank's connector is another program on the same home."""
        supervisor = self.market.supervisor
        supervisor.stop(ODD_DEALER.name)
        self._start(ODD_DEALER, "odd_connector.py")
        try:
            with self._told(self.market.homes / ODD_DEALER.name, tricks):
                yield
        finally:
            supervisor.stop(ODD_DEALER.name)
            self.market.start_process(ODD_DEALER.name)

    def restore(self) -> None:
        """Start whatever does not run, and wait until no job is under way."""
        self.market.start_services()
        running = self.market.supervisor.process_ids()
        for name in ("web", "worker", "beat", *(party.name for party in PARTIES)):
            if name not in running:
                self.market.start_process(name)
        if ODD_NODE.name not in running:
            self.start_node()
        under_way = "SELECT job_id, state FROM orders_job WHERE state NOT IN %s"
        wait_until(lambda: not self.market.rows(under_way, FINAL), "the end of all jobs", seconds=JOB_SECONDS)

    # what is looked at -------------------------------------------------------------------------
    def seats(self, job_id: str, attempt: int) -> list[str]:
        query = "SELECT node_id FROM pipeline_seat WHERE job_id = %s AND attempt = %s ORDER BY seat"
        return [str(row[0]) for row in self.market.rows(query, job_id, attempt)]

    def tasks(self, job_id: str, kind: str, attempt: int = 1) -> list[str]:
        """States of the tasks of one kind."""
        query = "SELECT state FROM leases_task WHERE job_id = %s AND kind = %s AND attempt = %s"
        return [str(row[0]) for row in self.market.rows(query, job_id, kind, attempt)]

    def found(self, name: str, job_id: str = "") -> dict[str, Any]:
        """A note that the fourth node leaves, once it is there."""

        def read() -> dict[str, Any] | None:
            path = self.home / name
            document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            return document if document and document.get("job_id", job_id) == job_id else None

        document: dict[str, Any] = wait_until(read, f"{name} of the fourth node", seconds=90)
        return document

    def assert_paid_once(self, job_id: str, before: Money) -> None:
        """Settled on the chain, and every address has exactly its share more than before."""
        market = self.market
        job = market.reader.job(job_id)
        assert job.state.name == "SETTLED"
        owed = {job.consumer: -job.price, str(market.reader.call("Market", "treasury")): 0}
        parts = [(part.provider, part.price) for part in job.inputs]
        parts += [(seat.operator, seat.fee) for seat in job.seats]
        fee = sum(amount for _, amount in parts) * job.fee_bps // 10_000
        for payee, amount in [*parts, (str(market.reader.call("Market", "treasury")), fee)]:
            owed[payee] = owed.get(payee, 0) + amount
        after = market.money()
        assert after.gained_since(before) == {payee: amount for payee, amount in owed.items() if amount}
        assert (after.escrow, after.is_covered) == (before.escrow, True)
        mined = (
            "SELECT count(*) FROM chain_chaintransaction "
            "WHERE job_id = %s AND kind LIKE 'settle%%' AND state IN ('MINED', 'FINAL')"
        )
        assert market.rows(mined, job_id) == [(1,)]
        self.assert_quantities(job_id, "consumed")

    def assert_given_back(self, job_id: str, before: Money) -> None:
        """Quantities released, escrow refunded, and nobody has anything more or less than before."""
        market = self.market
        assert market.reader.job(job_id).state.name == market.job(job_id)["state"]
        after = market.money()
        assert after.gained_since(before) == {}
        assert (after.escrow, after.is_covered) == (before.escrow, True)
        assert market.rows("SELECT 1 FROM orders_receipt WHERE job_id = %s", job_id) == []
        self.assert_quantities(job_id, "released")

    def assert_quantities(self, job_id: str, kind: str) -> None:
        """Each licence of the job has it reserved once and consumed or released once, on chain and in the
        ledger; no other reservation is open."""
        query = (
            "SELECT kind, runs FROM licences_quantityentry WHERE licence_id = %s AND job_id = %s ORDER BY id"
        )
        for part in self.market.reader.job(job_id).inputs:
            assert self.market.rows(query, part.licence_id, job_id) == [("reserved", 1), (kind, 1)]
            state, booked = (
                self.market.reader.quantities(part.licence_id),
                self.market.booked(part.licence_id),
            )
            assert state.reserved.runs == 0
            assert state.consumed.runs == booked.get("consumed", (0,))[0]

    # inner -------------------------------------------------------------------------------------
    def _start(self, party: PartyProcess, program: str) -> None:
        command = [self.market.installation.python, str(PROGRAMS / program)]
        self.market.supervisor.start(self.market.party_program(party, command))

    @contextmanager
    def _told(self, home: Path, tricks: dict[str, str]) -> Iterator[None]:
        for name in ("paused.json", "refused.json"):
            (home / name).unlink(missing_ok=True)
        (home / "odd.json").write_text(json.dumps(tricks), encoding="utf-8")
        try:
            yield
        finally:
            (home / "odd.json").unlink()
