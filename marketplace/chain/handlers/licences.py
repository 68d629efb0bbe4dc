"""Events of the LicenceLedger contract: the only source of the quantity ledger's entries."""

from __future__ import annotations

from marketplace.chain.models import ChainEvent
from marketplace.licences.agreements import agreement_follow_ledger, amendment_complete
from marketplace.licences.ledger import quantity_entry_append
from marketplace.licences.models import EntryKind, RevocationEffect
from marketplace.licences.services import (
    licence_mark_granted,
    licence_mark_revocation_epoch,
    licence_mark_revoked,
    licence_mark_transferred,
)

__all__ = [
    "licence_granted",
    "licence_revoked",
    "licence_topped_up",
    "licence_transferred",
    "quantity_consumed",
    "quantity_released",
    "quantity_reserved",
    "revocation_epoch_started",
]

EFFECTS = (RevocationEffect.FINISH, RevocationEffect.ABORT)
"""ILicenceLedger.Effect by number."""


def licence_granted(event: ChainEvent) -> None:
    """SIGNED → GRANTED, with the ledger's first entry."""
    licence_mark_granted(licence_id=event.arguments["licenceId"], event=event)
    amendment_complete(licence_id=event.arguments["licenceId"])


def licence_revoked(event: ChainEvent) -> None:
    """GRANTED → REVOKED."""
    licence_mark_revoked(licence_id=event.arguments["licenceId"], event=event)


def revocation_epoch_started(event: ChainEvent) -> None:
    """What the revocation does to open jobs."""
    licence_mark_revocation_epoch(
        licence_id=event.arguments["licenceId"],
        epoch=event.arguments["epoch"],
        effect=EFFECTS[event.arguments["effect"]],
    )


def licence_transferred(event: ChainEvent) -> None:
    """Another consumer holds it."""
    licence_mark_transferred(licence_id=event.arguments["licenceId"], holder=event.arguments["to"])


def licence_topped_up(event: ChainEvent) -> None:
    """The provider added to what it granted."""
    quantity_entry_append(
        licence_id=event.arguments["licenceId"],
        job_id=None,
        kind=EntryKind.TOPPED_UP,
        event=event,
        **event.arguments["added"],
    )
    agreement_follow_ledger(licence_id=event.arguments["licenceId"])


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
    agreement_follow_ledger(licence_id=event.arguments["licenceId"])
