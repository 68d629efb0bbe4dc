"""A party or address that asks too often waits, and nobody else does."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from marketplace.rest.models import RateAllowance
from marketplace.rest.ratelimit import Policy, spend
from marketplace.rest.tasks import forget_old_requests
from tests.support.cast import Actor, problem, signed_call

OPEN = "/api/v1/programs"


@pytest.fixture
def few(settings: Any) -> None:
    settings.RATE_LIMITS = {"party": (3, 3600), "address": (2, 3600)}


@pytest.mark.usefixtures("few")
def test_a_party_that_asks_too_often_is_told_how_long_to_wait(owner: Actor, bank: Actor) -> None:
    answers = [owner.get("/parties") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0"]
    assert answers[0].headers["RateLimit-Policy"] == '"party";q=3;w=3600'
    refused = owner.get("/parties")
    assert problem(refused, 429, "rate_limited")["policy"] == "party"
    assert 1100 <= int(refused.headers["Retry-After"]) <= 1200
    assert bank.get("/parties").status_code == 200


@pytest.mark.usefixtures("few")
def test_an_address_is_limited_on_open_calls_and_told_apart_from_others(db: None) -> None:
    for _ in range(2):
        assert Client().get(OPEN).status_code == 200
    problem(Client().get(OPEN), 429, "rate_limited")
    assert Client(REMOTE_ADDR="192.0.2.7").get(OPEN).status_code == 200


@pytest.mark.usefixtures("few")
def test_whoever_guesses_signatures_is_slowed_down_without_harm_to_the_party(
    owner: Actor, bank: Actor
) -> None:
    guesses = [
        signed_call(owner.client, bank.keys, str(owner.party.id), "GET", "/parties").status_code
        for _ in range(3)
    ]
    assert guesses == [401, 401, 429]
    assert owner.get("/parties").status_code == 200


@pytest.mark.usefixtures("few")
def test_the_forwarded_address_counts_only_behind_the_operators_proxy(db: None, settings: Any) -> None:
    def call(forwarded: str) -> int:
        return Client().get(OPEN, headers={"X-Forwarded-For": forwarded}).status_code

    assert [call(f"203.0.113.{number}") for number in range(3)] == [200, 200, 429]
    settings.IS_BEHIND_TLS_PROXY = True
    assert [call(f"spoofed, 203.0.113.{number}") for number in range(3)] == [200, 200, 200]
    assert [call(f"{number}, 203.0.113.9") for number in range(3)] == [200, 200, 429]


def test_the_allowance_refills_steadily(db: None) -> None:
    policy = Policy("quick", quota=2, window_seconds=1)
    assert [spend(policy, "me").retry_after_seconds for _ in range(3)] == [0, 0, 1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.6)")
    assert spend(policy, "me").retry_after_seconds == 0
    assert spend(policy, "me").retry_after_seconds == 1


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_never_take_more_than_the_quota() -> None:
    policy, allowed = Policy("raced", quota=10, window_seconds=3600), []

    def ask() -> None:
        try:
            allowed.extend(spend(policy, "me").retry_after_seconds == 0 for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (30, 10)


def test_whole_allowances_are_forgotten(db: None) -> None:
    spend(Policy("short", quota=100, window_seconds=1), "gone")
    spend(Policy("long", quota=1, window_seconds=3600), "kept")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")
    forget_old_requests()
    assert list(RateAllowance.objects.values_list("key", flat=True)) == ["long:kept"]
