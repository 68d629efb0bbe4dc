"""API keys read what their party may read, within scopes and time, and write nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import ApiKey
from marketplace.accounts.services import party_deactivate
from marketplace.orders.models import Job
from tests.support.cast import API, Actor, problem


def issue(actor: Actor, *scopes: str, **body: Any) -> dict[str, Any]:
    response = actor.post("/api-keys", {"name": "report", "scopes": list(scopes), **body})
    assert response.status_code == 201, response.content
    document: dict[str, Any] = json.loads(response.content)
    return document


def read(key: str, path: str, method: str = "GET") -> HttpResponse:
    return Client().generic(method, API + path, headers={"Authorization": f"Bearer {key}"})


def test_a_key_reads_its_partys_jobs_and_nobody_elses(consumer: Actor, outsider: Actor, job: Job) -> None:
    own, other = issue(consumer, "jobs")["key"], issue(outsider, "jobs")["key"]
    assert [entry["job_id"] for entry in json.loads(read(own, "/jobs").content)["items"]] == [job.job_id]
    assert read(own, f"/jobs/{job.job_id}").status_code == 200
    assert json.loads(read(other, "/jobs").content)["items"] == []
    problem(read(other, f"/jobs/{job.job_id}"), 404, "job_unknown")
    assert ApiKey.objects.get(party=consumer.party).last_used_at is not None


def test_the_text_is_shown_once_and_only_its_hash_is_kept(consumer: Actor) -> None:
    issued = issue(consumer, "jobs")
    assert issued["key"] not in consumer.get("/api-keys").content.decode()
    assert issued["key"] not in str(ApiKey.objects.values().get())


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (["jobs"], "GET", "/licences"),
        (["jobs"], "GET", "/jobsx"),
        (["jobs"], "POST", "/orders"),
        (["jobs"], "POST", "/jobs/0x00/cancel"),
        (["jobs", "parties"], "GET", "/api-keys"),
        (["jobs"], "POST", "/api-keys"),
        (["jobs"], "GET", "/webhooks"),
        (["jobs"], "GET", "/blobs/00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_key_does_nothing_outside_its_scopes(
    consumer: Actor, scopes: list[str], method: str, path: str
) -> None:
    answer = read(issue(consumer, *scopes)["key"], path, method)
    assert answer.status_code in (401, 403, 404), answer.content
    assert json.loads(answer.content)["code"] in (
        "api_key_scope_missing",
        "signature_missing",
        "not_found",
    )


def test_expired_revoked_made_up_and_orphaned_keys_are_refused(consumer: Actor) -> None:
    for text in ("hsk_made-up", "", "hst_" + "a" * 43):
        problem(read(text, "/jobs"), 401, "api_key_invalid")
    expired = issue(consumer, "jobs")
    ApiKey.objects.filter(id=expired["api_key_id"]).update(expires_at=timezone.now())
    problem(read(expired["key"], "/jobs"), 401, "api_key_invalid")
    revoked = issue(consumer, "jobs")
    assert consumer.call("DELETE", f"/api-keys/{revoked['api_key_id']}").status_code == 204
    problem(read(revoked["key"], "/jobs"), 401, "api_key_invalid")
    kept = issue(consumer, "jobs")
    party_deactivate(party=consumer.party)
    problem(read(kept["key"], "/jobs"), 401, "party_inactive")


def test_a_rotated_key_works_on_for_the_overlap_only(consumer: Actor) -> None:
    old = issue(consumer, "jobs", valid_days=30)
    path = f"/api-keys/{old['api_key_id']}/rotate"
    new = json.loads(consumer.post(path, {"overlap_seconds": 60}).content)
    assert (new["scopes"], new["expires_at"][:10]) == (old["scopes"], old["expires_at"][:10])
    assert [read(key["key"], "/jobs").status_code for key in (old, new)] == [200, 200]
    ApiKey.objects.filter(id=old["api_key_id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [read(key["key"], "/jobs").status_code for key in (old, new)] == [401, 200]
    problem(consumer.post(path, {}), 404, "api_key_unknown")
    at_once = f"/api-keys/{new['api_key_id']}/rotate"
    assert consumer.post(at_once, {"overlap_seconds": 0}).status_code == 201
    problem(read(new["key"], "/jobs"), 401, "api_key_invalid")


def test_keys_of_others_do_not_exist(consumer: Actor, outsider: Actor) -> None:
    path = f"/api-keys/{issue(consumer, 'jobs')['api_key_id']}"
    problem(outsider.call("DELETE", path), 404, "api_key_unknown")
    problem(outsider.post(f"{path}/rotate", {}), 404, "api_key_unknown")


def test_unknown_scopes_and_too_many_keys_are_refused(consumer: Actor) -> None:
    refused = consumer.post("/api-keys", {"name": "x", "scopes": ["jobs", "everything"]})
    assert "jobs" in problem(refused, 422, "scope_unknown")["known"]
    problem(consumer.post("/api-keys", {"name": "x", "scopes": []}), 422, "request_invalid")
    for _ in range(20):
        issue(consumer, "jobs")
    problem(consumer.post("/api-keys", {"name": "x", "scopes": ["jobs"]}), 409, "api_keys_too_many")
