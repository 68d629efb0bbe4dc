"""Which step a job's state asks for, and the guard that lets one worker at a time run it.

The guard is a session lock: it saves doing heavy work twice, and a killed worker loses it. What keeps the
data right is each step's transaction under the job's row lock (``step.locked``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import structlog

from marketplace.chain.locks import advisory_lock
from marketplace.orders.errors import TransitionLost
from marketplace.orders.models import Job, JobState
from scheduler.pipeline.ending import expire_if_due, is_failing, tidy
from scheduler.pipeline.reseating import is_reseating, wait_for_reseat
from scheduler.pipeline.step import LOOK_AGAIN_SECONDS, StepSuperseded, job_load
from scheduler.pipeline.steps.admission import admit
from scheduler.pipeline.steps.computing import combine_answers
from scheduler.pipeline.steps.dealing import collect_deals, start_dealing
from scheduler.pipeline.steps.opening import open_on_chain
from scheduler.pipeline.steps.proving import prove_and_verify
from scheduler.pipeline.steps.receipts import issue_receipt
from scheduler.pipeline.steps.seats import match_nodes
from scheduler.pipeline.steps.settling import settle_on_chain

__all__ = ["STEPS", "Outcome", "Step", "job_step", "step_of"]

logger = structlog.get_logger(__name__)


class Step(StrEnum):
    """The Celery tasks ``pipeline.<step>``."""

    ADMIT = "admit"
    MATCH = "match"
    OPEN = "open"
    START_DEALING = "start_dealing"
    COLLECT_DEALS = "collect_deals"
    COMBINE = "combine"
    VERIFY = "verify"
    SETTLE = "settle"
    ISSUE_RECEIPT = "issue_receipt"
    TIDY = "tidy"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``look_again_seconds``: the step waits for something that sends no message."""

    is_busy: bool = False
    look_again_seconds: float | None = None


STEPS: Mapping[JobState, Step] = {
    JobState.PLACED: Step.ADMIT,
    JobState.ADMITTED: Step.MATCH,
    JobState.MATCHED: Step.OPEN,
    JobState.OPENED: Step.START_DEALING,
    JobState.DEALING: Step.COLLECT_DEALS,
    JobState.COMPUTING: Step.COMBINE,
    JobState.PROVING: Step.VERIFY,
    JobState.VERIFIED: Step.SETTLE,
    JobState.SETTLED: Step.ISSUE_RECEIPT,
    JobState.CANCELLED: Step.TIDY,
    JobState.FAILED: Step.TIDY,
    JobState.EXPIRED: Step.TIDY,
}

_RUN: Mapping[Step, Callable[[Job], float | None]] = {
    Step.ADMIT: admit,
    Step.MATCH: match_nodes,
    Step.OPEN: open_on_chain,
    Step.START_DEALING: start_dealing,
    Step.COLLECT_DEALS: collect_deals,
    Step.COMBINE: combine_answers,
    Step.VERIFY: prove_and_verify,
    Step.SETTLE: settle_on_chain,
    Step.ISSUE_RECEIPT: issue_receipt,
    Step.TIDY: tidy,
}
_OVER_SEATS = (Step.COLLECT_DEALS, Step.COMBINE, Step.VERIFY)


def step_of(job_id: str) -> Step | None:
    """The step that the job's state asks for; None for an unknown job."""
    state = Job.objects.filter(job_id=job_id).values_list("state", flat=True).first()
    return None if state is None else STEPS[JobState(state)]


def job_step(job_id: str, step: Step) -> Outcome:
    """Run ``step`` if the job still asks for it. Repeating it, at any time and anywhere, is harmless."""
    with advisory_lock(f"job/{job_id}") as is_free:
        if not is_free:
            return Outcome(is_busy=True)
        job = job_load(job_id)
        if job is None or STEPS[JobState(job.state)] != step:
            return Outcome()
        try:
            return Outcome(look_again_seconds=_run(job, step))
        except (StepSuperseded, TransitionLost) as error:
            logger.info("step_superseded", job_id=job_id, step=step.value, why=str(error))
            return Outcome()


def _run(job: Job, step: Step) -> float | None:
    if expire_if_due(job):
        return LOOK_AGAIN_SECONDS if not job.is_final else None
    if not job.is_final and is_failing(job):
        return None  # the indexer ends it
    if step in _OVER_SEATS and is_reseating(job):
        return wait_for_reseat(job)
    return _RUN[step](job)
