"""What a job costs, and why it was given up, as the chain and the market say it."""

from __future__ import annotations

import pytest
from django.test import Client

from marketplace.chain.reader import ChainReader
from marketplace.orders.api.serializers import JobSerializer
from marketplace.orders.models import JobState
from marketplace.orders.selectors import job_get
from marketplace.orders.transitions import JobTransition, job_transition
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.wishes import wish_reseat
from tests.integration.chain.small_market import LICENCE_PRICE, NODE_FEE, SmallMarket

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reseated_job_costs_what_its_new_nodes_cost(small_market: SmallMarket, reader: ChainReader) -> None:
    job = small_market.open_job()
    dear = small_market.add_node(4, fee_per_job=3 * NODE_FEE)
    small_market.catch_up()
    job_transition(job=job, event=JobTransition.DEAL)
    wish_reseat(job, 2, [node.node_id for node in (*small_market.nodes[:2], dear)])
    small_market.catch_up()
    job.refresh_from_db()
    assert job.price == reader.job(job.job_id).price
    assert job.price >= 2 * LICENCE_PRICE + 5 * NODE_FEE


def test_why_an_open_job_was_given_up_is_known_before_the_chain_ends_it(
    small_market: SmallMarket, client: Client
) -> None:
    job = small_market.open_job()
    job_fail(job, "node_lost", {"seats": [2]})
    seen = job_get(party=small_market.consumer.party, job_id=job.job_id)
    document = JobSerializer(seen).data
    assert (seen.state, document["reason_code"]) == (JobState.OPENED, "")
    assert (document["failure"]["reason_code"], document["failure"]["reason"]) == (
        "node_lost",
        {"seats": [2]},
    )
    assert "seats: [2]" in client.get(f"/jobs/{job.job_id}").content.decode()


def test_why_it_was_given_up_stays_when_the_chain_has_ended_it(
    small_market: SmallMarket, client: Client
) -> None:
    job = small_market.open_job()
    job_fail(job, "node_lost", {"seats": [2]})
    small_market.catch_up()
    seen = job_get(party=small_market.consumer.party, job_id=job.job_id)
    assert seen.state == JobState.FAILED
    assert JobSerializer(seen).data["reason"]["seats"] == [2]
    assert "seats: [2]" in client.get(f"/jobs/{job.job_id}").content.decode()
