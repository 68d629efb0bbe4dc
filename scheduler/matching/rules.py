"""The hard rules for one candidate. None of them is ever bent for a better price."""

from __future__ import annotations

from scheduler.matching.request import ONLINE, Candidate, MatchRequest
from scheduler.matching.verdict import Rule

__all__ = ["first_broken_rule"]


def first_broken_rule(request: MatchRequest, node: Candidate) -> tuple[Rule, str] | None:
    """The first rule that excludes ``node`` on its own, with the reason; None if it may sit in the job."""
    if not node.is_registered:
        return Rule.NOT_REGISTERED, "the chain does not know its registration yet"
    if node.availability != ONLINE:
        return Rule.NOT_AVAILABLE, f"it is {node.availability}"
    if not node.is_fresh:
        return Rule.NOT_SEEN, "it has not been heard of lately"
    if node.node_id in request.excluded_nodes:
        return Rule.EXCLUDED_BEFORE, "it was lost or at fault in an earlier attempt"
    if node.organisation in request.party_organisations:
        return Rule.PARTY_TO_JOB, f"{node.organisation} is a party to the job"
    if own := sorted(request.party_addresses.intersection(node.addresses)):
        return Rule.PARTY_TO_JOB, f"{own[0]} is an address of a party to the job"
    if request.capacity not in node.capacities:
        return (
            Rule.CAPACITY_MISSING,
            f"the job needs capacity {request.capacity}, it has {list(node.capacities)}",
        )
    if request.regions is not None and node.region not in request.regions:
        return Rule.REGION_NOT_ALLOWED, f"{node.region!r} is not among {list(request.regions)}"
    if request.tiers is not None and node.tier not in request.tiers:
        return Rule.TIER_NOT_ALLOWED, f"tier {node.tier} is not among {list(request.tiers)}"
    if request.price_of(node.fee) > request.max_price:
        return Rule.FEE_ABOVE_LIMIT, f"its fee {node.fee} alone breaks the price limit {request.max_price}"
    return None
