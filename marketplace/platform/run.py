"""`make run` and `make demo`: start everything, run the main job, and serve until Ctrl-C or exit."""

import argparse
import fcntl
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from marketplace.platform.errors import PlatformError
from marketplace.platform.main_job import CAPACITY, MainJob
from marketplace.platform.paths import Installation
from marketplace.platform.ports import LOOPBACK, PortBook, accepts_connections
from marketplace.platform.processes import PARTIES, market_programs, party_program
from marketplace.platform.services import services_start
from marketplace.platform.steps import Steps
from marketplace.platform.supervisor import Supervisor, interrupt_on_termination

__all__ = ["main", "prepare_market", "refuse_taken"]

PREFERRED_WEB_PORT = 8000


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 only if the main job settled on the chain and its result agrees with the plain one."""
    parser = argparse.ArgumentParser(prog="python -m marketplace.platform.run", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="exit after the main job instead of serving")
    parser.add_argument(
        "--jobs", type=int, default=1, help="how often the main job runs, one after the other"
    )
    options = parser.parse_args(arguments)
    console = Console()
    installation = Installation.here()
    with interrupt_on_termination(), Supervisor(installation.logs) as supervisor:
        try:
            with _only_one(installation):
                return _run(supervisor, installation, console, is_demo=options.demo, jobs=options.jobs)
        except PlatformError as error:
            console.print(
                f"{type(error).__name__}: {error}", style="red", markup=False, highlight=False, soft_wrap=True
            )
            return 1
        except KeyboardInterrupt:
            console.print("stopping every process …")
            return 130 if options.demo else 0


@contextmanager
def _only_one(installation: Installation) -> Iterator[None]:
    """Hold the installation's lock; the system frees it even if this process is killed."""
    installation.var.mkdir(parents=True, exist_ok=True)
    with (installation.var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformError(
                f"the market of {installation.var} runs already; stop that run first"
            ) from None
        yield


def _run(
    supervisor: Supervisor, installation: Installation, console: Console, *, is_demo: bool, jobs: int
) -> int:
    web_port = PortBook(installation.ports).free_port("web", preferred=PREFERRED_WEB_PORT)
    market_url = f"http://{LOOPBACK}:{web_port}"
    steps = Steps(console, directory=installation.root, environment={})
    with steps.step("database, queue and chain"):
        addresses = services_start(supervisor, installation, os.environ, allowed_origin=market_url)
    environment = {**addresses, "HENGSUAN_VAR_DIR": str(installation.var)}
    steps.environment.update(environment)
    job = MainJob(installation, steps, market_url)
    job.prepare_homes()
    prepare_market(steps, installation, job.market_steps())
    job.hand_out_tokens()
    refuse_taken(web_port)
    for program in market_programs(installation, environment, web_port):
        with steps.step(program.name):
            supervisor.start(program)
    with steps.step("three nodes, two connectors, one consumer"):
        for party in PARTIES:
            supervisor.start(party_program(party, installation, environment, market_url))
    status = max(job.run() for _ in range(jobs))
    supervisor.check()
    if is_demo:
        return status
    console.print(f"serving on {market_url} — Ctrl-C stops everything", highlight=False)
    supervisor.serve()
    return status


def refuse_taken(web_port: int) -> None:
    """Raise PlatformError if somebody took the port while the market was prepared: they would be believed."""
    if accepts_connections(web_port):
        raise PlatformError(f"port {web_port} was taken by another program meanwhile; start again")


def prepare_market(steps: Steps, installation: Installation, further: list[list[str]]) -> None:
    """Bring database, setup and chain to the state that this code needs; repeated, it changes nothing."""
    python = installation.python
    setup = installation.var / "setups" / f"development-{CAPACITY}"
    if not (setup / "key.json").exists():
        make = [python, "-m", "proofs", "setup", "--capacity", str(CAPACITY), "--out", str(setup)]
        steps.run(f"development setup for {CAPACITY} rows (insecure: one party made it)", make)
    commands = [
        ["database schema", "migrate", "--no-input"],
        ["static files", "collectstatic", "--no-input"],
        ["setup and program", "register_setup", "--made-here", str(setup)],
        ["contracts", "deploy_contracts"],
        *further,
    ]
    plan = installation.var / "prepare.json"
    plan.write_text(json.dumps(commands))
    steps.run_each([python, "-m", "marketplace.config.prepare", str(plan)], "preparing the market")


if __name__ == "__main__":
    sys.exit(main())
