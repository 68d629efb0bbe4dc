"""How fast this machine proves: real rounds 1 and 2 of a sealed Gram job on random columns, timed."""

from __future__ import annotations

import os
import secrets
import statistics
import time
from dataclasses import dataclass

from proofs.columns import blind, commit, ones_commitment
from proofs.keys import ProvingKey
from proofs.node import deal_context, round1, round2
from proofs.randomness import OsRandom
from proofs.sharing import DealerPackage, Dealing, answers_needed
from proofs.statement import JobContext, Program, Statement

__all__ = ["Calibration", "calibrate"]

PRIVATE_COLUMNS = 3
RUNS = 3


@dataclass(frozen=True)
class Calibration:
    """Medians over the runs. ``cells_per_second``: rows × columns of a job over the time of both rounds."""

    capacity: int
    backend: str
    cores: int
    round1_seconds: float
    round2_seconds: float
    cells_per_second: int


def calibrate(key: ProvingKey, *, runs: int = RUNS) -> Calibration:
    """Time one node's part of a job that fills the key's capacity; the other nodes' parts are not counted."""
    trial = _Trial(key)
    first, second = [], []
    for attempt in range(1, runs + 1):
        round1_seconds, round2_seconds = trial.run(attempt)
        first.append(round1_seconds)
        second.append(round2_seconds)
    seconds = statistics.median(first), statistics.median(second)
    return Calibration(
        capacity=key.n,
        backend=key.backend.name,
        cores=os.cpu_count() or 1,
        round1_seconds=round(seconds[0], 4),
        round2_seconds=round(seconds[1], 4),
        cells_per_second=int((key.n - 2) * (PRIVATE_COLUMNS + 1) / sum(seconds)),
    )


class _Trial:
    """A job of ``ones`` and random 32-bit columns over all rows; one dealer holds them all."""

    def __init__(self, key: ProvingKey) -> None:
        self.key = key
        rows = key.n - 2
        self.columns = {}
        commitments = [ones_commitment(key, rows).f]
        for position in range(1, PRIVATE_COLUMNS + 1):
            values = [secrets.randbits(32) for _ in range(rows)]
            column = blind(key.backend, key.backend.vec_from_i64(values) + bytes(64), OsRandom())
            self.columns[position] = column
            commitments.append(commit(key, column).f)
        program = Program(setup_id=key.setup_id)
        self.statement = Statement.of_program(program, tuple(commitments), rows)
        self.context = JobContext(
            chain_id=0,
            market=bytes(20),
            job_id=secrets.token_bytes(32),
            program_id=program.program_id,
            licences_hash=secrets.token_bytes(32),
        )

    def run(self, attempt: int) -> tuple[float, float]:
        """Seconds of round 1 and of round 2 of the node in seat 1."""
        context = deal_context(self.key, self.context, self.statement, attempt, is_sealed=True)
        dealing = Dealing(self.key.backend, context, secrets.token_bytes(32), self.columns)
        seats = range(1, answers_needed(Program.DEGREE) + 1)
        packages: dict[int, list[DealerPackage]] = {seat: [dealing.package(seat)] for seat in seats}
        begun_at = time.perf_counter()
        own = round1(self.key, self.statement, packages[1])
        round1_seconds = time.perf_counter() - begun_at
        others = [round1(self.key, self.statement, packages[seat]) for seat in seats[1:]]
        messages = [answer.message for answer in (own, *others)]
        begun_at = time.perf_counter()
        round2(self.key, self.context, self.statement, packages[1], own.state, messages)
        return round1_seconds, time.perf_counter() - begun_at
