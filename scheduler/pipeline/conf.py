"""The settings of the pipeline, with their defaults."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

__all__ = [
    "blame_answer_seconds",
    "blame_patience_seconds",
    "due_after",
    "expiry_margin",
    "node_freshness",
    "node_silence_seconds",
]


def node_freshness() -> timedelta:
    """A node that was not heard of for longer is not matched. A poll lasts up to 25 seconds."""
    return timedelta(seconds=int(getattr(settings, "PIPELINE_NODE_FRESH_SECONDS", 60)))


def node_silence_seconds() -> int:
    """A seated node that leaves a task lying for longer is lost, and the job reseated."""
    return int(getattr(settings, "PIPELINE_NODE_SILENCE_SECONDS", 60))


def blame_patience_seconds() -> int:
    """Whoever leaves a blame task lying for longer is taken to be at fault."""
    return int(getattr(settings, "PIPELINE_BLAME_SILENCE_SECONDS", 300))


def blame_answer_seconds() -> int:
    """So long a blame task waits for its answer, however lively its party is; then it is at fault."""
    return int(getattr(settings, "PIPELINE_BLAME_ANSWER_SECONDS", 900))


def expiry_margin() -> timedelta:
    """How long after the deadline the chain is asked to expire a job: its clock is the newest block's."""
    return timedelta(seconds=int(getattr(settings, "PIPELINE_EXPIRY_MARGIN_SECONDS", 5)))


def due_after() -> timedelta:
    """An order that waits for longer chooses before every younger one, and nodes are held for it."""
    return timedelta(seconds=int(getattr(settings, "PIPELINE_MATCH_DUE_SECONDS", 120)))
