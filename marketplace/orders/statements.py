"""The signed statement of every use of a provider's licences."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.accounts.signatures import message_domain
from marketplace.chain.conf import deployment_current, signer_account
from marketplace.chain.models import Checkpoint
from marketplace.licences.models import EntryKind, QuantityEntry
from marketplace.licences.statement import FORMAT, UsageStatement, totals
from marketplace.orders.models import Job, JobInput
from marketplace.signing.canonical import document_hash

__all__ = ["usage_statement"]


def usage_statement(*, provider: Party) -> dict[str, Any]:
    """All settled uses of the provider's licences so far, each with the chain event that consumed it.

    The entries are append-only and come from the chain alone (licences.ledger). Raises SignerMissing.
    """
    checkpoint = Checkpoint.objects.order_by("-updated_at").first()
    up_to_block = 0 if checkpoint is None else checkpoint.block_number
    entries = list(
        QuantityEntry.objects.filter(
            licence__provider=provider, kind=EntryKind.CONSUMED, event__block_number__lte=up_to_block
        )
        .select_related("event")
        .order_by("event__block_number", "event__log_index")
    )
    jobs = Job.objects.in_bulk([str(entry.job_id) for entry in entries])
    columns = {
        (item.job_id, item.licence_id): item.columns
        for item in JobInput.objects.filter(job_id__in=jobs, licence__provider=provider)
    }
    uses = [
        _use(entry, jobs[str(entry.job_id)], columns[str(entry.job_id), entry.licence_id])
        for entry in entries
        if entry.job_id in jobs
    ]
    deployment = deployment_current()
    statement = {
        "format": FORMAT,
        "chain_id": deployment.chain_id,
        "contracts": {name: deployment.addresses[name] for name in ("LicenceLedger", "MarketAccess")},
        "provider": provider.eth_address,
        "issued_at": int(timezone.now().timestamp()),
        "up_to_block": up_to_block,
        "licences": totals(uses),
        "uses": uses,
    }
    message = UsageStatement(
        provider=provider.eth_address,
        content_hash=document_hash(statement),
        issued_at=int(str(statement["issued_at"])),
    )
    signer = signer_account()
    signature = message.sign(message_domain(UsageStatement), bytes(signer.key))
    return {"statement": statement, "signer": str(signer.address), "signature": signature}


def _use(entry: QuantityEntry, job: Job, columns: int) -> dict[str, Any]:
    return {
        "licence_id": entry.licence_id,
        "job_id": job.job_id,
        "consumer": job.order["consumer"],
        "program_id": job.program_id,
        "purpose": job.details["purpose"],
        "columns": str(columns),
        "runs": str(entry.runs),
        "cells": str(entry.cells),
        "outputs": str(entry.outputs),
        "at": int(entry.event.mined_at.timestamp()),
        "transaction_hash": entry.event.transaction_hash,
        "block_number": entry.event.block_number,
        "log_index": entry.event.log_index,
    }
