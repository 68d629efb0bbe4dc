"""What the market learns when a transaction of its outbox was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from celery import current_app
from django.db import transaction

from marketplace.catalogue.services import dataset_mark_rejected
from marketplace.chain.errors import ContractReverted
from marketplace.chain.models import ChainTransaction
from marketplace.chain.transitions import TransactionEvent, transaction_apply
from marketplace.licences.services import licence_mark_rejected
from marketplace.orders.transitions import ADVANCE_TASK, job_event_append

__all__ = ["transaction_revert"]

REPORTS: Mapping[str, Callable[[str, str], None]] = {
    "dataset_register": lambda subject, reason: dataset_mark_rejected(dataset_id=subject, reason=reason),
    "licence_grant": lambda subject, reason: licence_mark_rejected(licence_id=subject, reason=reason),
}
"""By kind of transaction: who is told. Their dedupe keys end with the id of what was refused."""

HAPPENED_ALREADY = frozenset({"DatasetExists", "LicenceExists"})
"""Someone else relayed the same signed message: the index reports it, nothing was refused."""


def transaction_revert(
    wish: ChainTransaction, event: TransactionEvent, error: ContractReverted, **facts: Any
) -> None:
    """Mark the wish REVERTED with its typed error, and tell whom it concerns in the same database
    transaction.

    A job gets the event `chain_reverted`, and after commit `pipeline.advance` decides what follows from it.
    """
    with transaction.atomic():
        transaction_apply(
            wish,
            event,
            error_code=error.code,
            error_name=error.name,
            error_arguments=error.arguments,
            last_problem=str(error),
            **facts,
        )
        if wish.kind in REPORTS and error.name not in HAPPENED_ALREADY:
            REPORTS[wish.kind](wish.dedupe_key.rsplit("/", 1)[-1], str(error))
        if wish.job is not None:
            _tell_job(wish)


def _tell_job(wish: ChainTransaction) -> None:
    job = wish.job
    assert job is not None
    detail = {
        "transaction_id": str(wish.pk),
        "kind": wish.kind,
        "dedupe_key": wish.dedupe_key,
        "function": f"{wish.contract}.{wish.function}",
        "code": wish.error_code,
        "error": wish.error_name,
        "arguments": wish.error_arguments,
        "transaction_hash": wish.tx_hash,
    }
    job_event_append(job=job, kind="chain_reverted", detail=detail)
    job_id = job.job_id
    transaction.on_commit(lambda: current_app.send_task(ADVANCE_TASK, args=[job_id]), robust=True)
