"""ADMITTED → MATCHED: a round for this job and every other one that waits."""

from __future__ import annotations

from marketplace.orders.models import Job
from scheduler.pipeline.rounds import RoundBusy, round_run
from scheduler.pipeline.step import LOOK_AGAIN_SECONDS

__all__ = ["match_nodes"]


def match_nodes(job: Job) -> float | None:
    """Without a fit the job stays; the beat's rounds take it along until its deadline."""
    try:
        round_run()
    except RoundBusy:  # that round may have begun before this job was admitted
        return LOOK_AGAIN_SECONDS
    return None
