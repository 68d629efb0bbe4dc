"""Reads of jobs for those who are party to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from marketplace.accounts.models import Party
from marketplace.chain.binding import bound_to
from marketplace.licences.domain import Quantity, Use
from marketplace.licences.models import EntryKind, QuantityEntry
from marketplace.orders.errors import JobUnknown, ReceiptNotReady
from marketplace.orders.models import FINAL_STATES, Job, JobEvent, JobState, Receipt

__all__ = [
    "JobFailure",
    "job_events",
    "job_failure",
    "job_get",
    "job_reason",
    "jobs_listed",
    "jobs_of",
    "jobs_open",
    "licence_uses",
    "receipt_get",
]

FAILURES_DECIDED = JobEvent.objects.filter(kind="failure_decided").order_by("sequence")


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why the market gave up an opened job. The chain carries the code only, and hears of it later."""

    reason_code: str
    reason: dict[str, Any]
    decided_at: datetime


def jobs_of(*, party: Party) -> QuerySet[Job]:
    """Jobs of the current deployment that the party ordered or whose licences it gave."""
    return (
        jobs_listed()
        .filter(Q(consumer=party) | Q(inputs__licence__provider=party))
        .distinct()
        .select_related("consumer")
        .prefetch_related(
            "inputs__licence", Prefetch("events", queryset=FAILURES_DECIDED, to_attr="failures_decided")
        )
    )


def jobs_listed() -> QuerySet[Job]:
    """Those of the current deployment; orders for other contracts can never be opened or settled here."""
    return Job.objects.filter(chain_contract=bound_to("Market"))


def job_get(*, party: Party, job_id: str) -> Job:
    """Raises JobUnknown; to a stranger a job does not exist."""
    job = jobs_of(party=party).filter(job_id=job_id).first()
    if job is None:
        raise JobUnknown(f"there is no job {job_id} of yours", job_id=job_id)
    return job


def jobs_open() -> QuerySet[Job]:
    """Every job that is not final, oldest change first: what the pipeline's sweep goes through."""
    return jobs_listed().exclude(state__in=FINAL_STATES).order_by("updated_at")


def job_reason(job: Job) -> str:
    """Why a job ended as it did, in one text; empty for a job without a reason."""
    if not job.reason_code:
        return ""
    refusals = job.reason_detail.get("refusals", [])
    if refusals:
        return "; ".join(f"licence {r['licence_id']}, {r['clause']}: {r['detail']}" for r in refusals)
    return str(job.reason_detail.get("detail", job.reason_code))


def job_failure(job: Job) -> JobFailure | None:
    """Why the market gave the job up after it was opened; None if it did not.

    It stands before the chain has ended the job, and stays when the job ended otherwise after all.
    """
    known = getattr(job, "failures_decided", None)
    decided = next(iter(FAILURES_DECIDED.filter(job=job)[:1] if known is None else known), None)
    if decided is None:
        return None
    return JobFailure(decided.detail["reason_code"], decided.detail["reason_detail"], decided.at)


def job_events(*, job: Job, after: int = 0) -> QuerySet[JobEvent]:
    return JobEvent.objects.filter(job=job, sequence__gt=after).order_by("sequence")


def licence_uses(*, licence_ids: Sequence[str]) -> dict[str, tuple[Use, ...]]:
    """For each licence the runs that windows and budgets count: all that were reserved, except those
    that were released before anything was dealt for them.
    """
    entries = QuantityEntry.objects.filter(licence_id__in=list(licence_ids), job_id__isnull=False)
    released = set(entries.filter(kind=EntryKind.RELEASED).values_list("job_id", flat=True))
    dealt = set(
        JobEvent.objects.filter(job_id__in=released, to_state=JobState.DEALING).values_list(
            "job_id", flat=True
        )
    )
    found: dict[str, list[Use]] = {licence_id: [] for licence_id in licence_ids}
    for entry in entries.filter(kind=EntryKind.RESERVED).select_related("event"):
        if entry.job_id not in released - dealt:
            quantity = Quantity(int(entry.runs), int(entry.cells), int(entry.outputs))
            found[entry.licence_id].append(Use(int(entry.event.mined_at.timestamp()), quantity))
    return {licence_id: tuple(uses) for licence_id, uses in found.items()}


def receipt_get(*, job_id: str) -> Receipt:
    """Public. Raises JobUnknown, ReceiptNotReady."""
    receipt = Receipt.objects.filter(job_id=job_id).first()
    if receipt is not None:
        return receipt
    if not Job.objects.filter(job_id=job_id).exists():
        raise JobUnknown(f"there is no job {job_id}", job_id=job_id)
    raise ReceiptNotReady(f"job {job_id} is not settled", job_id=job_id)
