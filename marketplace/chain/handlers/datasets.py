"""Events of the DatasetRegistry contract."""

from __future__ import annotations

from marketplace.catalogue.services import dataset_mark_registered
from marketplace.chain.models import ChainEvent

__all__ = ["dataset_registered"]


def dataset_registered(event: ChainEvent) -> None:
    """SUBMITTED → REGISTERED."""
    dataset_mark_registered(dataset_id=event.arguments["datasetId"], at=event.mined_at)
