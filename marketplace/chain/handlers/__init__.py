"""What each event of the chain means for the market.

Every handler may run again for the same event: after a crash, after a reorganisation (the event comes back
in another block), and when the projections are rebuilt. So each looks at what stands in the database and
does only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from marketplace.chain.handlers import datasets, jobs, licences, nodes, programs
from marketplace.chain.models import ChainEvent

__all__ = ["HANDLERS", "event_handle"]

HANDLERS: Mapping[tuple[str, str], Callable[[ChainEvent], None]] = {
    ("ProgramRegistry", "ProgramRegistered"): programs.program_registered,
    ("DatasetRegistry", "DatasetRegistered"): datasets.dataset_registered,
    ("LicenceLedger", "LicenceGranted"): licences.licence_granted,
    ("LicenceLedger", "LicenceRevoked"): licences.licence_revoked,
    ("LicenceLedger", "QuantityReserved"): licences.quantity_reserved,
    ("LicenceLedger", "QuantityConsumed"): licences.quantity_consumed,
    ("LicenceLedger", "QuantityReleased"): licences.quantity_released,
    ("NodeRegistry", "NodeRegistered"): nodes.node_registered,
    ("Market", "JobOpened"): jobs.job_opened,
    ("Market", "JobReseated"): jobs.job_reseated,
    ("Market", "JobSettled"): jobs.job_settled,
    ("Market", "JobCancelled"): jobs.job_cancelled,
    ("Market", "JobFailed"): jobs.job_failed,
    ("Market", "JobExpired"): jobs.job_expired,
}


def event_handle(event: ChainEvent) -> None:
    """Apply one event; those without a handler are kept for the audit trail and change nothing."""
    handler = HANDLERS.get((event.contract, event.name))
    if handler is not None:
        handler(event)
