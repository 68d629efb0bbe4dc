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
from typing import IO, Any

__all__ = ["Measured", "in_process", "program", "seconds_of"]


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


def in_process(measure: Callable[..., float], *arguments: Any) -> Measured:
    """Run ``measure`` (which returns seconds) in a fresh process and add that process's peak memory."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(sender, measure, arguments))
    process.start()
    sender.close()
    try:
        seconds, peak_kib = receiver.recv()
    except EOFError:
        raise RuntimeError(f"{measure.__name__} failed; see its traceback above") from None
    process.join()
    return Measured(seconds, peak_kib / 1024)


def _report(sender: Connection, measure: Callable[..., float], arguments: Sequence[Any]) -> None:
    seconds = measure(*arguments)
    sender.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


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
