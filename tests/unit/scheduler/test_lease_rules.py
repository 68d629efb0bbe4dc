"""Pure rules of leases and of a node's capabilities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.leases.domain import FailureMeaning, answer_fingerprint, failure_meaning, is_party_lost
from scheduler.nodes.domain import Capabilities
from scheduler.nodes.errors import CapabilitiesInvalid

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("released", FailureMeaning.RELEASED),
        ("internal_error", FailureMeaning.UNLUCKY),
        ("chain_unreachable", FailureMeaning.UNLUCKY),
        ("licence_refused", FailureMeaning.REFUSED),
        ("whatever_comes_next_year", FailureMeaning.REFUSED),
    ],
)
def test_only_known_passing_troubles_are_tried_again(code: str, meaning: FailureMeaning) -> None:
    assert failure_meaning(code) == meaning


def test_the_same_answer_has_the_same_fingerprint_whatever_its_key_order() -> None:
    assert answer_fingerprint("finish", {"a": 1, "b": 2}) == answer_fingerprint("finish", {"b": 2, "a": 1})
    assert answer_fingerprint("finish", {"a": 1}) != answer_fingerprint("fail", {"a": 1})
    assert answer_fingerprint("finish", {"a": 1}) != answer_fingerprint("finish", {"a": 2})


@pytest.mark.parametrize(
    ("ready_ago", "seen_ago", "limit", "is_lost"),
    [
        (100, 100, None, False),
        (100, 100, 60, True),
        (100, 10, 60, False),
        (10, 100, 60, False),
        (100, None, 60, True),
    ],
    ids=["patient", "silent", "heard of", "just offered", "never seen"],
)
def test_a_party_is_lost_when_it_is_silent_for_longer_than_the_task_allows(
    ready_ago: int, seen_ago: int | None, limit: int | None, is_lost: bool
) -> None:
    seen = None if seen_ago is None else NOW - timedelta(seconds=seen_ago)
    ready = NOW - timedelta(seconds=ready_ago)
    assert is_party_lost(now=NOW, ready_at=ready, last_seen_at=seen, lost_after_seconds=limit) is is_lost


def test_capabilities_are_read_strictly_and_written_in_order() -> None:
    read = Capabilities.from_json({"capacities": [8192, 16], "backend": "native"})
    assert read.to_json() == {
        "capacities": [16, 8192],
        "backend": "native",
        "cores": 0,
        "memory_bytes": 0,
        "storage_bytes": 0,
        "bandwidth_bps": 0,
        "latency_ms": 0,
        "seats": 4,
    }


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"capacities": [], "backend": "native"},
        {"capacities": [12], "backend": "native"},
        {"capacities": [True], "backend": "native"},
        {"capacities": [16], "backend": "gpu"},
        {"capacities": [16], "backend": "native", "cores": -1},
        {"capacities": [16], "backend": "native", "colour": "red"},
    ],
)
def test_malformed_capabilities_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(CapabilitiesInvalid):
        Capabilities.from_json(document)
