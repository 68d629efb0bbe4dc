"""The same over REST with signed requests: forms, statuses and problem documents."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from eth_utils.crypto import keccak
from nacl.signing import SigningKey

from marketplace.accounts.models import Party
from marketplace.rest.httpsig import sign_request
from scheduler.leases.hooks import validators
from scheduler.leases.models import Task, TaskKind

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]


@pytest.fixture
def node(market: Any) -> Party:
    return market.add_node("node-1").party


@pytest.fixture
def send(client: Client) -> Send:
    """``send(party, method, path, body)`` signs like an agent and returns the response."""

    def send_signed(party: Party, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Any:
        key = SigningKey(keccak(text=f"sign {party.name}"))
        Party.objects.filter(id=party.id).update(signing_key="0x" + bytes(key.verify_key).hex())
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if raw is not None else "application/json"
        headers = sign_request(
            method=method,
            url=f"http://testserver{path}",
            body=content,
            content_type=kind,
            key_id=str(party.id),
            created=int(time.time()),
            nonce=secrets.token_urlsafe(16),
            sign=lambda base: key.sign(base).signature,
        )
        return client.generic(method, path, content, content_type=kind, headers=headers)

    return send_signed


def take(send: Send, party: Party, wait_seconds: float = 0) -> Any:
    return send(party, "POST", "/api/v1/leases", {"kinds": ["compute"], "wait_seconds": wait_seconds})


def test_an_idle_poll_is_answered_with_no_content(send: Send, node: Party) -> None:
    assert take(send, node, wait_seconds=0.2).status_code == 204


def test_a_lease_tells_everything_about_its_task(
    send: Send, make_task: Callable[..., Task], node: Party
) -> None:
    task = make_task(node, seat=2)
    answer = take(send, node)
    assert answer.status_code == 200
    lease = answer.json()
    assert lease.keys() == {
        "lease_id",
        "task_id",
        "kind",
        "job_id",
        "attempt",
        "seat",
        "fencing_token",
        "expires_at",
        "payload",
    }
    assert (lease["task_id"], lease["seat"], lease["kind"]) == (str(task.id), 2, "compute")


def test_an_unsigned_poll_is_refused(client: Client) -> None:
    answer = client.post("/api/v1/leases", {"kinds": ["compute"]}, content_type="application/json")
    assert answer.status_code == 401
    assert answer.json()["code"] == "signature_missing"


def test_a_stale_token_is_answered_with_409(
    send: Send, make_task: Callable[..., Task], node: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(validators, TaskKind.COMPUTE)
    make_task(node)
    lease = take(send, node).json()
    path = f"/api/v1/leases/{lease['lease_id']}"
    late = send(node, "POST", f"{path}/finish", {"fencing_token": lease["fencing_token"] + 1, "result": {}})
    assert (late.status_code, late.json()["code"]) == (409, "lease_lost")
    assert late.headers["Content-Type"] == "application/problem+json"
    beat = send(node, "POST", f"{path}/heartbeat", {"fencing_token": lease["fencing_token"], "progress": 0.5})
    assert beat.json()["action"] == "continue"
    done = send(node, "POST", f"{path}/finish", {"fencing_token": lease["fencing_token"], "result": {"a": 1}})
    assert (done.status_code, done.json()["state"]) == (200, "DONE")


def test_a_malformed_result_is_a_422_that_says_what_is_wrong(
    send: Send, make_task: Callable[..., Task], node: Party
) -> None:
    make_task(node)
    lease = take(send, node).json()
    path = f"/api/v1/leases/{lease['lease_id']}/finish"
    answer = send(node, "POST", path, {"fencing_token": lease["fencing_token"], "result": {"round1": {}}})
    assert (answer.status_code, answer.json()["code"]) == (422, "contribution_invalid")
    assert answer.json()["remedy"]


def test_a_failure_is_reported(send: Send, make_task: Callable[..., Task], node: Party) -> None:
    make_task(node)
    lease = take(send, node).json()
    answer = send(
        node,
        "POST",
        f"/api/v1/leases/{lease['lease_id']}/fail",
        {"fencing_token": lease["fencing_token"], "code": "package_unreadable", "detail": "does not open"},
    )
    assert answer.json()["state"] == "FAILED"


def test_a_party_lists_its_own_tasks_and_why_they_failed(
    send: Send, make_task: Callable[..., Task], market: Any, node: Party
) -> None:
    make_task(node, seat=1)
    lease = take(send, node).json()
    refusal = {"fencing_token": lease["fencing_token"], "code": "package_unreadable", "detail": "torn"}
    send(node, "POST", f"/api/v1/leases/{lease['lease_id']}/fail", refusal)
    make_task(node, seat=2)
    everything = send(node, "GET", "/api/v1/tasks").json()["items"]
    assert [task["state"] for task in everything] == ["READY", "FAILED"]
    (failed,) = send(node, "GET", "/api/v1/tasks?state=FAILED").json()["items"]
    assert (failed["failure_code"], failed["failure_detail"]) == ("package_unreadable", "torn")
    assert "payload" not in failed
    other = market.add_node("node-2").party
    assert send(other, "GET", "/api/v1/tasks").json()["items"] == []
    assert send(node, "GET", "/api/v1/tasks?state=LOST").json()["code"] == "request_invalid"


def test_a_blob_goes_up_and_down(
    send: Send, make_task: Callable[..., Task], market: Any, node: Party
) -> None:
    content = b"ciphertext" * 1000
    job_id = make_task(node).job_id
    declared = send(
        node,
        "POST",
        "/api/v1/blobs",
        {
            "purpose": "result_share",
            "size": len(content),
            "sha256": "0x" + hashlib.sha256(content).hexdigest(),
            "job_id": job_id,
            "recipient": str(market.consumer.party.id),
        },
    )
    assert declared.status_code == 201
    path = declared.json()["upload_path"]
    wrong = send(node, "PUT", path, raw=b"x" + content[1:])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "blob_corrupt")
    assert send(node, "PUT", path, raw=content).status_code == 200
    fetched = send(market.consumer.party, "GET", path)
    assert b"".join(fetched.streaming_content) == content
    assert send(market.enrol("stranger", "node").party, "GET", path).status_code == 404
