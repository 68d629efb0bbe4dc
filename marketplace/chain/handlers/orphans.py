"""What a reorganisation takes back.

Registrations, grants and the quantity ledger go back with their events. A job's state does not: the
relayer's transactions are sent again as they were, their events come back in other blocks, and the handlers
find the job where it should be. A transaction that cannot come back is reported by the outbox with its
typed error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from marketplace.catalogue.services import dataset_unmark_registered
from marketplace.chain.models import ChainEvent
from marketplace.licences.ledger import quantity_entries_withdraw
from marketplace.licences.services import licence_unmark_granted, licence_unmark_revoked

__all__ = ["events_orphaned"]

UNDOERS: Mapping[tuple[str, str], Callable[[ChainEvent], None]] = {
    ("DatasetRegistry", "DatasetRegistered"): lambda event: dataset_unmark_registered(
        dataset_id=event.arguments["datasetId"]
    ),
    ("LicenceLedger", "LicenceRevoked"): lambda event: licence_unmark_revoked(
        licence_id=event.arguments["licenceId"]
    ),
    ("LicenceLedger", "LicenceGranted"): lambda event: licence_unmark_granted(
        licence_id=event.arguments["licenceId"]
    ),
}


def events_orphaned(events: Sequence[ChainEvent]) -> None:
    """Undo, newest first. Called in the transaction that marks the events, after they are marked."""
    quantity_entries_withdraw(events=events)
    for event in sorted(events, key=lambda each: (each.block_number, each.log_index), reverse=True):
        undo = UNDOERS.get((event.contract, event.name))
        if undo is not None and event.handled_at is not None:
            undo(event)
