"""Reads of jobs for those who are party to them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.accounts.models import Party
from marketplace.orders.errors import JobUnknown, ReceiptNotReady
from marketplace.orders.models import FINAL_STATES, Job, JobEvent, Receipt

__all__ = ["job_events", "job_get", "job_reason", "jobs_of", "jobs_open", "receipt_get"]


def jobs_of(*, party: Party) -> QuerySet[Job]:
    """Jobs that the party ordered or whose licences it gave."""
    return (
        Job.objects.filter(Q(consumer=party) | Q(inputs__licence__provider=party))
        .distinct()
        .select_related("consumer")
        .prefetch_related("inputs__licence")
    )


def job_get(*, party: Party, job_id: str) -> Job:
    """Raises JobUnknown; to a stranger a job does not exist."""
    job = jobs_of(party=party).filter(job_id=job_id).first()
    if job is None:
        raise JobUnknown(f"there is no job {job_id} of yours", job_id=job_id)
    return job


def jobs_open() -> QuerySet[Job]:
    """Every job that is not final, oldest change first: what the pipeline's sweep goes through."""
    return Job.objects.exclude(state__in=FINAL_STATES).order_by("updated_at")


def job_reason(job: Job) -> str:
    """Why a job ended as it did, in one text; empty for a job without a reason."""
    if not job.reason_code:
        return ""
    refusals = job.reason_detail.get("refusals", [])
    if refusals:
        return "; ".join(f"licence {r['licence_id']}, {r['clause']}: {r['detail']}" for r in refusals)
    return str(job.reason_detail.get("detail", job.reason_code))


def job_events(*, job: Job, after: int = 0) -> QuerySet[JobEvent]:
    return JobEvent.objects.filter(job=job, sequence__gt=after).order_by("sequence")


def receipt_get(*, job_id: str) -> Receipt:
    """Public. Raises JobUnknown, ReceiptNotReady."""
    receipt = Receipt.objects.filter(job_id=job_id).first()
    if receipt is not None:
        return receipt
    if not Job.objects.filter(job_id=job_id).exists():
        raise JobUnknown(f"there is no job {job_id}", job_id=job_id)
    raise ReceiptNotReady(f"job {job_id} is not settled", job_id=job_id)
