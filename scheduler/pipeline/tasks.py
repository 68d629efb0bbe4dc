"""Celery tasks: one for each step, ``advance`` that picks the step, ``sweep`` that forgets no job.

Messages may be lost, doubled or late: every step looks at the database and does what is missing.
"""

from __future__ import annotations

import time

import structlog
from celery import current_app, shared_task
from django.db.models import Q
from django.utils import timezone

from marketplace.chain.errors import ChainError
from marketplace.orders.models import FINAL_STATES, Job, JobState
from marketplace.orders.selectors import jobs_open
from proofs.clock import proof_seconds
from scheduler.leases.closing import OPEN_STATES
from scheduler.pipeline.rounds import RoundBusy, round_run
from scheduler.pipeline.runner import Step, job_step, step_of

__all__ = ["ADVANCE", "advance", "match_waiting", "sweep"]

logger = structlog.get_logger(__name__)

ADVANCE = "pipeline.advance"
BUSY_SECONDS = 0.3
MOST_TRIES = 5
"""Then the sweep takes over: chains of messages must not outlive the sweep that began them for long."""


@shared_task(name=ADVANCE)
def advance(job_id: str, tries: int = 0) -> None:
    """Send the step that the job's state asks for. ``tries``: how often it had to wait in a row."""
    step = step_of(job_id)
    if step is not None:
        current_app.send_task(f"pipeline.{step}", args=[job_id, tries])


@shared_task(name="pipeline.sweep")
def sweep() -> None:
    """Advance every job that is not final, lacks its receipt or has open tasks behind its end.

    Jobs that wait for nodes are not matched one by one: one round takes them all.
    """
    waiting = Q(state=JobState.ADMITTED, deadline__gt=timezone.now())
    job_ids = set(jobs_open().exclude(waiting).values_list("job_id", flat=True))
    job_ids |= set(
        Job.objects.filter(state=JobState.SETTLED, receipt__isnull=True).values_list("job_id", flat=True)
    )
    job_ids |= set(
        Job.objects.filter(state__in=FINAL_STATES, tasks__state__in=OPEN_STATES).values_list(
            "job_id", flat=True
        )
    )
    for job_id in sorted(job_ids):
        advance.delay(job_id)
    if Job.objects.filter(waiting).exists():
        match_waiting.delay()


@shared_task(name="pipeline.match_waiting")
def match_waiting() -> None:
    """A round for all orders that wait: nodes may have come, or become free."""
    try:
        round_run()
    except RoundBusy:
        logger.info("round_busy")
    except ChainError as error:
        logger.warning("round_waits_for_chain", code=error.code, why=str(error))


def _work(job_id: str, tries: int, step: Step) -> None:
    """Run the step; look again soon if another worker has the job or the outbox is still at work."""
    started, proofs_before = time.perf_counter(), proof_seconds()
    try:
        outcome = job_step(job_id, step)
    except ChainError as error:
        logger.warning(
            "step_waits_for_chain", job_id=job_id, step=step.value, code=error.code, why=str(error)
        )
        return  # the sweep comes back
    logger.info(
        "step_done",
        job_id=job_id,
        step=step.value,
        seconds=round(time.perf_counter() - started, 3),
        proof_seconds=round(proof_seconds() - proofs_before, 3),
    )
    wait_seconds = BUSY_SECONDS if outcome.is_busy else outcome.look_again_seconds
    if wait_seconds is not None and tries < MOST_TRIES:
        advance.apply_async(args=[job_id, tries + 1], countdown=wait_seconds * (1 + tries))


@shared_task(name="pipeline.admit")
def admit(job_id: str, tries: int = 0) -> None:
    """PLACED → ADMITTED, or FAILED."""
    _work(job_id, tries, Step.ADMIT)


@shared_task(name="pipeline.match")
def match(job_id: str, tries: int = 0) -> None:
    """ADMITTED → MATCHED."""
    _work(job_id, tries, Step.MATCH)


@shared_task(name="pipeline.open")
def open_on_chain(job_id: str, tries: int = 0) -> None:
    """MATCHED: wish Market.open."""
    _work(job_id, tries, Step.OPEN)


@shared_task(name="pipeline.start_dealing")
def start_dealing(job_id: str, tries: int = 0) -> None:
    """OPENED → DEALING."""
    _work(job_id, tries, Step.START_DEALING)


@shared_task(name="pipeline.collect_deals")
def collect_deals(job_id: str, tries: int = 0) -> None:
    """DEALING → COMPUTING."""
    _work(job_id, tries, Step.COLLECT_DEALS)


@shared_task(name="pipeline.combine")
def combine(job_id: str, tries: int = 0) -> None:
    """COMPUTING → PROVING."""
    _work(job_id, tries, Step.COMBINE)


@shared_task(name="pipeline.verify")
def verify(job_id: str, tries: int = 0) -> None:
    """PROVING → VERIFIED, or the search for whoever broke the proof."""
    _work(job_id, tries, Step.VERIFY)


@shared_task(name="pipeline.settle")
def settle(job_id: str, tries: int = 0) -> None:
    """VERIFIED: wish the settlement."""
    _work(job_id, tries, Step.SETTLE)


@shared_task(name="pipeline.issue_receipt")
def issue_receipt(job_id: str, tries: int = 0) -> None:
    """SETTLED: keep the receipt."""
    _work(job_id, tries, Step.ISSUE_RECEIPT)


@shared_task(name="pipeline.tidy")
def tidy(job_id: str, tries: int = 0) -> None:
    """CANCELLED, FAILED, EXPIRED: cancel what is left of the work."""
    _work(job_id, tries, Step.TIDY)
