"""What a reorganisation takes back.

Registrations, grants, the ledgers, collateral and the jobs as the chain has them go back with their events.
The state of a job in the market does not: the
relayer's transactions are sent again as they were, their events come back in other blocks, and the handlers
find the job where it should be. A transaction that cannot come back is reported by the outbox with its
typed error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from marketplace.catalogue.services import dataset_unmark_registered
from marketplace.chain.handlers import jobs, nodes, programs
from marketplace.chain.models import ChainEvent
from marketplace.licences.agreements import agreement_follow_ledger
from marketplace.licences.ledger import quantity_entries_withdraw
from marketplace.licences.services import (
    licence_mark_transferred,
    licence_unmark_granted,
    licence_unmark_revocation_epoch,
    licence_unmark_revoked,
)
from marketplace.orders.onchain import JOB_EVENTS
from scheduler.nodes.collateral import collateral_withdraw

__all__ = ["events_orphaned"]

UNDOERS: Mapping[tuple[str, str], Callable[[ChainEvent], None]] = {
    ("DatasetRegistry", "DatasetRegistered"): lambda event: dataset_unmark_registered(
        dataset_id=event.arguments["datasetId"]
    ),
    ("ProgramRegistry", "ProgramRegistered"): programs.program_registration_undone,
    ("NodeRegistry", "NodeRegistered"): nodes.node_registration_undone,
    ("NodeRegistry", "NodeUpdated"): nodes.node_update_undone,
    ("LicenceLedger", "LicenceTransferred"): lambda event: licence_mark_transferred(
        licence_id=event.arguments["licenceId"], holder=event.arguments["from"]
    ),
    ("LicenceLedger", "RevocationEpochStarted"): lambda event: licence_unmark_revocation_epoch(
        licence_id=event.arguments["licenceId"], epoch=event.arguments["epoch"]
    ),
    **{("Market", name): jobs.job_undone for name in JOB_EVENTS},
    ("LicenceLedger", "LicenceRevoked"): lambda event: licence_unmark_revoked(
        licence_id=event.arguments["licenceId"]
    ),
    ("LicenceLedger", "LicenceGranted"): lambda event: licence_unmark_granted(
        licence_id=event.arguments["licenceId"]
    ),
}

MOVEMENTS = ("QuantityReserved", "QuantityConsumed", "QuantityReleased", "LicenceToppedUp")


def events_orphaned(events: Sequence[ChainEvent]) -> None:
    """Undo, newest first. Called in the transaction that marks the events, after they are marked."""
    quantity_entries_withdraw(events=events)
    collateral_withdraw(events=events)
    for licence_id in {event.arguments["licenceId"] for event in events if event.name in MOVEMENTS}:
        agreement_follow_ledger(licence_id=licence_id)
    for event in sorted(events, key=lambda each: (each.block_number, each.log_index), reverse=True):
        undo = UNDOERS.get((event.contract, event.name))
        if undo is not None and event.handled_at is not None:
            undo(event)
