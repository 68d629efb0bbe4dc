"""Events of the LicenceLedger contract: the only source of the quantity ledger's entries."""

from __future__ import annotations

from marketplace.chain.models import ChainEvent
from marketplace.licences.ledger import quantity_entry_append
from marketplace.licences.models import EntryKind
from marketplace.licences.services import licence_mark_granted, licence_mark_revoked

__all__ = [
    "licence_granted",
    "licence_revoked",
    "quantity_consumed",
    "quantity_released",
    "quantity_reserved",
]


def licence_granted(event: ChainEvent) -> None:
    """SIGNED → GRANTED, with the ledger's first entry."""
    licence_mark_granted(licence_id=event.arguments["licenceId"], event=event)


def licence_revoked(event: ChainEvent) -> None:
    """GRANTED → REVOKED."""
    licence_mark_revoked(licence_id=event.arguments["licenceId"], event=event)


def quantity_reserved(event: ChainEvent) -> None:
    """A job was opened."""
    _append(event, EntryKind.RESERVED)


def quantity_consumed(event: ChainEvent) -> None:
    """A job was settled."""
    _append(event, EntryKind.CONSUMED)


def quantity_released(event: ChainEvent) -> None:
    """A job ended otherwise."""
    _append(event, EntryKind.RELEASED)


def _append(event: ChainEvent, kind: EntryKind) -> None:
    quantity_entry_append(
        licence_id=event.arguments["licenceId"],
        job_id=event.arguments["jobId"],
        kind=kind,
        event=event,
        **event.arguments["quantity"],
    )
