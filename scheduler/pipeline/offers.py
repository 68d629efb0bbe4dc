"""The matcher's inputs from the database: orders that wait, and what every node has left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import TypeVar

from django.db.models import F
from django.utils import timezone

from marketplace.chain.conf import chain_reader
from marketplace.licences.domain import assurance_of
from marketplace.orders.admission import allowed_placement
from marketplace.orders.domain import OrderDetails
from marketplace.orders.models import FINAL_STATES, Job
from proofs.sharing import answers_needed
from proofs.statement import Program
from scheduler.leases.models import Task, TaskState
from scheduler.matching import Market, Offer, Order, Resources
from scheduler.nodes.collateral import Held, collateral_held
from scheduler.nodes.domain import DEFAULT_SEATS
from scheduler.nodes.models import Collateral, Node, NodeState
from scheduler.nodes.records import NodeRecord, node_records
from scheduler.nodes.selectors import nodes_listed
from scheduler.pipeline.conf import due_after, node_freshness
from scheduler.pipeline.models import Fault, FaultRole, Seat
from scheduler.pipeline.statement import job_inputs
from scheduler.pipeline.wishes import market_fee_bps

__all__ = ["excluded_nodes", "market_of", "seats_open"]

Listed = TypeVar("Listed", int, str)
MEMORY_BASE_BYTES = 64 << 20
MEMORY_BYTES_PER_ROW = 1_700
"""A node's round 2 was measured at 85 MiB for n = 2^14, 216 MiB for 2^16, 1,704 MiB for 2^20
(docs/performance.md)."""


def market_of(jobs: Iterable[Job], *, attempt_offset: int = 0) -> Market:
    """The open orders of these jobs and every node as they are now. Reads the market's fee from the chain.

    ``attempt_offset`` 1: the next attempt of each, whose present seats do not count as taken.
    """
    listed = list(jobs)
    orders = tuple(_order(job, job.attempt + attempt_offset) for job in listed)
    leaving = [job.job_id for job in listed] if attempt_offset else []
    offers = _offers(leaving, is_assured=any(order.min_assurance for order in orders))
    return Market(fee_bps=market_fee_bps(), orders=orders, offers=offers)


def excluded_nodes(job: Job) -> set[str]:
    """Nodes of the job's earlier attempts that may not come again: they were lost or at fault."""
    failed = Task.objects.filter(job=job, state=TaskState.FAILED, seat__gte=1)
    faults = Fault.objects.filter(job=job, role=FaultRole.NODE)
    places = {*failed.values_list("attempt", "seat"), *faults.values_list("attempt", "seat")}
    return {seat.node_id for seat in Seat.objects.filter(job=job) if (seat.attempt, seat.seat) in places}


def seats_open() -> list[Seat]:
    """Seats that keep a node busy: of the present attempt of jobs that are not final, or of a coming one."""
    busy = Seat.objects.exclude(job__state__in=FINAL_STATES).filter(attempt__gte=F("job__attempt"))
    return list(busy.select_related("job__program__setup"))


def _order(job: Job, attempt: int) -> Order:
    inputs = job_inputs(job)
    details = OrderDetails.from_document(job.details)
    placement = allowed_placement(job=job)
    parties = [job.consumer, *(item.licence.provider for item in inputs)]
    wanted = details.requirements
    now = timezone.now()
    return Order(
        job_id=job.job_id,
        attempt=attempt,
        capacity=job.program.setup.capacity,
        answers=answers_needed(Program.DEGREE),
        seats=details.seats,
        fixed_price=sum(item.licence.price_per_run for item in inputs),
        max_price=job.max_price,
        party_organisations=frozenset(party.organisation_id for party in parties),
        party_addresses=frozenset(party.eth_address for party in parties),
        waits_since=int(job.placed_at.timestamp()),
        is_due=now - job.placed_at >= due_after(),
        regions=_listed(placement.regions),
        tiers=_listed(placement.tiers),
        min_assurance=max(placement.min_assurance, wanted.get("min_assurance", 0)),
        min_stake=wanted.get("min_stake", 0),
        min_cells_per_second=wanted.get("min_cells_per_second", 0),
        max_latency_ms=wanted.get("max_latency_ms"),
        needs=_needs(job, details),
        cells=sum(item.licence.dataset.rows * (int(item.columns).bit_count() - 1) for item in inputs),
        seconds_left=_rounded_down((job.deadline - now).total_seconds()),
        excluded_nodes=frozenset(excluded_nodes(job)) if attempt > 1 else frozenset(),
        avoided=details.avoided,
        preferred=details.preferred,
    )


def _needs(job: Job, details: OrderDetails) -> Resources:
    """What one seat of the job takes of its node."""
    wanted = details.requirements
    least = MEMORY_BASE_BYTES + MEMORY_BYTES_PER_ROW * job.program.setup.capacity
    return Resources(
        cores=wanted.get("cores", 0),
        memory_bytes=max(wanted.get("memory_bytes", 0), least),
        storage_bytes=wanted.get("storage_bytes", 0),
        bandwidth_bps=wanted.get("bandwidth_bps", 0),
    )


def _rounded_down(seconds: float) -> int:
    """To a power of two: while an order waits, its inputs change a few times and not at every look."""
    return 1 << (max(int(seconds), 1).bit_length() - 1)


def _offers(leaving: list[str], *, is_assured: bool) -> tuple[Offer, ...]:
    nodes = list(nodes_listed())
    node_ids = [node.node_id for node in nodes]
    records = node_records(node_ids=node_ids)
    stakes = collateral_held(collateral=Collateral.STAKE, holders=node_ids)
    minimum = int(chain_reader().call("NodeRegistry", "minimumStake")) if is_assured else 0
    taken: defaultdict[str, list[Resources]] = defaultdict(list)
    for seat in seats_open():
        if seat.job_id not in leaving:
            taken[seat.node_id].append(_needs(seat.job, OrderDetails.from_document(seat.job.details)))
    fresh_since = timezone.now() - node_freshness()
    return tuple(
        _offer(node, fresh_since, taken[node.node_id], records[node.node_id], stakes[node.node_id], minimum)
        for node in nodes
    )


def _offer(
    node: Node, fresh_since: datetime, taken: list[Resources], record: NodeRecord, stake: Held, minimum: int
) -> Offer:
    seen, seconds, able = node.last_seen_at, node.compute_seconds, node.capabilities
    names = [item.name for item in fields(Resources)]
    return Offer(
        node_id=node.node_id,
        organisation=node.party.organisation_id,
        operator=node.operator,
        addresses=tuple(sorted({node.operator, node.signer, node.party.eth_address})),
        capacities=tuple(able["capacities"]),
        tier=node.tier,
        region=node.region,
        fee=node.fee_per_job,
        is_registered=node.state == NodeState.REGISTERED and node.party.is_active and node.is_active,
        availability=node.availability,
        is_fresh=seen is not None and seen >= fresh_since,
        seats=able.get("seats", DEFAULT_SEATS),
        seats_taken=len(taken),
        resources=Resources(**{name: able.get(name, 0) for name in names}),
        resources_taken=Resources(**{name: sum(getattr(one, name) for one in taken) for name in names}),
        stake=stake.bonded,
        assurance=assurance_of(stake.bonded, minimum),
        latency_ms=able.get("latency_ms", 0),
        cells_per_second=round(node.compute_cells / seconds) if seconds > 0 else 0,
        failure_ppm=record.failure_ppm,
    )


def _listed(names: frozenset[Listed] | None) -> tuple[Listed, ...] | None:
    return None if names is None else tuple(sorted(names))
