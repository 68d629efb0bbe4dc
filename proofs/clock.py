"""How much of a thread's time went into the proof system: what logs and benchmarks set against the whole.

Public operations that work on columns or proofs are marked ``@timed``; one called by another counts once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["proof_seconds", "timed"]

P = ParamSpec("P")
T = TypeVar("T")


class _Spent(threading.local):
    seconds = 0.0
    is_running = False


_spent = _Spent()


def proof_seconds() -> float:
    """Wall seconds that this thread has spent inside timed operations since it began."""
    return _spent.seconds


def timed(operation: Callable[P, T]) -> Callable[P, T]:
    """Add the operation's wall time to its thread's total, also if it raises."""

    @wraps(operation)
    def measured(*args: P.args, **kwargs: P.kwargs) -> T:
        if _spent.is_running:
            return operation(*args, **kwargs)
        _spent.is_running = True
        started = time.perf_counter()
        try:
            return operation(*args, **kwargs)
        finally:
            _spent.seconds += time.perf_counter() - started
            _spent.is_running = False

    return measured
