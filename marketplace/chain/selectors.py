"""Reads of the chain room."""

from __future__ import annotations

from marketplace.chain.conf import deployment_current
from marketplace.chain.models import ChainEvent

__all__ = ["deployment_addresses", "job_event_on_chain"]


def deployment_addresses() -> dict[str, str]:
    """Contract name → address of the current deployment; raises `DeploymentMissing`."""
    return deployment_current().addresses


def job_event_on_chain(*, job_id: str, name: str) -> ChainEvent | None:
    """The newest event of the Market contract about a job that is part of the chain."""
    events = ChainEvent.objects.filter(
        contract="Market", name=name, orphaned_at__isnull=True, arguments__jobId=job_id
    )
    return events.order_by("-block_number", "-log_index").first()
