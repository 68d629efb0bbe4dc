"""One wish, one effect: repeated, changed and simultaneous requests under one Idempotency-Key."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest
from django.db import connection, connections, transaction

from marketplace.licences.models import Licence
from marketplace.orders.models import Job
from marketplace.rest.idempotency import _try_lock
from marketplace.rest.models import IdempotencyRecord
from tests.support.cast import Actor, problem
from tests.support.market import Market


def test_a_repeated_request_gets_the_first_answer(market: Market, consumer: Actor, licence: Licence) -> None:
    body = market.order_body(consumer, licence.licence_id)
    first = consumer.post("/orders", body, idempotency_key="wish-1")
    again = consumer.post("/orders", body, idempotency_key="wish-1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert json.loads(again.content) == json.loads(first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert Job.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(
    market: Market, consumer: Actor, licence: Licence
) -> None:
    consumer.post("/orders", market.order_body(consumer, licence.licence_id), idempotency_key="wish-1")
    other = market.order_body(consumer, licence.licence_id)
    problem(consumer.post("/orders", other, idempotency_key="wish-1"), 422, "idempotency_key_reused")
    assert Job.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 129])
def test_a_call_that_moves_work_needs_a_key(consumer: Actor, key: str | None) -> None:
    problem(consumer.post("/orders", {}, idempotency_key=key), 400, "idempotency_key_missing")


def test_keys_of_two_parties_do_not_meet(
    market: Market, owner: Actor, consumer: Actor, licence: Licence
) -> None:
    consumer.post("/orders", market.order_body(consumer, licence.licence_id), idempotency_key="wish-1")
    body = market.licence_body(owner, consumer, licence.dataset_id)
    assert owner.post("/licences", body, idempotency_key="wish-1").status_code == 202


def test_a_refused_request_leaves_nothing_and_may_be_sent_again(
    market: Market, consumer: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id)
    market.program.is_registered = False
    market.program.save()
    problem(consumer.post("/orders", body, idempotency_key="wish-1"), 422, "program_unknown")
    assert not IdempotencyRecord.objects.exists()
    market.program.is_registered = True
    market.program.save()
    assert consumer.post("/orders", body, idempotency_key="wish-1").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_worked_on_the_second_is_told_so(
    broker_url: str, market: Market, consumer: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id)
    holds, ends = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert _try_lock(consumer.party, "wish-1")
            holds.set()
            ends.wait(timeout=30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(timeout=30)
    response = consumer.post("/orders", body, idempotency_key="wish-1")
    problem(response, 409, "request_in_flight")
    assert response.headers["Retry-After"] == "1"
    ends.set()
    holder.join(timeout=30)
    assert consumer.post("/orders", body, idempotency_key="wish-1").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_requests_one_has_effect(
    broker_url: str, market: Market, consumer: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id)
    barrier = threading.Barrier(6)
    statuses: list[int] = []

    def send() -> None:
        mine = Actor(consumer.keys, consumer.party)
        barrier.wait(timeout=30)
        statuses.append(mine.post("/orders", body, idempotency_key="wish-1").status_code)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert Job.objects.count() == 1
    assert set(statuses) <= {202, 409}
    assert Counter(statuses)[202] >= 1
    assert connection.is_usable()
