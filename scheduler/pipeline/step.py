"""What all steps share: the job's row lock for short writes, and the answer "look again".

A step runs in two parts: it reads and computes without a transaction, then writes under the job's row lock
in one transaction, after it has made sure that the job still is where the step found it. So a step may be
cut off anywhere and run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from marketplace.orders.models import Job
from scheduler.pipeline.points import reached

__all__ = ["LOOK_AGAIN_SECONDS", "StepSuperseded", "job_load", "locked"]

LOOK_AGAIN_SECONDS = 0.5
"""How soon a step that waits for the chain's outbox is run again."""


class StepSuperseded(Exception):
    """The job moved while the step was working: its result is thrown away."""


def job_load(job_id: str) -> Job | None:
    related = ("program__setup", "consumer__organisation")
    return Job.objects.select_related(*related).filter(job_id=job_id).first()


@contextmanager
def locked(job: Job, point: str) -> Iterator[Job]:
    """A transaction that holds the job's row; the points before and after it are ``point`` + .begin/.end.

    Raises StepSuperseded if state or attempt are no longer those of ``job``.
    """
    reached(f"{point}.begin")
    with transaction.atomic():
        stored = Job.objects.select_for_update(of=("self",)).get(job_id=job.job_id)
        if (stored.state, stored.attempt) != (job.state, job.attempt):
            raise StepSuperseded(f"job {job.job_id} moved on to {stored.state}, attempt {stored.attempt}")
        yield job
        reached(f"{point}.commit")
    reached(f"{point}.end")
