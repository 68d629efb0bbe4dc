"""Reads of the chain room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.http import Http404

from marketplace.chain.conf import chain_reader, deployment_current
from marketplace.chain.models import ChainEvent, ChainTransaction

__all__ = [
    "balances",
    "deployment_addresses",
    "job_event_on_chain",
    "public_rpc_url",
    "transaction_get",
    "transaction_of_event",
]

ESCROWED_STATES = ("OPENED", "DEALING", "COMPUTING", "PROVING", "VERIFIED")


def deployment_addresses() -> dict[str, str]:
    """Contract name → address of the current deployment; raises `DeploymentMissing`."""
    return deployment_current().addresses


def public_rpc_url() -> str:
    """The chain's address for parties; empty where it carries the market's own access key."""
    return str(settings.CHAIN_PUBLIC_RPC_URL)


def job_event_on_chain(*, job_id: str, name: str) -> ChainEvent | None:
    """The newest event of the Market contract about a job that is part of the chain."""
    events = ChainEvent.objects.filter(
        contract="Market", name=name, orphaned_at__isnull=True, arguments__contains={"jobId": job_id}
    )
    return events.order_by("-block_number", "-log_index").first()


def transaction_of_event(event: ChainEvent) -> ChainTransaction | None:
    """The outbox's transaction that caused an event; None if a stranger did, or before it was followed."""
    return ChainTransaction.objects.filter(tx_hash=event.transaction_hash).first()


def transaction_get(*, transaction_id: UUID) -> ChainTransaction:
    """Raises Http404. What it shows is public on the chain as soon as it is sent."""
    wish = ChainTransaction.objects.filter(pk=transaction_id).first()
    if wish is None:
        raise Http404(f"there is no transaction {transaction_id}")
    return wish


def balances(*, address: str) -> dict[str, Any]:
    """Credit in the market and tokens outside of it, read from the chain now; raises `ChainUnreachable`."""
    from marketplace.orders.models import Job

    reader = chain_reader()
    escrow = Job.objects.filter(consumer__eth_address=address, state__in=ESCROWED_STATES).aggregate(
        total=Sum("price")
    )["total"]
    return {
        "balance": str(reader.balance(address)),
        "escrow": str(int(escrow or 0)),
        "token": str(reader.token_balance(address)),
    }
