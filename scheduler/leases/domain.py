"""Pure rules of leases: what a reported failure means, and when an answer is the same one again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

__all__ = ["PARTY_LOST", "FailureMeaning", "answer_fingerprint", "failure_meaning", "is_party_lost"]

PARTY_LOST = "party_lost"

RELEASED_CODES = frozenset({"released"})
"""The agent stops in good order: the task may be taken again at once."""
UNLUCKY_CODES = frozenset({"internal_error", "market_unavailable", "chain_unreachable", "blob_corrupt"})
"""May go better the next time: counts as a loss."""


class FailureMeaning(StrEnum):
    RELEASED = "released"
    UNLUCKY = "unlucky"
    REFUSED = "refused"


def failure_meaning(code: str) -> FailureMeaning:
    """Everything that is not known to be temporary is the party's answer."""
    if code in RELEASED_CODES:
        return FailureMeaning.RELEASED
    return FailureMeaning.UNLUCKY if code in UNLUCKY_CODES else FailureMeaning.REFUSED


def answer_fingerprint(verb: str, body: Mapping[str, Any]) -> str:
    """sha256 hex of what a finish or fail said: the same answer again is answered the same."""
    text = json.dumps([verb, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_party_lost(
    *, now: datetime, ready_at: datetime, last_seen_at: datetime | None, lost_after_seconds: int | None
) -> bool:
    """Whether a waiting task's party has been silent for too long, counted from when the task was ready."""
    if lost_after_seconds is None:
        return False
    heard = max(ready_at, last_seen_at) if last_seen_at else ready_at
    return now - heard > timedelta(seconds=lost_after_seconds)
