"""Timing for the benchmarks: medians of several runs, each side in its own process, with its peak memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

__all__ = ["Measured", "answer_of", "in_process", "program", "seconds_of", "side_by_side"]


@dataclass(frozen=True)
class Measured:
    """Median seconds of one operation and the process's peak resident memory in MiB."""

    seconds: float
    peak_mib: float


def seconds_of(operation: Callable[[], object], runs: int) -> float:
    """Median wall seconds of ``runs`` calls after one that is not counted."""
    operation()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        operation()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def side_by_side(operations: Sequence[Callable[[], object]], runs: int) -> list[float]:
    """Median wall seconds of each operation, in turns, so that all of them meet the same machine."""
    taken: list[list[float]] = [[] for _ in operations]
    for run in range(runs + 1):
        for operation, own in zip(operations, taken, strict=True):
            start = time.perf_counter()
            operation()
            if run:
                own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in taken]


def in_process(measure: Callable[..., float], *arguments: Any) -> Measured:
    """Run ``measure`` (which returns seconds) in a fresh process and add that process's peak memory."""
    seconds, peak_kib = answer_of(measure, *arguments)
    return Measured(seconds, peak_kib / 1024)


def answer_of(measure: Callable[..., Any], *arguments: Any) -> tuple[Any, int]:
    """What ``measure`` returns in a fresh process, and that process's peak memory in KiB."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(sender, measure, arguments))
    process.start()
    sender.close()
    try:
        answer, peak_kib = receiver.recv()
    except EOFError:
        raise RuntimeError(f"{measure.__name__} failed; see its traceback above") from None
    process.join()
    return answer, peak_kib


def _report(sender: Connection, measure: Callable[..., Any], arguments: Sequence[Any]) -> None:
    sender.send((measure(*arguments), _peak_kib()))


def _peak_kib() -> int:
    """The highest resident memory of this process since it started its program.

    ``getrusage`` would also count what its parent held when it forked; it is for systems without /proc.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.split("VmHWM:")[1].split()[0])


def program(command: Sequence[str], runs: int, *, output: IO[str] | None = None) -> Measured:
    """Median wall seconds of a whole program and its highest peak memory."""
    taken, peaks = [], []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output or subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken.append(time.perf_counter() - start)
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with status {process.returncode}")
        peaks.append(usage.ru_maxrss / 1024)
    return Measured(statistics.median(taken), max(peaks))
