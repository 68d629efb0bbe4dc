"""Reads of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from marketplace.catalogue.models import DatasetState
from marketplace.catalogue.selectors import datasets_listed
from marketplace.chain.errors import ChainError
from marketplace.chain.models import ChainTransaction, Checkpoint
from marketplace.chain.selectors import deployment_addresses
from marketplace.licences.models import Licence
from marketplace.licences.selectors import licences_listed
from marketplace.orders.models import Job, JobState
from marketplace.orders.selectors import jobs_listed
from marketplace.web.wording import JOB_STAGES
from scheduler.nodes.models import NodeState
from scheduler.nodes.selectors import nodes_listed
from scheduler.pipeline.models import Seat

__all__ = [
    "Meter",
    "Stage",
    "chain_overview",
    "counts",
    "job_seats",
    "job_stages",
    "jobs_newest",
    "licence_columns",
    "meters",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a job's way: done, current, or ahead."""

    state: str
    mark: str


def counts() -> dict[str, int]:
    """How much there is of everything that counts."""
    jobs = dict(jobs_listed().values_list("state").annotate(Count("pk")).order_by())
    return {
        "datasets": datasets_listed(state=DatasetState.REGISTERED).count(),
        "licences": licences_listed().count(),
        "nodes": nodes_listed().filter(state=NodeState.REGISTERED).count(),
        "jobs": sum(jobs.values()),
        "settled": jobs.get(JobState.SETTLED, 0),
    }


def jobs_newest() -> QuerySet[Job]:
    """Jobs of the current deployment with what a list shows of them."""
    return jobs_with_parties(jobs_listed())


def jobs_with_parties(jobs: QuerySet[Job]) -> QuerySet[Job]:
    return jobs.select_related("consumer__organisation", "program").order_by("-placed_at")


def job_stages(job: Job, passed_states: set[str]) -> list[Stage]:
    """The nine steps with how far the job came; an ended job has no current step."""
    stages = []
    for state in JOB_STAGES:
        if state == job.state:
            mark = "done" if state == JobState.SETTLED else "current"
        else:
            mark = "done" if state in passed_states else "ahead"
        stages.append(Stage(state=state, mark=mark))
    return stages


def licence_columns(licence: Licence) -> list[Any]:
    """The dataset's columns that the licence covers, without `ones`."""
    bitmap = int(licence.columns)
    return [column for column in licence.dataset.columns.order_by("index") if bitmap >> column.index & 1][1:]


def chain_overview() -> dict[str, Any]:
    """Contracts, how far the chain was read, and what waits to be sent."""
    try:
        addresses = deployment_addresses()
    except ChainError:
        addresses = {}
    open_states = [ChainTransaction.State.QUEUED, ChainTransaction.State.SENT]
    return {
        "addresses": addresses,
        "checkpoint": Checkpoint.objects.order_by("-updated_at").first(),
        "waiting": ChainTransaction.objects.filter(state__in=open_states).count(),
    }


@dataclass(frozen=True, slots=True)
class Meter:
    """One quantity of a licence and its parts; the shares are for the bar, of the granted amount, in
    percent.
    """

    name: str
    granted: int
    consumed: int
    reserved: int
    remaining: int

    @property
    def consumed_percent(self) -> float:
        return 100 * self.consumed / self.granted if self.granted else 0.0

    @property
    def reserved_percent(self) -> float:
        return 100 * self.reserved / self.granted if self.granted else 0.0


def meters(quantities: Any) -> list[Meter]:
    """Runs, cells and outputs, each with granted = remaining + reserved + consumed."""
    return [
        Meter(
            name=name,
            **{
                part: getattr(getattr(quantities, part), name)
                for part in ("granted", "consumed", "reserved", "remaining")
            },
        )
        for name in ("runs", "cells", "outputs")
    ]


def job_seats(job: Job) -> QuerySet[Seat]:
    """Which node has which seat, newest attempt first."""
    return (
        Seat.objects.filter(job=job).select_related("node__party__organisation").order_by("-attempt", "seat")
    )
