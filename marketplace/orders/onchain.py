"""Jobs as the chain has them: a row is worked out anew from the events that stand, never edited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from marketplace.chain.models import ChainEvent
from marketplace.orders.models import JobOnChain

__all__ = ["ENDS", "JOB_EVENTS", "job_on_chain_project"]

State = JobOnChain.State
ENDS = {
    "JobSettled": State.SETTLED,
    "JobCancelled": State.CANCELLED,
    "JobFailed": State.FAILED,
    "JobExpired": State.EXPIRED,
}
JOB_EVENTS = ("JobOpened", "JobDealing", "JobReseated", *ENDS)


def job_on_chain_project(*, job_id: str, checkpoint_id: str, newest: ChainEvent | None) -> None:
    """Write what the job's events say, up to `newest` (being handled), or all that are handled and stand."""
    events = ChainEvent.objects.filter(
        checkpoint_id=checkpoint_id,
        contract="Market",
        name__in=JOB_EVENTS,
        orphaned_at__isnull=True,
        arguments__contains={"jobId": job_id},
    ).order_by("block_number", "log_index")
    if newest is None:
        events = events.filter(handled_at__isnull=False)
    else:
        same_block = Q(block_number=newest.block_number, log_index__lte=newest.log_index)
        events = events.filter(Q(block_number__lt=newest.block_number) | same_block)
    fields = _fold(events)
    if fields is None:
        JobOnChain.objects.filter(job_id=job_id).delete()
    else:
        JobOnChain.objects.update_or_create(job_id=job_id, defaults=fields)


def _fold(events: Iterable[ChainEvent]) -> dict[str, Any] | None:
    """The row's values; None before the job was opened."""
    fields: dict[str, Any] | None = None
    for event in events:
        said = event.arguments
        if event.name == "JobOpened":
            fields = _opened(event)
        elif fields is None:
            continue
        elif event.name == "JobDealing":
            fields["is_dealing"] = True
        elif event.name == "JobReseated":
            fields |= {
                "node_ids": said["nodeIds"],
                "price": said["price"],
                "reseats": fields["reseats"] + 1,
            }
        else:
            fields |= _ended(event)
    return fields


def _opened(event: ChainEvent) -> dict[str, Any]:
    said = event.arguments
    return {
        "consumer": said["consumer"],
        "program_id": said["programId"],
        "state": State.OPEN,
        "is_dealing": False,
        "price": said["price"],
        "node_ids": said["nodeIds"],
        "reseats": 0,
        "opened_block": event.block_number,
        "ended_block": None,
        "ended_transaction": None,
        "refunded": None,
        "payments": [],
        "result_hash": None,
    }


def _ended(event: ChainEvent) -> dict[str, Any]:
    payments = event.arguments.get("payments", ())
    return {
        "state": ENDS[event.name],
        "ended_block": event.block_number,
        "ended_transaction": event.transaction_hash,
        "refunded": event.arguments.get("refunded"),
        "payments": [{**part, "amount": str(part["amount"])} for part in payments],
        "result_hash": event.arguments.get("resultHash"),
    }
