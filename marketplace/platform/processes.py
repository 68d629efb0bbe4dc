"""The processes of one machine: the market's, and those of every party of the demonstration."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import httpx

from marketplace.platform.paths import Installation
from marketplace.platform.ports import LOOPBACK
from marketplace.platform.supervisor import Program

__all__ = ["CONSUMER", "MARKET_VARIABLES", "PARTIES", "PartyProcess", "market_programs", "party_program"]

# Every waiting lease holds a thread for up to 25 s, so there are many more threads than cores.
WEB_THREADS = 64
WORKER_QUEUES = "default,pipeline,chain"
# A party is a stranger to the market: its process sees none of the market's secrets.
MARKET_VARIABLES = frozenset(
    {"DATABASE_URL", "CELERY_BROKER_URL", "CHAIN_SIGNER_KEY_FILE", "HENGSUAN_SECRET_KEY", "HENGSUAN_VAR_DIR"}
)


@dataclass(frozen=True)
class PartyProcess:
    """One party's agent: `hengsuan KIND`, with its keys and data in a folder of its own."""

    name: str
    kind: str


CONSUMER = "consumer"
PARTIES = (
    PartyProcess("node-1", "node"),
    PartyProcess("node-2", "node"),
    PartyProcess("node-3", "node"),
    PartyProcess("connector-operator", "connector"),
    PartyProcess("connector-bank", "connector"),
    PartyProcess(CONSUMER, "consumer"),
)


def market_programs(installation: Installation, environment: dict[str, str], web_port: int) -> list[Program]:
    """Return the market's processes in the order of their start."""
    python = installation.python
    celery = [python, "-m", "celery", "-A", "marketplace.config.celery"]
    web = [python, "-m", "gunicorn", "marketplace.config.wsgi", "--bind", f"{LOOPBACK}:{web_port}"]
    web += ["--worker-class", "gthread", "--threads", str(WEB_THREADS), "--workers", "1"]
    web += ["--graceful-timeout", "3", "--timeout", "60", "--no-control-socket"]
    worker = [*celery, "worker", "--queues", WORKER_QUEUES, "--concurrency", "2", "--hostname", "worker@%h"]
    beat = [*celery, "beat", "--pidfile="]
    return [
        _program("web", web, installation, environment, is_ready=lambda: _answers(web_port)),
        _program("worker", worker, installation, environment),
        _program("beat", beat, installation, environment),
    ]


def party_program(
    party: PartyProcess, installation: Installation, environment: dict[str, str], market_url: str
) -> Program:
    """Return one party's process.

    HENGSUAN_MARKET_URL tells it the market, HENGSUAN_HOME its own folder; what is the market's is withheld.
    """
    own = {
        "HENGSUAN_HOME": str(installation.var / "parties" / party.name),
        "HENGSUAN_MARKET_URL": market_url,
        "ETH_RPC_URL": environment["ETH_RPC_URL"],
        "CHAIN_ID": environment["CHAIN_ID"],
    }
    command = [installation.python, "-m", "marketplace.platform.cli", party.kind]
    return _program(party.name, command, installation, own, withheld_variables=MARKET_VARIABLES)


def _program(
    name: str,
    command: list[str],
    installation: Installation,
    environment: dict[str, str],
    is_ready: Callable[[], bool] | None = None,
    withheld_variables: Collection[str] = (),
) -> Program:
    return Program(
        name=name,
        command=command,
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        is_ready=is_ready,
        withheld_variables=withheld_variables,
        directory=installation.root,
    )


def _answers(web_port: int) -> bool:
    """Any answer below 500 will do: the page may ask for a login."""
    try:
        return httpx.get(f"http://{LOOPBACK}:{web_port}/", timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False
