"""The greedy engine: best score first, as long as the seats that remain can still be filled within the price.

Another engine behind the same function ``match`` may find better sets; it must keep the same hard rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scheduler.matching.request import Candidate, MatchRequest
from scheduler.matching.rules import first_broken_rule
from scheduler.matching.scoring import rank
from scheduler.matching.verdict import Match, Rule, Score, Shortfall, Verdict

__all__ = ["match"]


def match(request: MatchRequest) -> Match:
    """Choose a node for each seat, or say what is missing. The order of candidates does not matter."""
    if request.seats < 1:
        raise ValueError(f"a job needs at least one seat, not {request.seats}")
    excluded: dict[str, Verdict] = {}
    eligible: list[Candidate] = []
    for node in sorted(request.candidates, key=lambda node: node.node_id):
        broken = first_broken_rule(request, node)
        if broken is None:
            eligible.append(node)
        else:
            excluded[node.node_id] = Verdict(node.node_id, rule=broken[0], detail=broken[1])
    ranked = rank(request, eligible)
    cheapest = _cheapest_fill(request, eligible, chosen=())
    if cheapest is None:
        return _shortfall(request, Shortfall.TOO_FEW_NODES, excluded, ranked)
    if request.price_of(_fees(cheapest)) > request.max_price:
        return _shortfall(request, Shortfall.PRICE_ABOVE_LIMIT, excluded, ranked)
    chosen, left_out = _choose(request, ranked, eligible, cheapest)
    excluded |= left_out
    score_of = {node.node_id: score for node, score in ranked}
    seated = {
        node.node_id: Verdict(node.node_id, seat=seat, score=score_of[node.node_id])
        for seat, node in enumerate(chosen, start=1)
    }
    return Match(
        seats=tuple(node.node_id for node in chosen),
        price=request.price_of(_fees(chosen)),
        shortfall=Shortfall.NONE,
        verdicts=_ordered(excluded | seated),
    )


def _choose(
    request: MatchRequest,
    ranked: Sequence[tuple[Candidate, Score]],
    eligible: Sequence[Candidate],
    cheapest: list[Candidate],
) -> tuple[list[Candidate], dict[str, Verdict]]:
    """Walk down the ranking. A node is taken if the cheapest way to fill the rest stays within the price."""
    chosen: list[Candidate] = []
    left_out: dict[str, Verdict] = {}
    for node, score in ranked:
        if len(chosen) == request.seats:
            rule, detail = Rule.NOT_NEEDED, "better nodes fill every seat"
        elif clash := _clash(node, chosen):
            rule, detail = clash
        else:
            fill = _cheapest_fill(request, eligible, chosen=(*chosen, node))
            if fill is not None and request.price_of(_fees(fill)) <= request.max_price:
                chosen.append(node)
                continue
            rule, detail = Rule.LEAVES_TOO_LITTLE, "with it the other seats cannot be filled within the price"
        left_out[node.node_id] = Verdict(node.node_id, rule=rule, detail=detail, score=score)
    if len(chosen) < request.seats:  # only if operators and organisations cross; the cheapest set is valid
        chosen = cheapest
        left_out = {
            node.node_id: Verdict(
                node.node_id, rule=Rule.LEAVES_TOO_LITTLE, detail="the cheapest set was taken", score=score
            )
            for node, score in ranked
            if node not in cheapest
        }
    return chosen, left_out


def _cheapest_fill(
    request: MatchRequest, eligible: Iterable[Candidate], *, chosen: Sequence[Candidate]
) -> list[Candidate] | None:
    """``chosen`` and the cheapest nodes that may sit beside them; None if the seats cannot be filled."""
    filled = list(chosen)
    for node in sorted(eligible, key=lambda node: (node.fee, node.node_id)):
        if len(filled) == request.seats:
            break
        if node not in filled and _clash(node, filled) is None:
            filled.append(node)
    return filled if len(filled) == request.seats else None


def _clash(node: Candidate, others: Iterable[Candidate]) -> tuple[Rule, str] | None:
    """Two nodes of one operator or organisation would hold two shares: enough to read the data."""
    for other in others:
        if node.operator == other.operator:
            return Rule.SAME_OPERATOR, f"{other.node_id} has the same operator and is taken"
        if node.organisation == other.organisation:
            return Rule.SAME_ORGANISATION, f"{other.node_id} belongs to the same organisation and is taken"
    return None


def _shortfall(
    request: MatchRequest,
    reason: Shortfall,
    excluded: dict[str, Verdict],
    ranked: Sequence[tuple[Candidate, Score]],
) -> Match:
    detail = f"{reason.value}: {len(ranked)} eligible nodes for {request.seats} seats"
    waiting = {
        node.node_id: Verdict(node.node_id, rule=Rule.LEAVES_TOO_LITTLE, detail=detail, score=score)
        for node, score in ranked
    }
    return Match(seats=(), price=0, shortfall=reason, verdicts=_ordered(excluded | waiting))


def _fees(nodes: Iterable[Candidate]) -> int:
    return sum(node.fee for node in nodes)


def _ordered(verdicts: dict[str, Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdicts[node_id] for node_id in sorted(verdicts))
