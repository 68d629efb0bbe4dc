"""`GET /jobs/{id}/matching`: for those who are party to the job, newest first."""

from __future__ import annotations

import pytest

from marketplace.orders.models import Job
from scheduler.pipeline.models import MatchDecision, MatchRound
from tests.support.cast import Actor, problem

pytestmark = pytest.mark.django_db

TRACE = {
    "seats": [],
    "price": "250",
    "detail": "3 seats cost 250 now, the order pays at most 200",
    "is_risk_met": True,
    "held": [],
    "funnel": [{"rule": "not_seen", "removed": 2, "operators_left": 5}],
}


@pytest.fixture
def decision(job: Job) -> MatchDecision:
    kept = MatchRound.objects.create(
        input_hash="0x" + "ab" * 32,
        inputs={},
        solver="greedy",
        solve_seconds=0.1,
        order_count=1,
        matched_count=0,
    )
    return MatchDecision.objects.create(
        round=kept, job=job, attempt=1, is_matched=False, clause="price_above_limit", trace=TRACE
    )


def test_consumer_and_provider_read_why_a_job_waits(
    decision: MatchDecision, job: Job, consumer: Actor, owner: Actor
) -> None:
    for actor in (consumer, owner):
        answer = actor.get(f"/jobs/{job.job_id}/matching")
        assert answer.status_code == 200
        (item,) = answer.json()["items"]
        assert (item["clause"], item["is_matched"], item["trace"]) == ("price_above_limit", False, TRACE)
        assert (item["round_id"], item["input_hash"]) == (str(decision.round_id), "0x" + "ab" * 32)


def test_to_a_stranger_the_job_does_not_exist(decision: MatchDecision, job: Job, outsider: Actor) -> None:
    problem(outsider.get(f"/jobs/{job.job_id}/matching"), 404, "job_unknown")
