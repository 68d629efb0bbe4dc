"""The trail of a job: what the market did and sent to the chain, what the chain said, what was used up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from marketplace.chain.models import ChainEvent, ChainTransaction
from marketplace.licences.models import QuantityEntry
from marketplace.orders.models import Job, JobEvent, Receipt

__all__ = ["JobTrail", "TrailEntry", "TrailSource", "job_trail"]


class TrailSource(StrEnum):
    """Who says so: the market's own record, its outbox, or the chain."""

    MARKET = "market"
    OUTBOX = "outbox"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One line of the trail. `kind` is a past-tense name; `detail` has JSON values only."""

    at: datetime
    source: TrailSource
    kind: str
    detail: dict[str, Any] = field(default_factory=dict)
    transaction_hash: str = ""
    block_number: int | None = None
    is_orphaned: bool = False


@dataclass(frozen=True, slots=True)
class JobTrail:
    """Everything the market can show about one job, oldest first."""

    job: Job
    entries: list[TrailEntry]
    transactions: list[ChainTransaction]
    quantities: list[QuantityEntry]
    receipt: Receipt | None


def job_trail(*, job: Job) -> JobTrail:
    """Gather the trail in five queries."""
    transactions = list(job.chain_transactions.order_by("sequence"))
    sent_at = {wish.tx_hash: wish.first_sent_at for wish in transactions if wish.first_sent_at}
    chain_events = ChainEvent.objects.filter(
        Q(arguments__contains={"jobId": job.job_id}) | Q(transaction_hash__in=list(sent_at))
    ).order_by("block_number", "log_index")
    quantities = QuantityEntry.objects.filter(job_id=job.job_id).select_related("licence", "event")
    entries = [
        *(_market_entry(event) for event in job.events.order_by("sequence")),
        *_outbox_entries(transactions),
        *(_chain_entry(event, sent_at.get(event.transaction_hash)) for event in chain_events),
    ]
    return JobTrail(
        job=job,
        entries=sorted(entries, key=lambda entry: entry.at),
        transactions=transactions,
        quantities=list(quantities.order_by("id")),
        receipt=Receipt.objects.filter(job=job).first(),
    )


def _market_entry(event: JobEvent) -> TrailEntry:
    return TrailEntry(
        at=event.at,
        source=TrailSource.MARKET,
        kind=event.kind,
        detail=event.detail,
        transaction_hash=str(event.detail.get("transaction_hash", "")),
        block_number=event.detail.get("block_number"),
    )


def _outbox_entries(transactions: Iterable[ChainTransaction]) -> Iterable[TrailEntry]:
    for wish in transactions:
        detail: dict[str, Any] = {"kind": wish.kind, "function": f"{wish.contract}.{wish.function}"}
        yield TrailEntry(
            at=wish.created_at, source=TrailSource.OUTBOX, kind="transaction_queued", detail=detail
        )
        if wish.first_sent_at is not None:
            yield TrailEntry(
                at=wish.first_sent_at,
                source=TrailSource.OUTBOX,
                kind="transaction_sent",
                detail={**detail, "nonce": wish.nonce},
                transaction_hash=wish.tx_hash,
            )
        if wish.state == ChainTransaction.State.REVERTED:
            yield TrailEntry(
                at=wish.updated_at,
                source=TrailSource.OUTBOX,
                kind="transaction_reverted",
                detail={**detail, "error": wish.error_name, "arguments": wish.error_arguments},
                transaction_hash=wish.tx_hash,
            )


def _chain_entry(event: ChainEvent, sent_at: datetime | None) -> TrailEntry:
    """Blocks tell whole seconds: what a transaction caused is shown after it was sent, in the same second
    too.
    """
    return TrailEntry(
        at=event.mined_at if sent_at is None else max(event.mined_at, sent_at),
        source=TrailSource.CHAIN,
        kind=event.name,
        detail=event.arguments,
        transaction_hash=event.transaction_hash,
        block_number=event.block_number,
        is_orphaned=event.orphaned_at is not None,
    )
