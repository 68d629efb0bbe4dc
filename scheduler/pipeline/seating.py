"""Which nodes sit in an attempt: the matcher's inputs from the database, and its decisions kept there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from marketplace.chain.conf import chain_reader
from marketplace.licences.domain import assurance_of
from marketplace.orders.admission import allowed_placement
from marketplace.orders.domain import MAX_SEATS, OrderDetails
from marketplace.orders.models import FINAL_STATES, Job
from proofs.sharing import answers_needed
from scheduler.leases.models import Task, TaskState
from scheduler.matching import (
    Candidate,
    Match,
    MatchRequest,
    input_hash,
    match,
    outcome_document,
    request_document,
    trace_document,
)
from scheduler.nodes.models import Node, NodeState
from scheduler.nodes.selectors import nodes_listed
from scheduler.pipeline.conf import node_freshness
from scheduler.pipeline.models import Fault, MatchRound, ProofRecord, Seat
from scheduler.pipeline.statement import job_inputs
from scheduler.pipeline.wishes import market_fee_bps

__all__ = ["Decision", "decide", "excluded_nodes", "match_round_keep", "seats_take"]


class Decision:
    """A request to the matcher with its answer."""

    def __init__(self, request: MatchRequest) -> None:
        self.request = request
        self.outcome: Match = match(request)


def decide(job: Job, attempt: int, *, excluded: Iterable[str] = ()) -> Decision:
    """Match the job's attempt with the nodes as they are now. Reads the market's fee from the chain."""
    inputs = job_inputs(job)
    details = OrderDetails.from_document(job.details)
    placement = allowed_placement(job=job)
    parties = [job.consumer, *(item.licence.provider for item in inputs)]
    return Decision(
        MatchRequest(
            job_id=job.job_id,
            attempt=attempt,
            capacity=job.program.setup.capacity,
            seats=max(answers_needed(), min(details.seats or answers_needed(), MAX_SEATS)),
            fixed_price=sum(item.licence.price_per_run for item in inputs),
            fee_bps=market_fee_bps(),
            max_price=job.max_price,
            party_organisations=frozenset(party.organisation_id for party in parties),
            party_addresses=frozenset(party.eth_address for party in parties),
            regions=None if placement.regions is None else tuple(sorted(placement.regions)),
            tiers=None if placement.tiers is None else tuple(sorted(placement.tiers)),
            excluded_nodes=frozenset(excluded) | _understaked(placement.min_assurance),
            candidates=_candidates(),
        )
    )


def match_round_keep(job: Job, attempt: int, decision: Decision) -> bool:
    """Keep the decision unless the same inputs were decided on before; whether it is new."""
    _, is_new = MatchRound.objects.get_or_create(
        job=job,
        attempt=attempt,
        input_hash=input_hash(decision.request),
        defaults={
            "inputs": request_document(decision.request),
            "trace": trace_document(decision.outcome),
            "outcome": outcome_document(decision.outcome),
        },
    )
    return is_new


def seats_take(job: Job, attempt: int, outcome: Match) -> None:
    """Seat the chosen nodes; the caller holds the job's lock."""
    Seat.objects.bulk_create(
        Seat(job=job, attempt=attempt, seat=number, node_id=node_id)
        for number, node_id in enumerate(outcome.seats, start=1)
    )


def excluded_nodes(job: Job) -> set[str]:
    """Nodes of the job's earlier attempts that may not come again.

    They were lost or at fault, accused a dealer, or sat in an attempt whose proof failed without anyone
    being named.
    """
    failed = Task.objects.filter(job=job, state=TaskState.FAILED, seat__gte=1)
    faults = Fault.objects.filter(job=job)
    rejected = set(
        ProofRecord.objects.filter(job=job).exclude(rejection="").values_list("attempt", flat=True)
    )
    unattributed = rejected - set(faults.values_list("attempt", flat=True))
    places = {*failed.values_list("attempt", "seat"), *faults.values_list("attempt", "seat")}
    return {
        seat.node_id
        for seat in Seat.objects.filter(job=job)
        if (seat.attempt, seat.seat) in places or seat.attempt in unattributed
    }


def _candidates() -> tuple[Candidate, ...]:
    fresh_since = timezone.now() - node_freshness()
    open_seats = dict(
        Seat.objects.exclude(job__state__in=FINAL_STATES)
        .values_list("node_id")
        .annotate(count=Count("job", distinct=True))
    )
    return tuple(_candidate(node, fresh_since, open_seats.get(node.node_id, 0)) for node in nodes_listed())


def _understaked(min_assurance: int) -> frozenset[str]:
    """Nodes with less stake, as the chain has it now, than the licences ask for."""
    if not min_assurance:
        return frozenset()
    reader = chain_reader()
    minimum = int(reader.call("NodeRegistry", "minimumStake"))
    bonded = {
        n.node_id: int(reader.call("NodeRegistry", "stakeOf", n.node_id)["bonded"]) for n in nodes_listed()
    }
    return frozenset(
        node_id for node_id, stake in bonded.items() if assurance_of(stake, minimum) < min_assurance
    )


def _candidate(node: Node, fresh_since: datetime, open_seats: int) -> Candidate:
    seen = node.last_seen_at
    seconds = node.compute_seconds
    return Candidate(
        node_id=node.node_id,
        organisation=node.party.organisation_id,
        operator=node.operator,
        addresses=tuple(sorted({node.operator, node.signer, node.party.eth_address})),
        capacities=tuple(node.capabilities["capacities"]),
        tier=node.tier,
        region=node.region,
        fee=node.fee_per_job,
        is_registered=node.state == NodeState.REGISTERED and node.party.is_active,
        availability=node.availability,
        is_fresh=seen is not None and seen >= fresh_since,
        open_seats=open_seats,
        jobs_answered=node.jobs_answered,
        jobs_lost=node.jobs_lost,
        jobs_faulted=node.jobs_faulted,
        cells_per_second=round(node.compute_cells / seconds) if seconds > 0 else 0,
    )
