"""A market of thousands of nodes, round after round: welfare, utilisation, waiting time and solve time.

    python -m scheduler.matching.simulate [--parameters FILE] [--nodes N] [--orders N] [--rounds N] [--bound
    N]

The parameters stand in ``simulation.toml``; the seed makes a run repeatable but for its seconds. Nodes fail
seats by a probability that nobody knows, and gain records from it; jobs with too few answers come again. The
bound on welfare is proven (``bound``), for consumers whose every value is known; ``--bound 3`` computes it in
every third round, since it takes many times as long as the round.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from scheduler.matching.bound import welfare_bound
from scheduler.matching.market import Market, Offer, Order, Resources
from scheduler.matching.reliability import OutcomeKind, Past, failure_ppm
from scheduler.matching.round import Outcome, decide
from scheduler.matching.rules import Rules
from scheduler.matching.table import OfferTable

__all__ = ["RoundReport", "Simulation", "parameters", "report_table"]

PARAMETERS = Path(__file__).with_name("simulation.toml")
UNIT = 10**18
MILLION = 1_000_000
SECONDS_PER_ROUND = 3600
LARGE, SMALL = 65_536, 8_192


def parameters(path: Path = PARAMETERS) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


@dataclass(slots=True)
class _Node:
    offer: Offer
    true_failure: float
    past: Counter[OutcomeKind] = field(default_factory=Counter)


@dataclass(slots=True)
class _Running:
    order: Order
    seats: tuple[str, ...]
    ends: int


@dataclass(frozen=True, slots=True)
class RoundReport:
    """``welfare`` and ``bound`` in the table's unit of cost; bound 0: not computed."""

    waiting: int
    matched: int
    declined: int
    failed: int
    expired: int
    utilisation: float
    solve_seconds: float
    processor_seconds: float
    welfare: int
    bound: int
    waited_rounds: tuple[int, ...]


class Simulation:
    """The state of the market between rounds."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.random = Random(settings["seed"])  # noqa: S311 - a simulation, repeatable by its seed
        self.round = 0
        self.nodes = {node.offer.node_id: node for node in map(self._node, range(settings["nodes"]["count"]))}
        self.waiting: list[Order] = []
        self.running: list[_Running] = []
        self.placed = 0

    def step(self, *, with_bound: bool) -> RoundReport:
        """New prices and orders, ended jobs, one matching round."""
        failed = self._end_jobs()
        self._change_nodes()
        expired = self._arrivals()
        market = Market(
            fee_bps=self.settings["orders"]["fee_bps"],
            orders=tuple(self.waiting),
            offers=tuple(node.offer for node in self.nodes.values()),
        )
        started, worked = time.perf_counter(), time.process_time()
        outcome = decide(market)
        seconds, processor_seconds = time.perf_counter() - started, time.process_time() - worked
        welfare, bound = self._welfare(market, outcome, with_bound=with_bound)
        waited = self._seat(outcome)
        seats = sum(node.offer.seats for node in self.nodes.values())
        report = RoundReport(
            waiting=len(market.orders),
            matched=outcome.matched,
            declined=sum(decision.clause == "price_above_limit" for decision in outcome.decisions),
            failed=failed,
            expired=expired,
            utilisation=sum(len(job.seats) for job in self.running) / seats,
            solve_seconds=seconds,
            processor_seconds=processor_seconds,
            welfare=welfare,
            bound=bound,
            waited_rounds=tuple(waited),
        )
        self.round += 1
        return report

    def _node(self, number: int) -> _Node:
        is_, draw = self.settings["nodes"], self.random
        operator = draw.randrange(is_["operators"])
        shape = is_["failure_bad"] if draw.random() < is_["bad_share"] else is_["failure_good"]
        low, high = is_["cells_per_second"]
        node = Offer(
            node_id=f"0x{number:064x}",
            organisation=f"operator-{operator}",
            operator=f"0x{operator:040x}",
            addresses=(f"0x{number + (1 << 80):040x}",),
            capacities=(SMALL, LARGE) if draw.random() < is_["large_share"] else (SMALL,),
            tier=draw.choice(is_["tiers"]),
            region=draw.choice(is_["regions"]),
            fee=int(UNIT * is_["fee_median"] * draw.lognormvariate(0, is_["fee_sigma"])),
            is_registered=True,
            availability="ONLINE",
            is_fresh=True,
            seats=draw.choice(is_["seats"]),
            resources=Resources(
                cores=draw.choice(is_["cores"]), memory_bytes=draw.choice(is_["memory_gib"]) << 30
            ),
            latency_ms=draw.randint(*is_["latency_ms"]),
            cells_per_second=draw.randint(low, high),
            failure_ppm=failure_ppm([]),
        )
        return _Node(node, draw.betavariate(*shape))

    def _change_nodes(self) -> None:
        is_ = self.settings["nodes"]
        taken: Counter[str] = Counter()
        memory: Counter[str] = Counter()
        for job in self.running:
            taken.update(job.seats)
            for node_id in job.seats:
                memory[node_id] += job.order.needs.memory_bytes
        for node_id, node in self.nodes.items():
            past = [Past(kind, 0, count) for kind, count in node.past.items()]
            node.offer = replace(
                node.offer,
                fee=int(node.offer.fee * self.random.lognormvariate(0, is_["fee_change_sigma"])),
                is_fresh=self.random.random() >= is_["offline_share"],
                seats_taken=taken[node_id],
                resources_taken=Resources(memory_bytes=memory[node_id]),
                failure_ppm=failure_ppm(past),
            )

    def _arrivals(self) -> int:
        """Orders that waited too long leave, new ones come. Returns how many left."""
        are, draw = self.settings["orders"], self.random
        patient = [o for o in self.waiting if self._waited(o) < are["rounds_patient"]]
        expired = len(self.waiting) - len(patient)
        self.waiting = [replace(o, is_due=self._waited(o) >= are["due_after_rounds"]) for o in patient]
        for _ in range(are["arriving"]):
            self.placed += 1
            value = UNIT * are["value_median"] * draw.lognormvariate(0, are["value_sigma"])
            regions = self.settings["nodes"]["regions"]
            is_regional = draw.random() < are["regional_share"]
            capacity = draw.choice((SMALL, LARGE))
            self.waiting.append(
                Order(
                    job_id=f"0x{self.placed:064x}",
                    attempt=1,
                    capacity=capacity,
                    answers=5 if draw.random() < are["five_answers_share"] else 3,
                    fixed_price=int(UNIT * are["licences_price"]),
                    max_price=int(value) + int(UNIT * are["licences_price"]),
                    party_organisations=frozenset(
                        {f"operator-{draw.randrange(self.settings['nodes']['operators'])}"}
                    ),
                    party_addresses=frozenset(),
                    waits_since=self.round * SECONDS_PER_ROUND,
                    regions=tuple(sorted(draw.sample(regions, 3))) if is_regional else None,
                    tiers=(0, 1) if draw.random() < are["tier_share"] else None,
                    needs=Resources(memory_bytes=(64 << 20) + 1700 * capacity),
                    cells=capacity * 9,
                    seconds_left=4096,
                )
            )
        return expired

    def _waited(self, order: Order) -> int:
        return self.round - order.waits_since // SECONDS_PER_ROUND

    def _seat(self, outcome: Outcome) -> list[int]:
        """Matched orders run. Returns how many rounds each had waited."""
        orders = {order.job_id: order for order in self.waiting}
        waited = []
        for decision in outcome.decisions:
            if decision.is_matched:
                order = orders.pop(decision.job_id)
                waited.append(self._waited(order))
                ends = self.round + self.random.randint(*self.settings["orders"]["rounds_long"])
                self.running.append(_Running(order, decision.seats, ends))
        self.waiting = list(orders.values())
        return waited

    def _end_jobs(self) -> int:
        """Jobs whose time is over: their nodes gain a record; too few answers, and the job comes again."""
        ended = [job for job in self.running if job.ends <= self.round]
        self.running = [job for job in self.running if job.ends > self.round]
        failures = 0
        for job in ended:
            lost = [n for n in job.seats if self.random.random() < self.nodes[n].true_failure]
            for node_id in job.seats:
                kind = OutcomeKind.FAILED if node_id in lost else OutcomeKind.FINISHED
                self.nodes[node_id].past[kind] += 1
            if len(job.seats) - len(lost) < job.order.answers:
                failures += 1
                excluded = job.order.excluded_nodes | set(lost)
                again = replace(job.order, attempt=job.order.attempt + 1, excluded_nodes=excluded)
                if again.attempt <= 3:
                    self.waiting.append(replace(again, waits_since=self.round * SECONDS_PER_ROUND))
        return failures

    def _welfare(self, market: Market, outcome: Outcome, *, with_bound: bool) -> tuple[int, int]:
        """Values above licences and the market's fee on them, less the expected costs of seats."""
        table = OfferTable(market.offers, "")
        values = {
            o.job_id: (o.max_price * 10_000 // (10_000 + market.fee_bps) - o.fixed_price)
            * MILLION
            // table.unit
            for o in market.orders
        }
        reached = sum(
            values[decision.job_id] - sum(int(table.cost[table.index[node]]) for node in decision.seats)
            for decision in outcome.decisions
            if decision.is_matched
        )
        if not with_bound:
            return reached, 0
        rules = Rules(table)
        fits = {order.job_id: rules.fitting(order) for order in market.orders}
        return reached, welfare_bound(table, market.orders, fits, values, reached=reached)


def report_table(reports: list[RoundReport]) -> str:
    """Markdown, one line for each round, and what they come to."""
    lines = [
        "| round | orders | matched | too dear | failed | expired | used | solve, s | CPU, s | welfare |",
        "|" + "---:|" * 10,
    ]
    for number, r in enumerate(reports, start=1):
        ratio = f"{r.welfare / r.bound:.2%}" if r.bound else ""
        counts = f"{r.waiting:,} | {r.matched:,} | {r.declined} | {r.failed} | {r.expired}"
        took = f"{r.utilisation:.0%} | {r.solve_seconds:.2f} | {r.processor_seconds:.2f}"
        lines.append(f"| {number} | {counts} | {took} | {ratio} |")
    waited = [rounds for r in reports for rounds in r.waited_rounds]
    seconds = [r.solve_seconds for r in reports]
    worked = [r.processor_seconds for r in reports]
    bounded = [r for r in reports if r.bound]
    if waited:
        lines.append(
            f"\nwaited: mean {statistics.mean(waited):.3f} rounds, most {max(waited)}; "
            f"solve: median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s "
            f"(processor {statistics.median(worked):.2f} s, most {max(worked):.2f} s)"
        )
    if bounded:
        worst = min(r.welfare / r.bound for r in bounded)
        lines.append(f"welfare: at least {worst:.2%} of the proven bound")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", type=Path, default=PARAMETERS)
    parser.add_argument("--nodes", type=int, help="operators and orders stay in proportion")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--bound", type=int, default=4, help="in every n-th round; 0: never")
    arguments = parser.parse_args()
    settings = parameters(arguments.parameters)
    if arguments.nodes:
        share = arguments.nodes / settings["nodes"]["count"]
        settings["nodes"]["count"] = arguments.nodes
        settings["nodes"]["operators"] = round(settings["nodes"]["operators"] * share)
        settings["orders"]["arriving"] = round(settings["orders"]["arriving"] * share)
    simulation = Simulation(settings)
    every = arguments.bound
    reports = [
        simulation.step(with_bound=bool(every) and number % every == 0)
        for number in range(arguments.rounds or settings["rounds"])
    ]
    print(report_table(reports))


if __name__ == "__main__":
    main()
