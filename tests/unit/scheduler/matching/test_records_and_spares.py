"""From outcomes to a probability of failure, and from that to spare nodes."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.matching import Market, OutcomeKind, Past, decide, failure_ppm, score_permille
from scheduler.matching.reliability import RISK_PPM, highest_failure_ppm
from tests.support.markets import decision_on, offer, order

outcomes = st.lists(st.builds(Past, st.sampled_from(OutcomeKind), st.integers(0, 400), st.integers(1, 50)))


def test_a_node_that_nobody_knows_fails_one_seat_in_twenty() -> None:
    assert failure_ppm([]) == 50_000
    assert score_permille(50_000) == 950


def test_the_score_is_the_posterior_mean_of_a_beta_distribution() -> None:
    """(1 + 2) / (20 + 10 + 2)"""
    past = [Past(OutcomeKind.FINISHED, 0, 10), Past(OutcomeKind.FAILED, 0, 2)]
    assert failure_ppm(past) == 3 * 1_000_000 // 32


@given(outcomes)
@settings(deadline=None)
def test_worse_outcomes_never_make_the_score_better(past: list[Past]) -> None:
    ranks = [
        OutcomeKind.FINISHED,
        OutcomeKind.LATE,
        OutcomeKind.FAILED,
        OutcomeKind.FAULTED,
        OutcomeKind.SLASHED,
    ]
    scores = [failure_ppm([*past, Past(kind, 0)]) for kind in ranks]
    assert scores == sorted(scores)
    assert all(0 <= score <= 1_000_000 for score in scores)


@given(st.sampled_from(OutcomeKind), st.integers(0, 900), st.integers(1, 100))
@settings(deadline=None)
def test_old_outcomes_fade(kind: OutcomeKind, age_days: int, count: int) -> None:
    unknown = failure_ppm([])
    younger, older = (
        abs(failure_ppm([Past(kind, age, count)]) - unknown) for age in (age_days, age_days + 30)
    )
    assert older <= younger


def test_after_a_half_life_an_outcome_counts_half() -> None:
    assert failure_ppm([Past(OutcomeKind.FAILED, 30, 2)]) == failure_ppm([Past(OutcomeKind.FAILED, 0, 1)])


@pytest.mark.parametrize(("answers", "seats"), [(3, 3), (3, 4), (3, 6), (5, 5), (5, 7)])
def test_with_the_highest_allowed_failure_the_risk_is_met_and_not_with_more(answers: int, seats: int) -> None:
    """Counted over every pattern of lost seats."""

    def shortfall(p: float) -> float:
        total = 0.0
        for lost in product((False, True), repeat=seats):
            if sum(lost) > seats - answers:
                total += p ** sum(lost) * (1 - p) ** (seats - sum(lost))
        return total

    highest = highest_failure_ppm(answers, seats)
    assert shortfall(highest / 1e6) <= RISK_PPM / 1e6 < shortfall((highest + 1) / 1e6)


def seats_with(failure: int, fee_of_reliable: int) -> int:
    cheap = [offer(n, failure_ppm=failure, fee=1000) for n in range(1, 8)]
    reliable = [offer(n, failure_ppm=10_000, fee=fee_of_reliable) for n in range(8, 11)]
    asked = order()
    market = Market(fee_bps=0, orders=(asked,), offers=(*cheap, *reliable))
    return len(decision_on(decide(market), asked).seats)


def test_worse_records_need_more_spares_where_reliable_nodes_are_dear() -> None:
    assert [seats_with(failure, 10_000) for failure in (10_000, 100_000, 200_000, 300_000)] == [3, 4, 5, 6]


def test_reliable_nodes_are_taken_instead_of_spares_if_they_cost_less() -> None:
    assert seats_with(300_000, 1200) == 3


def test_if_no_number_of_spares_meets_the_risk_the_job_is_seated_and_says_so() -> None:
    nodes = tuple(offer(n, failure_ppm=400_000) for n in (1, 2, 3))
    asked = order()
    decision = decision_on(decide(Market(fee_bps=0, orders=(asked,), offers=nodes)), asked)
    assert (len(decision.seats), decision.is_risk_met) == (3, False)
