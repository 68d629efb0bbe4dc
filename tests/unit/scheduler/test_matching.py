"""The matcher's hard rules, its choice, and that every decision can be replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import (
    Candidate,
    Match,
    MatchRequest,
    Shortfall,
    input_hash,
    match,
    outcome_document,
    replay,
    request_document,
    trace_document,
)
from scheduler.matching.rules import first_broken_rule
from scheduler.matching.verdict import Rule


def node(number: int, **changes: object) -> Candidate:
    fields: dict[str, object] = {
        "node_id": f"0x{number:064x}",
        "organisation": f"org-{number}",
        "operator": f"operator-{number}",
        "addresses": (f"operator-{number}", f"signer-{number}"),
        "capacities": (16, 8192),
        "tier": 0,
        "region": "cn-east",
        "fee": 10,
        "is_registered": True,
        "availability": "ONLINE",
        "is_fresh": True,
    }
    return Candidate(**fields | changes)  # type: ignore[arg-type]


def request(*candidates: Candidate, **changes: object) -> MatchRequest:
    fields: dict[str, object] = {
        "job_id": "0x" + "11" * 32,
        "attempt": 1,
        "capacity": 8192,
        "seats": 3,
        "fixed_price": 100,
        "fee_bps": 200,
        "max_price": 1000,
        "party_organisations": frozenset({"bank", "shop"}),
        "party_addresses": frozenset({"bank-address", "shop-address"}),
        "candidates": candidates,
    }
    return MatchRequest(**fields | changes)  # type: ignore[arg-type]


def rule_of(outcome: Match, candidate: Candidate) -> Rule | None:
    return next(verdict.rule for verdict in outcome.verdicts if verdict.node_id == candidate.node_id)


FOUR = [node(number) for number in range(1, 5)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"is_registered": False}, Rule.NOT_REGISTERED),
        ({"availability": "DRAINING"}, Rule.NOT_AVAILABLE),
        ({"availability": "OFFLINE"}, Rule.NOT_AVAILABLE),
        ({"is_fresh": False}, Rule.NOT_SEEN),
        ({"organisation": "bank"}, Rule.PARTY_TO_JOB),
        ({"addresses": ("x", "shop-address")}, Rule.PARTY_TO_JOB),
        ({"capacities": (16,)}, Rule.CAPACITY_MISSING),
        ({"region": "eu-west"}, Rule.REGION_NOT_ALLOWED),
        ({"tier": 2}, Rule.TIER_NOT_ALLOWED),
        ({"fee": 10**6}, Rule.FEE_ABOVE_LIMIT),
    ],
    ids=lambda value: value.value if isinstance(value, Rule) else "",
)
def test_a_hard_rule_excludes_the_node_whatever_its_price(changes: dict[str, object], rule: Rule) -> None:
    odd = node(9, **{"fee": 0, **changes})
    outcome = match(request(odd, *FOUR, regions=("cn-east",), tiers=(0, 1)))
    assert outcome.is_matched
    assert rule_of(outcome, odd) == rule
    assert odd.node_id not in outcome.seats


def test_a_node_of_an_earlier_attempt_that_broke_it_is_excluded() -> None:
    outcome = match(request(*FOUR, excluded_nodes=frozenset({FOUR[0].node_id})))
    assert rule_of(outcome, FOUR[0]) == Rule.EXCLUDED_BEFORE
    assert set(outcome.seats) == {candidate.node_id for candidate in FOUR[1:]}


@pytest.mark.parametrize(
    ("field", "rule"), [("operator", Rule.SAME_OPERATOR), ("organisation", Rule.SAME_ORGANISATION)]
)
def test_two_nodes_of_one_operator_or_organisation_never_sit_together(field: str, rule: Rule) -> None:
    best = node(1, fee=1)
    twin = replace(node(2, fee=2), **{field: getattr(best, field)})
    outcome = match(request(best, twin, *(node(n, fee=50) for n in (3, 4))))
    assert best.node_id in outcome.seats
    assert rule_of(outcome, twin) == rule


def test_too_few_nodes_is_a_shortfall_and_not_a_smaller_job() -> None:
    outcome = match(request(*FOUR[:2]))
    assert (outcome.seats, outcome.shortfall) == ((), Shortfall.TOO_FEW_NODES)


def test_the_price_limit_counts_providers_nodes_and_the_markets_fee() -> None:
    """(100 + 30) * 102 % = 132, rounded down as the contract does."""
    assert match(request(*FOUR[:3], max_price=132)).price == 132
    outcome = match(request(*FOUR[:3], max_price=131))
    assert outcome.shortfall == Shortfall.PRICE_ABOVE_LIMIT


def test_a_better_but_dear_node_is_left_out_if_the_rest_could_not_be_paid() -> None:
    dear = node(1, fee=60, jobs_answered=1000, cells_per_second=10**9)
    cheap = [node(n, fee=10, jobs_lost=5) for n in (2, 3, 4)]
    outcome = match(request(dear, *cheap, max_price=170))
    assert set(outcome.seats) == {candidate.node_id for candidate in cheap}
    assert rule_of(outcome, dear) == Rule.LEAVES_TOO_LITTLE


@pytest.mark.parametrize(
    "better",
    [{"fee": 5}, {"jobs_answered": 50}, {"cells_per_second": 2000}, {"open_seats": 0}],
    ids=["price", "record", "speed", "load"],
)
def test_price_record_speed_and_load_are_what_is_compared(better: dict[str, int]) -> None:
    plain = {"jobs_lost": 1, "cells_per_second": 1000, "open_seats": 3}
    others = [node(n, **plain) for n in (1, 2, 3)]
    outcome = match(request(*others, node(4, **plain | better)))
    assert node(4).node_id in outcome.seats


def test_ties_are_spread_over_the_nodes_by_the_jobs_id() -> None:
    chosen = {match(request(*FOUR, job_id=f"0x{number:064x}")).seats for number in range(30)}
    assert len({frozenset(seats) for seats in chosen}) == 4


def test_a_job_needs_a_seat() -> None:
    with pytest.raises(ValueError, match="at least one seat"):
        match(request(seats=0))


# properties ------------------------------------------------------------------------------------

nodes = st.builds(
    node,
    number=st.integers(1, 40),
    organisation=st.sampled_from(["a", "b", "c", "d", "e", "bank"]),
    operator=st.sampled_from(["p", "q", "r", "s", "t"]),
    fee=st.integers(0, 60),
    is_registered=st.booleans() | st.just(True),
    availability=st.sampled_from(["ONLINE", "ONLINE", "DRAINING"]),
    region=st.sampled_from(["cn-east", "cn-north"]),
    tier=st.integers(0, 2),
    jobs_answered=st.integers(0, 5),
    jobs_lost=st.integers(0, 5),
    cells_per_second=st.integers(0, 1000),
    open_seats=st.integers(0, 4),
)
candidate_lists = st.lists(nodes, max_size=12, unique_by=lambda candidate: candidate.node_id)
requests = st.builds(
    lambda candidates, changes: request(*candidates, **changes),
    candidate_lists,
    st.fixed_dictionaries(
        {
            "seats": st.integers(1, 5),
            "max_price": st.integers(100, 400),
            "regions": st.sampled_from([None, ("cn-east",)]),
            "tiers": st.sampled_from([None, (0, 1)]),
        }
    ),
)


def may_sit_together(chosen: list[Candidate]) -> bool:
    return all(
        one.operator != other.operator and one.organisation != other.organisation
        for one, other in combinations(chosen, 2)
    )


@given(requests)
def test_no_outcome_ever_breaks_a_hard_rule(asked: MatchRequest) -> None:
    outcome = match(asked)
    by_id = {candidate.node_id: candidate for candidate in asked.candidates}
    chosen = [by_id[node_id] for node_id in outcome.seats]
    assert len(chosen) == (asked.seats if outcome.is_matched else 0)
    assert all(first_broken_rule(asked, candidate) is None for candidate in chosen)
    assert may_sit_together(chosen)
    if outcome.is_matched:
        assert outcome.price == asked.price_of(sum(candidate.fee for candidate in chosen)) <= asked.max_price


@given(requests)
def test_every_candidate_has_exactly_one_verdict_and_a_reason_unless_seated(asked: MatchRequest) -> None:
    outcome = match(asked)
    assert [verdict.node_id for verdict in outcome.verdicts] == sorted(c.node_id for c in asked.candidates)
    for verdict in outcome.verdicts:
        assert (verdict.seat == 0) == (verdict.rule is not None)
        if verdict.seat:
            assert outcome.seats[verdict.seat - 1] == verdict.node_id


@given(requests, st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_nothing(asked: MatchRequest, shuffle: object) -> None:
    shuffled = list(asked.candidates)
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(asked, candidates=tuple(shuffled))
    assert match(other) == match(asked)
    assert input_hash(other) == input_hash(asked)


@given(requests)
def test_a_recorded_decision_is_replayed_from_its_json(asked: MatchRequest) -> None:
    outcome = match(asked)
    kept = json.loads(json.dumps(request_document(asked)))
    again = replay(kept)
    assert again == outcome
    assert outcome_document(again) == outcome_document(outcome)
    assert trace_document(again) == trace_document(outcome)


@given(requests)
@settings(max_examples=60)
def test_where_each_organisation_has_one_operator_a_match_is_found_if_there_is_any(
    asked: MatchRequest,
) -> None:
    paired = tuple(replace(candidate, operator=candidate.organisation) for candidate in asked.candidates)
    asked = replace(asked, candidates=paired)
    fit = [candidate for candidate in paired if first_broken_rule(asked, candidate) is None]
    possible = any(
        may_sit_together(list(chosen)) and asked.price_of(sum(c.fee for c in chosen)) <= asked.max_price
        for chosen in combinations(fit, asked.seats)
    )
    assert match(asked).is_matched == possible
