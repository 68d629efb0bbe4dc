"""Reads of setups, programs and datasets. All of it is public."""

from __future__ import annotations

from django.db.models import QuerySet

from marketplace.catalogue.errors import DatasetUnknown, SetupUnknown
from marketplace.catalogue.models import Dataset, DatasetState, Program, Setup
from marketplace.chain.binding import bound_to

__all__ = ["dataset_get", "datasets_listed", "programs_offered", "setup_get", "setups_listed"]


def setups_listed() -> QuerySet[Setup]:
    return Setup.objects.all()


def setup_get(*, setup_id: str) -> Setup:
    """Raises SetupUnknown."""
    setup = Setup.objects.filter(setup_id=setup_id).first()
    if setup is None:
        raise SetupUnknown(f"there is no setup {setup_id}")
    return setup


def programs_offered() -> QuerySet[Program]:
    """Programs that the chain knows."""
    return Program.objects.filter(is_registered=True)


def datasets_listed(*, state: DatasetState | None = None) -> QuerySet[Dataset]:
    """Those of the current deployment."""
    datasets = (
        Dataset.objects.filter(chain_contract=bound_to("DatasetRegistry"))
        .select_related("owner__organisation")
        .prefetch_related("columns")
    )
    return datasets if state is None else datasets.filter(state=state)


def dataset_get(*, dataset_id: str) -> Dataset:
    """Raises DatasetUnknown."""
    dataset = datasets_listed().filter(dataset_id=dataset_id).first()
    if dataset is None:
        raise DatasetUnknown(f"there is no dataset {dataset_id}")
    return dataset
