"""How eligible candidates are compared. Integers only, so that every machine agrees."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from scheduler.matching.request import Candidate, MatchRequest
from scheduler.matching.verdict import Score

__all__ = ["rank", "scores"]

WHOLE = 1000
WEIGHTS = {"price": 4, "record": 3, "speed": 2, "load": 1}
LOST_WEIGHT = 4
FAULTED_WEIGHT = 20
UNMEASURED_SPEED = WHOLE // 2


def scores(eligible: Sequence[Candidate]) -> dict[str, Score]:
    """A score for each node, relative to the others that are eligible for the same job."""
    dearest = max((node.fee for node in eligible), default=0)
    fastest = max((node.cells_per_second for node in eligible), default=0)
    return {node.node_id: _score(node, dearest, fastest) for node in eligible}


def _score(node: Candidate, dearest: int, fastest: int) -> Score:
    price = WHOLE * (dearest - node.fee) // dearest if dearest else WHOLE
    good = node.jobs_answered + 1
    record = WHOLE * good // (good + LOST_WEIGHT * node.jobs_lost + FAULTED_WEIGHT * node.jobs_faulted)
    speed = WHOLE * node.cells_per_second // fastest if node.cells_per_second else UNMEASURED_SPEED
    load = WHOLE // (1 + node.open_seats)
    parts = {"price": price, "record": record, "speed": speed, "load": load}
    total = sum(WEIGHTS[name] * part for name, part in parts.items()) // sum(WEIGHTS.values())
    return Score(**parts, total=total)


def rank(request: MatchRequest, eligible: Sequence[Candidate]) -> list[tuple[Candidate, Score]]:
    """Best first. Equals are ordered by a hash with the job's id, so that ties spread over the nodes."""
    by_node = scores(eligible)

    def key(node: Candidate) -> tuple[int, bytes]:
        lot = hashlib.sha256(f"{request.job_id}{request.attempt}{node.node_id}".encode()).digest()
        return -by_node[node.node_id].total, lot

    return [(node, by_node[node.node_id]) for node in sorted(eligible, key=key)]
