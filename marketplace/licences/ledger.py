"""The quantity ledger: entries come from chain events only, and are never changed.

The rules stand in triggers (migration 0002); what is checked here gives the caller a typed error.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db import IntegrityError, transaction

from marketplace.chain.models import ChainEvent
from marketplace.licences.errors import QuantityMismatch
from marketplace.licences.models import EntryKind, Licence, QuantityEntry

__all__ = ["quantity_entries_withdraw", "quantity_entry_append"]

logger = structlog.get_logger(__name__)


def quantity_entry_append(
    *,
    licence_id: str,
    job_id: str | None,
    kind: EntryKind,
    runs: int,
    cells: int,
    outputs: int,
    event: ChainEvent,
) -> None:
    """Append one movement, once: the same movement again is a repeated event and changes nothing.

    Raises QuantityMismatch if it breaks a rule of the ledger, or differs from what was reported before.
    """
    with transaction.atomic():
        if not Licence.objects.select_for_update().filter(licence_id=licence_id).exists():
            logger.warning("licence_unknown_to_market", licence_id=licence_id)
            return
        same = QuantityEntry.objects.filter(licence_id=licence_id, job_id=job_id, kind=kind)
        # A licence is topped up as often as its provider likes; every other movement happens once.
        before = (same.filter(event=event) if kind == EntryKind.TOPPED_UP else same).first()
        if before is not None:
            _check_same(before, runs=runs, cells=cells, outputs=outputs)
            return
        try:
            with transaction.atomic():
                QuantityEntry.objects.create(
                    licence_id=licence_id,
                    job_id=job_id,
                    kind=kind,
                    runs=runs,
                    cells=cells,
                    outputs=outputs,
                    event=event,
                    recorded_at=event.mined_at,
                )
        except IntegrityError as error:
            raise QuantityMismatch(
                f"{kind} of licence {licence_id} by job {job_id} breaks the ledger: {error}".strip(),
                licence_id=licence_id,
                job_id=job_id,
            ) from error
    logger.info("quantity_recorded", licence_id=licence_id, job_id=job_id, kind=str(kind))


def quantity_entries_withdraw(*, events: Iterable[ChainEvent]) -> int:
    """Remove the entries of events that a reorganisation orphaned; the database refuses for any other."""
    removed, _ = QuantityEntry.objects.filter(event__in=list(events)).delete()
    return removed


def _check_same(before: QuantityEntry, *, runs: int, cells: int, outputs: int) -> None:
    if (before.runs, before.cells, before.outputs) != (runs, cells, outputs):
        raise QuantityMismatch(
            f"{before.kind} of licence {before.licence_id} by job {before.job_id} was reported twice, "
            "with different quantities",
            licence_id=before.licence_id,
            job_id=before.job_id,
        )
