"""A whole market of real, separate processes, as `make run` starts them, with one main job behind it.

The first start is the command itself, `python -m marketplace.platform.run --demo`, in a folder of its own.
The second start, on the same folder, stays up for the tests: the same servers, market and parties under this
process's supervisor, with the short intervals of `tests/e2e/settings`. Tests see it from outside: through
the parties' own clients, the chain, the pages, and, to read only, the database.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
from rich.console import Console

from marketplace.chain.reader import ChainReader, QuantityState
from marketplace.platform.main_job import MainJob
from marketplace.platform.paths import Installation
from marketplace.platform.ports import LOOPBACK, PortBook
from marketplace.platform.processes import CONSUMER, PARTIES, PartyProcess, market_programs, party_program
from marketplace.platform.run import prepare_market
from marketplace.platform.services import services_start
from marketplace.platform.steps import Steps
from marketplace.platform.supervisor import Program, Supervisor
from scheduler.agents.configuration import PartyConfig, load_configuration
from scheduler.agents.connector.config import ConnectorConfig
from scheduler.agents.consumer.config import ConsumerConfig, load_order
from scheduler.agents.consumer.ordering import build_order, place_order
from scheduler.agents.node.config import NodeConfig
from scheduler.agents.session import Session, open_session

__all__ = [
    "FINAL",
    "JOB_SECONDS",
    "ROOT",
    "FirstStart",
    "Market",
    "Money",
    "first_start",
    "own_environment",
    "wait_until",
]

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Path(__file__).with_name("settings")
FINAL = ("SETTLED", "CANCELLED", "FAILED", "EXPIRED")
POLL_SECONDS = 0.05
JOB_SECONDS = 150.0
"""How long a test waits for a job; several times what one takes on two busy cores."""
CONFIGURATIONS: dict[str, type[PartyConfig]] = {
    "node": NodeConfig,
    "connector": ConnectorConfig,
    "consumer": ConsumerConfig,
}
# Of the test session's own servers and settings; the market under test knows nothing of them.
FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "ETH_RPC_URL", "CHAIN_ID", "CHAIN_SIGNER_KEY_FILE")
FOREIGN += ("HENGSUAN_ENV", "HENGSUAN_VAR_DIR", "DJANGO_SETTINGS_MODULE")


def wait_until(condition: Callable[[], Any], what: str, *, seconds: float = 60.0) -> Any:
    """The first true value of a condition; an AssertionError that says what was waited for otherwise."""
    gives_up_at = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < gives_up_at, f"not within {seconds:g} s: {what}"
        time.sleep(POLL_SECONDS)
    return value


def own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


@dataclass(frozen=True)
class FirstStart:
    """What the demonstration's command said."""

    status: int
    output: str
    seconds: float


def first_start(directory: Path) -> FirstStart:
    """Run the main job by the command that users have, in an empty folder."""
    ports = PortBook(Installation(root=ROOT, var=directory).ports)
    for server in ("web", "chain"):
        ports.free_port(server)  # not the preferred ones, which a market beside the tests may have
    started_at = time.monotonic()
    done = subprocess.run(
        [Installation.here().python, "-m", "marketplace.platform.run", "--demo"],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**own_environment(), "HENGSUAN_VAR_DIR": str(directory), "COLUMNS": "200"},
    )
    return FirstStart(done.returncode, done.stdout, time.monotonic() - started_at)


@dataclass(frozen=True)
class Money:
    """Credits inside the market by address, all escrow, and the tokens that the market holds for them."""

    credits: dict[str, int]
    escrow: int
    tokens: int

    @property
    def is_covered(self) -> bool:
        """Every token in the market is somebody's credit or in escrow, and no more is owed than is there."""
        return sum(self.credits.values()) + self.escrow == self.tokens

    def gained_since(self, before: "Money") -> dict[str, int]:
        """Change of each credit that changed."""
        changes = {who: credit - before.credits.get(who, 0) for who, credit in self.credits.items()}
        return {who: change for who, change in changes.items() if change}


class Market:
    """The second start of a market in a folder that had its first one."""

    def __init__(self, directory: Path, first: FirstStart) -> None:
        self.first = first
        self.installation = Installation(root=ROOT, var=directory)
        self.supervisor = Supervisor(self.installation.logs)
        self.said = StringIO()
        self.seconds_to_start = 0.0
        self.environment: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}

    # starting and stopping ---------------------------------------------------------------------
    def start(self) -> None:
        """What `make run` does up to the job."""
        started_at = time.monotonic()
        self.supervisor.__enter__()
        self._web_port = PortBook(self.installation.ports).free_port("web", preferred=8000)
        steps = Steps(Console(file=self.said, width=200), directory=ROOT, environment={})
        self.start_services()
        steps.environment = {**own_environment(), **self.environment}
        job = MainJob(self.installation, steps, self.url)
        job.prepare_homes()
        prepare_market(steps, self.installation, job.market_steps())
        job.hand_out_tokens()
        for name in ("web", "worker", "beat"):
            self.start_process(name)
        for party in PARTIES:
            self.start_process(party.name)
        self.seconds_to_start = time.monotonic() - started_at
        self.money_after_main_job = self.money()

    def stop(self) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self.supervisor.__exit__()

    def start_services(self) -> None:
        """Start whichever of database, queue and chain does not run."""
        addresses = services_start(self.supervisor, self.installation, {}, allowed_origin=self.url)
        self.environment = {
            **addresses,
            "HENGSUAN_VAR_DIR": str(self.installation.var),
            "HENGSUAN_ENV": "development",
            "DJANGO_SETTINGS_MODULE": "impatient_settings",
            "PYTHONPATH": str(SETTINGS),
        }

    def program(self, name: str) -> Program:
        """One of the market's processes, or one of the demonstration's parties."""
        programs = {p.name: p for p in market_programs(self.installation, self.environment, self._web_port)}
        if name in programs:
            return programs[name]
        party = next((party for party in PARTIES if party.name == name), None)
        return self.party_program(party or PartyProcess(name, name.split("-", maxsplit=1)[0]))

    def party_program(self, party: PartyProcess, command: list[str] | None = None) -> Program:
        """A party's process; with another command, a party that runs another program on the same home."""
        program = party_program(party, self.installation, self.environment, self.url)
        return program if command is None else replace(program, command=command)

    def start_process(self, name: str) -> None:
        self.supervisor.start(self.program(name))

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children."""
        self.supervisor.kill(name)

    # addresses ---------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._web_port}"

    @property
    def rpc_url(self) -> str:
        return self.environment["ETH_RPC_URL"]

    @property
    def homes(self) -> Path:
        return self.installation.var / "parties"

    @property
    def demo(self) -> Path:
        """Where the main job's result and receipt are."""
        return self.installation.var / "demo"

    @property
    def setup(self) -> Path:
        return next((self.installation.var / "setups").glob("development-*"))

    @cached_property
    def main_job_id(self) -> str:
        receipt = json.loads((self.demo / "receipt.json").read_text(encoding="utf-8"))
        return str(receipt["order"]["job_id"])

    # parties -----------------------------------------------------------------------------------
    def party_environment(self, party: str) -> dict[str, str]:
        """What a party's command finds in its environment."""
        return {
            "HENGSUAN_HOME": str(self.homes / party),
            "HENGSUAN_MARKET_URL": self.url,
            "ETH_RPC_URL": self.environment["ETH_RPC_URL"],
            "CHAIN_ID": self.environment["CHAIN_ID"],
        }

    def command(self, party: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `hengsuan …` as this party."""
        return subprocess.run(
            [self.installation.python, "-m", "marketplace.platform.cli", *words],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**own_environment(), **self.party_environment(party), "LANG": "C.UTF-8"},
        )

    def session(self, party: str) -> Session:
        """A party's own session with the market, beside its agent's."""
        if party not in self._sessions:
            kind = party.split("-", maxsplit=1)[0]
            path = self.homes / party / f"{kind}.toml"
            config = load_configuration(CONFIGURATIONS[kind], path, self.party_environment(party))
            self._sessions[party] = open_session(kind, config)
        return self._sessions[party]

    @property
    def consumer(self) -> Session:
        return self.session(CONSUMER)

    def address(self, party: str) -> str:
        public = (self.homes / party / "state" / "public.json").read_text(encoding="utf-8")
        return str(json.loads(public)["eth_address"])

    def node_id(self, party: str) -> str:
        query = "SELECT node_id FROM nodes_node JOIN accounts_party ON party_id = id WHERE eth_address = %s"
        (row,) = self.rows(query, self.address(party))
        return str(row[0])

    @contextmanager
    def benched(self, party: str) -> Iterator[None]:
        """Inside, this node says that it takes no work."""
        client = self.session(party).client
        client.set_availability(self.node_id(party), "OFFLINE")
        try:
            yield
        finally:
            client.set_availability(self.node_id(party), "ONLINE")

    # jobs --------------------------------------------------------------------------------------
    def order(self, **changes: Any) -> str:
        """Place the main job again, changed where it is said; the job id."""
        wanted = replace(load_order(self.homes / CONSUMER / "order.toml"), **changes)
        return place_order(self.consumer, build_order(self.consumer, wanted, wait_seconds=60))

    def job(self, job_id: str) -> dict[str, Any]:
        """state, attempt, reason_code and price in the database."""
        columns = ("state", "attempt", "reason_code", "price")
        (row,) = self.rows(f"SELECT {', '.join(columns)} FROM orders_job WHERE job_id = %s", job_id)
        return dict(zip(columns, row, strict=True))

    def events(self, job_id: str, kind: str = "") -> list[dict[str, Any]]:
        """What happened to a job, as its consumer is told; of one kind if it is given."""
        events = self.consumer.client.job_events(job_id)
        return [event for event in events if kind in ("", event["kind"])]

    def wait_for_state(self, job_id: str, *states: str, seconds: float = JOB_SECONDS) -> dict[str, Any]:
        """Wait until the job is in one of these states; it must not end in another one before."""

        def arrived() -> dict[str, Any] | None:
            job = self.job(job_id)
            assert job["state"] in states or job["state"] not in FINAL, (job, self.story(job_id))
            return job if job["state"] in states else None

        job: dict[str, Any] = wait_until(arrived, f"job {job_id} in {states}", seconds=seconds)
        return job

    def wait_for_receipt(self, job_id: str) -> None:
        query = "SELECT 1 FROM orders_receipt WHERE job_id = %s"
        wait_until(lambda: self.rows(query, job_id), f"the receipt of {job_id}")

    def story(self, job_id: str) -> str:
        """The job's events from the database, for a failed assertion."""
        query = "SELECT sequence, kind, to_state, attempt, detail FROM orders_jobevent WHERE job_id = %s"
        return "\n".join(str(row) for row in self.rows(query + " ORDER BY sequence", job_id))

    # books -------------------------------------------------------------------------------------
    @cached_property
    def reader(self) -> ChainReader:
        return self.consumer.deployment.reader(self.rpc_url)

    def money(self) -> Money:
        """Everybody's credit now, by the chain."""
        parties = self.rows("SELECT eth_address FROM accounts_party UNION SELECT operator FROM nodes_node")
        everyone = {str(address) for (address,) in parties} | {str(self.reader.call("Market", "treasury"))}
        return Money(
            credits={address: self.reader.balance(address) for address in sorted(everyone)},
            escrow=int(self.reader.call("Market", "totalEscrow")),
            tokens=self.reader.token_balance(self.reader.addresses["Market"]),
        )

    def licences(self) -> list[str]:
        return [str(row[0]) for row in self.rows("SELECT licence_id FROM licences_licence ORDER BY 1")]

    def quantities(self) -> dict[str, QuantityState]:
        """Every licence's quantities by the chain."""
        return {licence_id: self.reader.quantities(licence_id) for licence_id in self.licences()}

    def booked(self, licence_id: str) -> dict[str, tuple[int, int, int]]:
        """Runs, cells and outputs of one licence by kind of entry, from the market's own ledger."""
        rows = self.rows(
            "SELECT kind, sum(runs), sum(cells), sum(outputs) FROM licences_quantityentry "
            "WHERE licence_id = %s GROUP BY kind",
            licence_id,
        )
        return {kind: (int(runs), int(cells), int(outputs)) for kind, runs, cells, outputs in rows}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read from the market's database."""
        with self._database.cursor() as cursor:
            cursor.execute(query, values or None)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    @cached_property
    def _database(self) -> Any:
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        connection.set_session(readonly=True, autocommit=True)
        return connection
