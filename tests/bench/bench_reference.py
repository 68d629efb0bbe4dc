"""The demo job without Rust: every step on the py_ecc backend, and what each takes.

Nine columns (``ones`` and eight of 32-bit values from two dealers), n = 8192, three nodes: commit, deal,
round 1, round 2, combine, verify, open. Goal: under three minutes, one party after another on one machine.

    python tests/bench/bench_reference.py [--log 13] [--columns 9] [--backend py_ecc]

The setup is made by the fastest backend there is; it is not part of the job. The reference backend is slow
because a field multiplication is a Python integer product and a remainder, some 0.2 microseconds, where the
kernel takes some 20 nanoseconds, and because it uses one core.
"""

from __future__ import annotations

import argparse
import random
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from proofs import setup
from proofs.backend import Backend, get_backend
from proofs.columns import (
    ONES_SCHEMA,
    ColumnSchema,
    blind,
    check_commitments,
    commit,
    ones_commitment,
)
from proofs.coordinator import combine_round1, combine_round2
from proofs.node import deal_context, round1, round2
from proofs.opening import open_sealed
from proofs.randomness import OsRandom
from proofs.sharing import Dealing
from proofs.statement import JobContext, Program, SealedResult, Statement
from proofs.verifier import verify

Result = TypeVar("Result")
SEATS = (1, 2, 3)


class Clock:
    """Prints what each step took and keeps the sum."""

    def __init__(self) -> None:
        self.total = 0.0

    def __call__(self, title: str, step: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = step()
        taken = time.perf_counter() - start
        self.total += taken
        print(f"{title:44} {taken:8.2f} s", flush=True)
        return result


def private_columns(backend: Backend, n: int, count: int) -> list[bytes]:
    """32-bit values on all n - 2 rows, blinded."""
    draw = random.Random(n)
    rows = [[draw.randrange(1 << 32) for _ in range(n - 2)] for _ in range(count)]
    return [blind(backend, backend.vec_from_i64(values) + bytes(64), OsRandom()) for values in rows]


def job(directory: Path, backend_name: str, n: int, count: int) -> float:
    """Every step of one sealed Gram job; seconds of them all."""
    backend, clock = get_backend(backend_name), Clock()
    key = clock("load the key (checked before)", lambda: setup.load(directory, backend, trusted=True))
    secret = private_columns(backend, n, count - 1)
    ones = clock("commit: ones", lambda: ones_commitment(key, n - 2))
    own = clock(f"commit: {count - 1} columns", lambda: [commit(key, column) for column in secret])
    clock("check the commitments", lambda: check_commitments(backend, key.verifying, own))
    program = Program(setup_id=key.setup_id)
    commitments = [ones, *own]
    statement = Statement.of_program(program, tuple(c.f for c in commitments), n - 2)
    context = JobContext(31337, bytes(20), secrets.token_bytes(32), program.program_id, bytes(32))
    dealt = deal_context(key, context, statement, 1, is_sealed=True)
    half = count // 2
    parts = [dict(enumerate(secret[:half], start=1)), dict(enumerate(secret[half:], start=1 + half))]
    dealings = clock(
        "deal: two dealers",
        lambda: [Dealing(backend, dealt, secrets.token_bytes(32), part) for part in parts],
    )
    packages = clock(
        "deal: six packages", lambda: {k: [dealing.package(k) for dealing in dealings] for k in SEATS}
    )
    first = {k: clock(f"round 1, node {k}", lambda k=k: round1(key, statement, packages[k])) for k in SEATS}
    messages = [first[k].message for k in SEATS]
    second = [
        clock(
            f"round 2, node {k}",
            lambda k=k: round2(key, context, statement, packages[k], first[k].state, messages).message,
        )
        for k in SEATS
    ]
    combined = clock(
        "combine round 1", lambda: combine_round1(key, context, statement, messages, is_sealed=True)
    )
    proof = clock("combine round 2", lambda: combine_round2(key, combined, commitments, second))
    clock("verify strictly", lambda: verify(backend, key.verifying, program, combined.bound, proof))
    result = combined.bound.result
    assert isinstance(result, SealedResult)
    schemas = [ONES_SCHEMA] + [ColumnSchema(f"c{i}", 0, 0, 1 << 32) for i in range(1, count)]
    shares = [share for k in SEATS if (share := first[k].share) is not None]
    clock("open the result", lambda: open_sealed(key, statement, schemas, result, shares))
    return clock.total


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=int, default=13, help="log2 of n")
    parser.add_argument("--columns", type=int, default=9, help="columns with ones")
    parser.add_argument("--backend", default="py_ecc")
    arguments = parser.parse_args()
    n = 1 << arguments.log
    with tempfile.TemporaryDirectory() as directory:
        setup.save(setup.generate(get_backend(), n), Path(directory))
        total = job(Path(directory), arguments.backend, n, arguments.columns)
    print(
        f"{arguments.backend}, n = {n}, {arguments.columns} columns, three nodes: {total:.1f} s (goal < 180)"
    )


if __name__ == "__main__":
    main()
