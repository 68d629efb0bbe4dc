"""Every refusal is a problem document; nothing unforeseen tells internals."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from marketplace.accounts.api import views as account_views
from marketplace.chain.errors import ChainUnreachable
from tests.support.cast import Actor, problem


def test_an_address_that_does_not_exist(db: None) -> None:
    problem(Client().get("/api/v1/nothing"), 404, "not_found")


def test_a_method_that_is_not_offered(owner: Actor) -> None:
    response = owner.call("DELETE", "/licences")
    problem(response, 405, "method_not_allowed")


def test_a_media_type_that_is_not_read(db: None) -> None:
    response = Client().post("/api/v1/parties", "a=1", content_type="application/x-www-form-urlencoded")
    problem(response, 401, "signature_missing")


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"\xff",
        b'{"a": ' + b"[" * 100_000,
        b"[" * 33 + b"]" * 33,
    ],
)
def test_a_body_that_is_not_one_json_object(consumer: Actor, raw: bytes) -> None:
    problem(consumer.call("POST", "/orders/explain", raw=raw), 400, "body_malformed")


def test_missing_and_unknown_fields_are_named(consumer: Actor) -> None:
    document = problem(consumer.post("/orders/explain", {"order": {}, "oder": 1}), 422, "request_invalid")
    assert {"path": "oder", "message": "unknown field"} in document["errors"]
    document = problem(consumer.post("/orders/explain", {"order": []}), 422, "request_invalid")
    assert {error["path"] for error in document["errors"]} == {"order", "signature", "details"}


def test_a_malformed_message_is_named(consumer: Actor) -> None:
    body = {"order": {}, "signature": "0x" + "11" * 65, "details": {}}
    assert "consumer" in problem(consumer.post("/orders/explain", body), 422, "message_malformed")["detail"]


def test_a_call_for_another_kind_of_party(owner: Actor, node: Actor) -> None:
    problem(owner.post("/orders/explain", {}), 403, "party_kind_wrong")
    problem(node.post("/datasets", {}, idempotency_key="k"), 403, "party_kind_wrong")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("the secret is swordfish"), 500, "internal_error"),
        (OperationalError("password wrong for swordfish"), 503, "database_unavailable"),
        (ChainUnreachable("no answer"), 503, "chain_unreachable"),
    ],
)
def test_what_nobody_foresaw_is_logged_and_tells_no_internals(
    owner: Actor, monkeypatch: Any, error: Exception, status: int, code: str
) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(account_views, "party_get", fail)
    response = owner.get(f"/parties/{uuid.uuid4()}")
    assert "swordfish" not in json.dumps(problem(response, status, code))


def test_the_request_id_is_in_the_answer_and_in_the_problem(db: None) -> None:
    response = Client().get("/api/v1/parties", headers={"X-Request-ID": "page-12345678"})
    assert response.headers["X-Request-ID"] == "page-12345678"
    assert json.loads(response.content)["instance"] == "urn:hengsuan:request:page-12345678"


@pytest.mark.parametrize("given", ["short", "with space and more", "x" * 65])
def test_a_malformed_request_id_is_replaced(db: None, given: str) -> None:
    response = Client().get("/api/v1/datasets", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] != given
    assert len(response.headers["X-Request-ID"]) == 32


def test_brackets_within_text_do_not_count_as_nesting(consumer: Actor) -> None:
    raw = b'{"order": "' + b"[" * 1000 + b'\\"["}'
    problem(consumer.call("POST", "/orders/explain", raw=raw), 422, "request_invalid")
