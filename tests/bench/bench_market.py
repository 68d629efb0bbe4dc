"""How fast the market hands out work, admits orders and matches, beside a bare queue in PostgreSQL.

The peer, measured in the same run, is a table and `UPDATE … WHERE id = (SELECT id … FOR UPDATE SKIP LOCKED
LIMIT 1) RETURNING id`: the least that a queue does. Ours also gives fencing tokens, keeps leases, and gives a
task to its own party only. Both are asked by as many threads of one process; 200 parties poll, each again as
soon as it has an answer, and an answer's latency counts from the moment its poll was ready.

    python tests/bench/bench_market.py [--tasks 4000] [--orders 150] [--sizes 250,500,1000,2000]

Starts a PostgreSQL and a Redis of its own in a temporary directory. Draws docs/performance-market.svg.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import statistics
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_growth import panel
from measure import Measured

from marketplace.platform.testing import TestServers

ROOT = Path(__file__).parents[2]
# Some installed package ships a `tests` of its own, which would be found instead of ours.
sys.modules["tests"] = types.ModuleType("tests")
sys.modules["tests"].__path__ = [str(ROOT / "tests")]
DRAWING = ROOT / "docs" / "performance-market.svg"
PARTIES = 200
THREADS = 32
Latencies = list[float]


def polled(take: Callable[[int], bool], tasks: int) -> tuple[float, Latencies]:
    """All parties poll until every task is taken. Returns seconds and the latency of each grant."""
    waiting: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
    start = time.perf_counter()
    for party in range(PARTIES):
        waiting.put((party, start))
    latencies: Latencies = []
    left = threading.Semaphore(tasks)

    def work() -> None:
        from django.db import connections

        while left.acquire(blocking=False):
            party, since = waiting.get()
            if take(party):
                now = time.perf_counter()
                latencies.append(now - since)
                waiting.put((party, now))
            else:
                left.release()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start, latencies


def bare_queue(tasks: int) -> Callable[[int], bool]:
    """A table of its own with an index of what is ready."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'ready')")
        cursor.execute("INSERT INTO bare (state) SELECT 'ready' FROM generate_series(1, %s)", [tasks])
        cursor.execute("CREATE INDEX bare_ready ON bare (id) WHERE state = 'ready'")

    def take(party: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE bare SET state = 'leased' WHERE id = (SELECT id FROM bare WHERE state = 'ready'"
                " ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id"
            )
            return cursor.fetchone() is not None

    return take


def lease_queue(job: Any, tasks: int) -> Callable[[int], bool]:
    """Tasks of 200 nodes' parties, in equal parts, leased as the API leases them."""
    from scheduler.leases.closing import tasks_create
    from scheduler.leases.models import Task, TaskKind
    from scheduler.leases.services import lease_take
    from tests.support.cast import actor

    parties = [actor(f"node-{number}", "node", f"org-{number}").party for number in range(PARTIES)]
    share = tasks // PARTIES
    made = [
        Task(job=job, kind=TaskKind.COMPUTE, attempt=1, party=party, seat=seat, payload={})
        for party in parties
        for seat in range(1, share + 1)
    ]
    tasks_create(tasks=made)
    return lambda number: lease_take(party=parties[number], kinds=[TaskKind.COMPUTE]) is not None


def small_market(directory: Path) -> tuple[Any, Any, Any]:
    """A market with one granted licence; its consumer."""
    from django.conf import settings

    from marketplace.catalogue import setups
    from marketplace.catalogue.services import program_mark_registered, program_register, setup_register
    from marketplace.chain.deployment import REQUIRED, ContractRecord, Deployment
    from marketplace.signing.eip712 import Eip712Domain
    from proofs import setup as proof_setup
    from proofs.backend import get_backend
    from proofs.statement import Program
    from tests.support.cast import actor
    from tests.support.fixtures import granted, registered
    from tests.support.market import Market

    zero = "0x" + "00" * 32
    addresses = {name: f"0x{'0' * 38}{number:02d}" for number, name in enumerate(REQUIRED, start=10)}
    contracts = {name: ContractRecord(address, zero, [], zero, 0) for name, address in addresses.items()}
    settings.CHAIN_DEPLOYMENT_FILE, settings.CHAIN_ID = directory / "deployment.json", 31337
    Deployment(31337, zero, 0, "0x" + "00" * 20, contracts).save(settings.CHAIN_DEPLOYMENT_FILE)
    proof_setup.ensure_development_setup(directory, 16, get_backend(), max_outputs=64)
    setup = setup_register(directory=directory / "development-16", is_made_here=True)
    document = Program(setup_id=bytes.fromhex(setup.setup_id[2:])).document()
    program = program_register(document=document, title="Joint statistics")
    program_mark_registered(program_id=program.program_id)
    domains = {name: Eip712Domain(31337, address) for name, address in addresses.items()}
    market = Market(key=setups.proving_key(setup), setup=setup, program=program, domains=domains)
    owner, consumer = actor("owner", "connector", "operator"), actor("consumer", "consumer", "lab")
    licence = granted(market, owner, consumer, registered(market, owner, "age", "bill"))
    return market, consumer, licence


def placed(market: Any, consumer: Any, licence: Any, count: int) -> list[Any]:
    """Orders that differ by their salt."""
    from marketplace.orders.services import order_place

    return [
        order_place(
            consumer=consumer.party, **market.order_body(consumer, licence.licence_id, salt=10**6 + number)
        )
        for number in range(count)
    ]


def admissions(market: Any, consumer: Any, licence: Any, count: int) -> tuple[float, float]:
    """Orders placed and orders admitted a second, by one worker."""
    from scheduler.pipeline.runner import Step, job_step

    start = time.perf_counter()
    jobs = placed(market, consumer, licence, count)
    placing = count / (time.perf_counter() - start)
    start = time.perf_counter()
    for job in jobs:
        job_step(job.job_id, Step.ADMIT)
    return placing, count / (time.perf_counter() - start)


def matching(sizes: list[int]) -> None:
    """The first two rounds of the simulated market in its published proportions: ten nodes to an order."""
    from scheduler.matching.simulate import Simulation, parameters

    decisions: list[tuple[int, Measured]] = []
    print("\n| orders × nodes | matched | s | processor s | µs an order |\n|---:|---:|---:|---:|---:|")
    Simulation(_sized(parameters(), 100)).step(with_bound=False)  # imports are not counted
    for size in sizes:
        simulation = Simulation(_sized(parameters(), size))
        reports = [simulation.step(with_bound=False) for _ in range(3)]
        seconds = statistics.median(report.solve_seconds for report in reports)
        worked = statistics.median(report.processor_seconds for report in reports)
        decisions.append((size, Measured(worked, 0)))
        print(
            f"| {size:,} × {10 * size:,} | {reports[-1].matched:,} of {reports[-1].waiting:,}"
            f" | {seconds:.2f} | {worked:.2f} | {1e6 * worked / size:,.0f} |",
            flush=True,
        )
    plot = panel(
        40,
        "processor seconds of a round, by orders",
        " s",
        decisions,
        [m.seconds for _, m in decisions],
        "#1f6f8b",
    )
    DRAWING.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 230" font-family="sans-serif" '
        f'font-size="11">\n<rect width="300" height="230" fill="#fff"/>\n{plot}\n</svg>\n'
    )


def _sized(settings: dict[str, Any], orders: int) -> dict[str, Any]:
    share = orders / settings["orders"]["arriving"]
    settings["orders"]["arriving"] = orders
    settings["nodes"]["count"] = round(settings["nodes"]["count"] * share)
    settings["nodes"]["operators"] = round(settings["nodes"]["operators"] * share)
    return settings


def queue_line(name: str, tasks: int, seconds: float, latencies: Latencies) -> str:
    p95 = statistics.quantiles(latencies, n=20)[-1]
    return f"| {name} | {tasks / seconds:,.0f} | {1000 * p95:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=4000)
    parser.add_argument("--orders", type=int, default=150)
    parser.add_argument("--sizes", default="250,500,1000,2000")
    arguments = parser.parse_args()
    servers = TestServers()
    os.environ.update(servers.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "marketplace.config.settings"
    try:
        servers.database_url()
        servers.broker_url()
        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.WARNING)
        call_command("migrate", verbosity=0)
        tasks = arguments.tasks // PARTIES * PARTIES
        with tempfile.TemporaryDirectory() as directory:
            market, consumer, licence = small_market(Path(directory))
            (job,) = placed(market, consumer, licence, 1)
            bare_seconds, bare_latencies = polled(bare_queue(tasks), tasks)
            seconds, latencies = polled(lease_queue(job, tasks), tasks)
            print(
                f"| {PARTIES} nodes polling, {THREADS} threads | grants a second | p95 ms |\n|---|---:|---:|"
            )
            print(queue_line("bare SKIP LOCKED queue", tasks, bare_seconds, bare_latencies))
            print(queue_line("leases", tasks, seconds, latencies))
            print(f"ratio {bare_seconds / seconds:.2f}", flush=True)
            placing, admitting = admissions(market, consumer, licence, arguments.orders)
            bare = tasks / bare_seconds
            share = f"{admitting / bare:.3f} of the bare queue's rate"
            print(f"\norders placed {placing:,.0f}/s, admitted {admitting:,.0f}/s ({share})")
        matching([int(size) for size in arguments.sizes.split(",")])
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
