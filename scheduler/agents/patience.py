"""Retrying what may come right by itself while a lease is held."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from scheduler.agents.errors import AgentError, MarketUnavailable
from scheduler.agents.leases import Work
from scheduler.agents.logs import logger
from scheduler.agents.transport import Backoff

__all__ = ["patiently"]

T = TypeVar("T")
PASSING = {"chain_unreachable", "market_unavailable"}


def patiently(work: Work, call: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Repeat ``call`` while chain or market do not answer, until a checkpoint says that the work is over."""
    backoff = Backoff(base_seconds=0.5, cap_seconds=10.0)
    while True:
        work.checkpoint()
        try:
            return call()
        except AgentError as error:
            if error.code not in PASSING and not isinstance(error, MarketUnavailable):
                raise
            wait_seconds = backoff.next_seconds()
            logger().warning(
                "waiting", code=error.code, detail=error.detail, wait_seconds=round(wait_seconds, 1)
            )
            sleep(wait_seconds)
