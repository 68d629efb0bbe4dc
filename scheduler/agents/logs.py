"""Logs of the agents: structlog, JSON on standard error, secrets never in them.

Handlers log ids, sizes and codes. As a second line of defence, values of members whose name says that
they are secret are replaced before anything is written.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["configure_logs", "logger", "redact_secrets"]

_SECRET_PARTS = ("secret", "seed", "private", "password", "token", "plaintext", "blinding", "eth_key")
_HARMLESS = {"fencing_token"}


def configure_logs(agent: str, *, level: str = "info") -> None:
    """Send events of this process to standard error as one JSON object a line, bound to the agent's name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(agent=agent)


def logger() -> Any:
    """A structured logger; call methods as ``log.info("lease_taken", job_id=…)``, events in the past
    tense.
    """
    return structlog.get_logger()


def redact_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: hide members that are secret by name."""
    for name in event:
        if name not in _HARMLESS and any(part in name.lower() for part in _SECRET_PARTS):
            event[name] = "[redacted]"
    return event
