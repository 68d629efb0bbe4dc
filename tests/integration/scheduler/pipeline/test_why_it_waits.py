"""Whoever is party to a job reads in REST, and anyone on its page, which rule left it without nodes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scheduler.nodes.models import Availability, Node
from scheduler.pipeline.selectors import matching_of, waiting_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting_job(world: Any) -> Any:
    Node.objects.filter(party__name="node-1").update(availability=Availability.DRAINING)
    return world.run(world.market.place())


def test_the_newest_decision_names_the_rule(world: Any, waiting_job: Any) -> None:
    (decision,) = matching_of(party=world.market.consumer.party, job_id=waiting_job.job_id)
    assert (decision.clause, decision.trace["detail"]) == (
        "not_available",
        "it leaves nodes of 2 operators; 3 seats are needed",
    )
    assert waiting_decision(waiting_job) == decision


def test_the_page_says_it_in_both_languages(waiting_job: Any, client: Client) -> None:
    english = client.get(
        f"/jobs/{waiting_job.job_id}/live", headers={"accept-language": "en"}
    ).content.decode()
    chinese = client.get(
        f"/jobs/{waiting_job.job_id}/live", headers={"accept-language": "zh-hans"}
    ).content.decode()
    assert "Why it waits" in english
    assert "draining or offline" in english
    assert "为何等待" in chinese
    assert "排空中或离线" in chinese


def test_a_seated_job_does_not_say_that_it_waits(world: Any, client: Client) -> None:
    from marketplace.orders.models import JobState

    job = world.run(world.market.place(), until=JobState.MATCHED)
    assert waiting_decision(job) is None
    assert "Why it waits" not in client.get(f"/jobs/{job.job_id}/live").content.decode()
