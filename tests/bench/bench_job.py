"""The main job, step by step: wall time of each step, and the share of it spent outside the cryptography.

Starts the whole market as `make demo` does, in a folder of its own, runs the job twice (the second finds keys
and setups loaded) and reads the times of the second from its events and from the logs of agents and worker. A
step's cryptography is the longest time that one party or the worker spent inside the proof system
during it, since parties work in parallel.

    python tests/bench/bench_job.py [--var DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

STATES = ("PLACED", "ADMITTED", "MATCHED", "OPENED", "DEALING", "COMPUTING", "PROVING", "VERIFIED", "SETTLED")
STEPS = (
    ("admit", "PLACED", "ADMITTED"),
    ("match", "ADMITTED", "MATCHED"),
    ("open on the chain", "MATCHED", "OPENED"),
    ("start dealing on the chain", "OPENED", "DEALING"),
    ("deal shares", "DEALING", "COMPUTING"),
    ("compute, round 1", "COMPUTING", "PROVING"),
    ("prove, round 2, verify twice", "PROVING", "VERIFIED"),
    ("settle on the chain", "VERIFIED", "SETTLED"),
)
WORKER_LINE = re.compile(r"^(\S+Z) .*step_done.*?job_id=(\S+).*?proof_seconds=([\d.]+).*? seconds=([\d.]+)")


def run_market(var: Path) -> str:
    """One `make demo` with two jobs on ``var``; returns the second one's id."""
    done = subprocess.run(
        [sys.executable, "-m", "marketplace.platform.run", "--demo", "--jobs", "2"],
        env={**os.environ, "HENGSUAN_VAR_DIR": str(var), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    jobs = re.findall(r"^job (0x[0-9a-f]{64})", done.stdout, re.MULTILINE)
    if len(jobs) != 2:
        raise RuntimeError(f"two jobs should be in the output:\n{done.stdout}")
    return str(jobs[1])


def reached_at(var: Path) -> dict[str, datetime]:
    """When the job entered each state, as `make demo` saw it."""
    events = json.loads((var / "demo" / "events.json").read_text())
    return {event["to_state"]: datetime.fromisoformat(event["at"]) for event in reversed(events)}


def proof_times(var: Path, job_id: str) -> Iterator[tuple[datetime, str, float]]:
    """(beginning, who, seconds in the proof system) of every piece of work on the job."""
    for path in (var / "log").glob("*.log"):
        for line in path.read_text(errors="replace").splitlines():
            if path.name.startswith("worker"):
                found = WORKER_LINE.match(line)
                if found and found.group(2) == job_id:
                    end, taken = datetime.fromisoformat(found.group(1)), float(found.group(4))
                    yield end - timedelta(seconds=taken), "worker", float(found.group(3))
            elif '"lease_closed"' in line:
                entry = json.loads(line)
                if entry["job_id"] == job_id:
                    end = datetime.fromisoformat(entry["timestamp"])
                    yield end - timedelta(seconds=entry["seconds"]), path.stem, entry["proof_seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--var", type=Path, help="keep the market's folder here")
    arguments = parser.parse_args()
    var = arguments.var or Path(tempfile.mkdtemp(prefix="hengsuan-bench-"))
    try:
        report(var, run_market(var))
    finally:
        if arguments.var is None:
            shutil.rmtree(var, ignore_errors=True)


def report(var: Path, job_id: str) -> None:
    """The table of steps."""
    at = reached_at(var)
    work = list(proof_times(var, job_id))
    print(f"{'step':32} {'seconds':>8} {'cryptography':>13} {'outside':>8}")
    total = total_proofs = 0.0
    for title, start, end in STEPS:
        wall = (at[end] - at[start]).total_seconds()
        parties: dict[str, float] = defaultdict(float)
        for moment, who, seconds in work:
            if at[start] <= moment < at[end]:
                parties[who] += seconds
        worker = parties.pop("worker", 0.0)
        proofs = min(wall, worker + max(parties.values(), default=0.0))
        total, total_proofs = total + wall, total_proofs + proofs
        print(f"{title:32} {wall:8.2f} {proofs:13.2f} {1 - proofs / wall if wall else 0:8.0%}")
    print(f"{'order to settlement':32} {total:8.2f} {total_proofs:13.2f} {1 - total_proofs / total:8.0%}")


if __name__ == "__main__":
    main()
