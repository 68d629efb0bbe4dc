"""Reads of the pipeline."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from marketplace.accounts.models import Party
from marketplace.orders.models import Job, JobState
from marketplace.orders.selectors import job_get
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.pipeline.errors import ResultSharesNotReady, ResultSharesNotYours
from scheduler.pipeline.models import MatchDecision, ProofRecord, Seat

__all__ = ["matching_of", "result_shares", "waiting_decision"]

SEALING = "x25519-sealed-box"


def result_shares(*, party: Party, job_id: str) -> list[dict[str, Any]]:
    """Where the sealed result shares of the answering set are, once the proof is verified; by seat.

    Raises JobUnknown, ResultSharesNotYours for anyone but the consumer, ResultSharesNotReady.
    """
    job: Job = job_get(party=party, job_id=job_id)
    if job.consumer_id != party.id:
        raise ResultSharesNotYours("only the consumer opens a job's result", job_id=job_id)
    record = ProofRecord.objects.filter(job=job, attempt=job.attempt, verified_at__isnull=False).first()
    if record is None:
        raise ResultSharesNotReady(f"the job is {job.state}; its proof is not verified", job_id=job_id)
    node_ids = dict(Seat.objects.filter(job=job, attempt=job.attempt).values_list("seat", "node_id"))
    tasks = Task.objects.filter(
        job=job, attempt=job.attempt, kind=TaskKind.COMPUTE, state=TaskState.DONE, seat__in=record.answering
    ).order_by("seat")
    return [
        {
            "seat": task.seat,
            "node_id": node_ids[task.seat],
            "blob_id": share["blob_id"],
            "sealing": SEALING,
        }
        for task in tasks
        if (share := (task.result or {}).get("result_share"))
    ]


def matching_of(*, party: Party, job_id: str) -> QuerySet[MatchDecision]:
    """What the rounds decided on a job, newest first. Raises JobUnknown."""
    job = job_get(party=party, job_id=job_id)
    return MatchDecision.objects.filter(job=job).select_related("round").order_by("-round__decided_at", "-id")


def waiting_decision(job: Job) -> MatchDecision | None:
    """Why a job waits for nodes, as the newest round saw it; None if it does not wait."""
    if job.state != JobState.ADMITTED:
        return None
    decisions = MatchDecision.objects.filter(job=job, is_matched=False).select_related("round")
    return decisions.order_by("-round__decided_at", "-id").first()
