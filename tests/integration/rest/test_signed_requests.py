"""Unsigned, altered, replayed, expired: what the API does with requests it must not trust."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from django.test import Client

from marketplace.accounts.services import party_deactivate
from marketplace.rest.models import RequestNonce
from marketplace.rest.tasks import forget_old_requests
from tests.support.cast import Actor, new_nonce, problem, signed_call

PARTIES = "/parties"


def test_a_signed_request_is_answered_and_notes_that_the_party_was_seen(owner: Actor) -> None:
    response = owner.get(f"{PARTIES}?kind=connector")
    assert response.status_code == 200
    assert [entry["name"] for entry in json.loads(response.content)["items"]] == ["owner"]
    owner.party.refresh_from_db()
    assert owner.party.last_seen_at is not None


def test_an_unsigned_request_is_refused(db: None) -> None:
    response = Client().get("/api/v1/parties")
    document = problem(response, 401, "signature_missing")
    assert response.headers["WWW-Authenticate"].startswith("Signature")
    assert document["type"].endswith("/signature_missing")


def test_a_request_with_another_body_than_the_signed_one_is_refused(consumer: Actor) -> None:
    response = consumer.post("/orders/explain", {"order": {}}, sent_body=b'{"order": {"a": 1}}')
    assert "Content-Digest" in problem(response, 401, "signature_invalid")["detail"]


def test_a_request_to_another_address_than_the_signed_one_is_refused(owner: Actor) -> None:
    problem(owner.get("/parties?kind=node", sent_path="/parties?kind=consumer"), 401, "signature_invalid")
    problem(owner.get("/licences", sent_path="/jobs"), 401, "signature_invalid")


def test_a_request_signed_with_another_key_is_refused(owner: Actor, bank: Actor) -> None:
    response = signed_call(owner.client, bank.keys, str(owner.party.id), "GET", PARTIES)
    problem(response, 401, "signature_invalid")


@pytest.mark.parametrize("key_id", ["nobody", str(uuid.UUID(int=1))])
def test_an_unknown_key_id_is_refused(owner: Actor, key_id: str) -> None:
    problem(signed_call(owner.client, owner.keys, key_id, "GET", PARTIES), 401, "signature_invalid")


@pytest.mark.parametrize("seconds", [-90, 90])
def test_a_request_from_another_time_is_refused(owner: Actor, seconds: int) -> None:
    problem(owner.get(PARTIES, created=int(time.time()) + seconds), 401, "signature_expired")


def test_a_replayed_request_is_refused(owner: Actor) -> None:
    nonce = new_nonce()
    assert owner.get(PARTIES, nonce=nonce).status_code == 200
    problem(owner.get(PARTIES, nonce=nonce), 401, "nonce_replayed")


def test_two_parties_may_use_the_same_nonce(owner: Actor, bank: Actor) -> None:
    nonce = new_nonce()
    assert owner.get(PARTIES, nonce=nonce).status_code == 200
    assert bank.get(PARTIES, nonce=nonce).status_code == 200


def test_a_forged_request_does_not_use_up_the_nonce(owner: Actor, bank: Actor) -> None:
    nonce = new_nonce()
    forged = signed_call(owner.client, bank.keys, str(owner.party.id), "GET", PARTIES, nonce=nonce)
    problem(forged, 401, "signature_invalid")
    assert owner.get(PARTIES, nonce=nonce).status_code == 200


def test_a_deactivated_party_is_refused(owner: Actor) -> None:
    party_deactivate(party=owner.party)
    problem(owner.get(PARTIES), 401, "party_inactive")


def test_a_bad_signature_is_refused_where_none_is_needed(owner: Actor) -> None:
    assert Client().get("/api/v1/datasets").status_code == 200
    problem(owner.get("/datasets", created=1), 401, "signature_expired")


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(consumer: Actor, settings: object) -> None:
    settings.MAX_JSON_BYTES = 100  # type: ignore[attr-defined]
    document = problem(consumer.post("/orders/explain", {"order": "x" * 200}), 413, "body_too_large")
    assert document["limit_bytes"] == 100


def test_old_nonces_are_forgotten_and_young_ones_kept(owner: Actor) -> None:
    owner.get(PARTIES)
    owner.get(PARTIES)
    old = RequestNonce.objects.order_by("id").first()
    assert old is not None
    RequestNonce.objects.filter(id=old.id).update(seen_at="2020-01-01T00:00:00Z")
    forget_old_requests()
    assert RequestNonce.objects.count() == 1
