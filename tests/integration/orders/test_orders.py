"""Placing, explaining, following and cancelling orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from marketplace.catalogue.models import Dataset
from marketplace.chain.models import ChainTransaction
from marketplace.licences.ledger import quantity_entry_append
from marketplace.licences.models import EntryKind, Licence, LicenceState
from marketplace.licences.services import licence_mark_revoked
from marketplace.orders.admission import allowed_placement, job_refusals
from marketplace.orders.models import Job, JobState, Receipt
from marketplace.orders.selectors import jobs_open
from marketplace.orders.services import order_place, receipt_store
from marketplace.orders.transitions import JobTransition, job_transition
from marketplace.signing.eip712 import CancelOrder, Input
from tests.support.cast import Actor, problem
from tests.support.fixtures import granted, registered
from tests.support.market import Market, now

HASH = "0x" + "11" * 32


def place(sender: Actor, body: Any, key: str = "k") -> Any:
    return sender.post("/orders", body, idempotency_key=key)


def explain(sender: Actor, body: Any) -> dict[str, Any]:
    response = sender.post("/orders/explain", body)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def clauses(answer: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(r["licence_id"], r["clause"], r.get("column")) for r in answer["refusals"]]


def test_an_order_becomes_a_placed_job_and_the_pipeline_is_told(
    market: Market, consumer: Actor, licence: Licence, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        response = place(consumer, market.order_body(consumer, licence.licence_id))
    document = json.loads(response.content)
    assert (response.status_code, document["state"], document["attempt"]) == (202, "PLACED", 1)
    assert document["inputs"] == [
        {
            "position": 0,
            "licence_id": licence.licence_id,
            "dataset_id": licence.dataset_id,
            "columns": "3",
        }
    ]
    assert (document["max_price"], document["price"], document["reason_code"]) == ("1000", None, "")
    assert response.headers["Location"] == f"/api/v1/jobs/{document['job_id']}"
    assert len(callbacks) == 1
    job = Job.objects.get(job_id=document["job_id"])
    assert job.request_id == response.headers["X-Request-ID"]
    assert [entry.kind for entry in job.events.all()] == ["placed"]
    assert list(jobs_open()) == [job]


def test_consumer_and_providers_follow_a_job_and_nobody_else(
    owner: Actor, bank: Actor, consumer: Actor, outsider: Actor, job: Job
) -> None:
    job_transition(job=job, event=JobTransition.ADMIT, detail={"clauses": 3})
    for party in (consumer, owner):
        assert [j["job_id"] for j in json.loads(party.get("/jobs").content)["items"]] == [job.job_id]
        assert json.loads(party.get(f"/jobs/{job.job_id}").content)["state"] == "ADMITTED"
        events = json.loads(party.get(f"/jobs/{job.job_id}/events").content)["items"]
        assert [(e["sequence"], e["kind"]) for e in events] == [(1, "placed"), (2, "admitted")]
    later = json.loads(consumer.get(f"/jobs/{job.job_id}/events?after=1").content)["items"]
    assert [event["detail"] for event in later] == [{"clauses": 3}]
    problem(consumer.get(f"/jobs/{job.job_id}/events?after=x"), 422, "request_invalid")
    for party in (bank, outsider):
        assert json.loads(party.get("/jobs").content)["items"] == []
        for path in ("", "/events"):
            problem(party.get(f"/jobs/{job.job_id}{path}"), 404, "job_unknown")


def test_the_same_order_makes_no_second_job(market: Market, consumer: Actor, licence: Licence) -> None:
    body = market.order_body(consumer, licence.licence_id)
    place(consumer, body)
    problem(place(consumer, body, key="another"), 409, "order_exists")
    assert Job.objects.count() == 1


def test_an_order_that_its_consumer_did_not_sign_is_refused(
    market: Market, consumer: Actor, outsider: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id)
    problem(place(outsider, body), 422, "order_signature_invalid")
    forged = {**body, "signature": market.order_body(outsider, licence.licence_id)["signature"]}
    problem(place(consumer, forged), 422, "order_signature_invalid")
    problem(place(consumer, {**body, "signature": "0x" + "00" * 65}), 422, "order_signature_invalid")
    cheaper = {**body, "order": {**body["order"], "maxPrice": "1"}}
    problem(place(consumer, cheaper), 422, "order_signature_invalid")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("inputs", {"inputs": ()}),
        ("inputs", {"inputs": (Input(HASH, 3),) * 2}),
        ("inputs", {"inputs": (Input(HASH, 2),)}),
        ("inputs", {"inputs": (Input(HASH, 1),)}),
        ("inputs", {"inputs": tuple(Input(f"0x{i:064x}", 3) for i in range(17))}),
        ("visibility", {"visibility": 2}),
        ("recipientKey", {"recipient_key": "0x" + "00" * 32}),
    ],
)
def test_an_order_that_cannot_be_done_names_the_field(
    market: Market, consumer: Actor, licence: Licence, field: str, changes: dict[str, Any]
) -> None:
    body = market.order_body(consumer, licence.licence_id, **changes)
    document = problem(place(consumer, body), 422, "order_invalid")
    assert document["field"] == field


@pytest.mark.parametrize("seconds", [-1, 10, 31 * 24 * 3600])
def test_a_deadline_too_near_or_too_far_is_refused(
    market: Market, consumer: Actor, licence: Licence, seconds: int
) -> None:
    body = market.order_body(consumer, licence.licence_id, deadline=now() + seconds)
    problem(place(consumer, body), 422, "deadline_invalid")


def test_details_that_are_malformed_or_not_the_signed_ones_are_refused(
    market: Market, consumer: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id)
    for altered in ({**body["details"], "purpose": "marketing"}, {"purpose": 1.5}):
        problem(place(consumer, {**body, "details": altered}), 422, "details_invalid")
    for details in (
        {"purpose": "research"},
        {"purpose": "research", "placement": {}, "parameters": {"x": "y" * 20_000}},
    ):
        body = market.order_body(consumer, licence.licence_id, details=details)
        problem(place(consumer, body), 422, "details_invalid")


def test_unknown_programs_and_licences_of_others_are_refused(
    market: Market, consumer: Actor, outsider: Actor, licence: Licence
) -> None:
    body = market.order_body(consumer, licence.licence_id, program_id=HASH)
    problem(place(consumer, body), 422, "program_unknown")
    problem(place(outsider, market.order_body(outsider, licence.licence_id)), 422, "licence_unknown")
    document = problem(place(consumer, market.order_body(consumer, HASH)), 422, "licence_unknown")
    assert document["licence_id"] == HASH


def test_explain_admits_and_estimates_without_placing(
    market: Market, consumer: Actor, licence: Licence
) -> None:
    answer = explain(consumer, market.order_body(consumer, licence.licence_id))
    assert answer == {
        "is_admissible": True,
        "refusals": [],
        "estimate": {"price": "10", "cells": "6", "outputs": "4"},
        "problem": None,
    }
    assert not Job.objects.exists()


def test_explain_names_licence_clause_and_column_of_every_refusal(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, dataset: Dataset
) -> None:
    narrow = granted(
        market, owner, consumer, dataset, terms={"version": 1, "purposes": ["audit"], "counterparties": []}
    )
    other = granted(market, bank, consumer, registered(market, bank, "churn"), runs=1)
    inputs = (Input(narrow.licence_id, 0b101), Input(other.licence_id, 0b11))
    body = market.order_body(consumer, inputs=inputs, max_price=19)
    answer = explain(consumer, body)
    assert not answer["is_admissible"]
    assert set(clauses(answer)) == {
        (narrow.licence_id, "price", None),
        (narrow.licence_id, "columns", "bill"),
        (narrow.licence_id, "purposes", None),
        (narrow.licence_id, "counterparties", None),
    }
    job = order_place(consumer=consumer.party, **body)
    titles = [refusal.pop("title") for refusal in answer["refusals"]]
    assert [refusal.to_json() for refusal in job_refusals(job=job)] == answer["refusals"]
    assert {"en": "purpose", "zh-Hans": "用途"} in titles
    allowed = {refusal["clause"]: refusal.get("allowed") for refusal in answer["refusals"]}
    assert (allowed["purposes"], allowed["columns"], allowed["counterparties"]) == ("audit", "age", "none")
    problem_document = answer["problem"]
    assert (problem_document["code"], problem_document["status"]) == ("order_refused", 422)
    assert [r["clause"] for r in problem_document["refusals"]] == [r["clause"] for r in answer["refusals"]]


def use_up(market: Market, licence: Licence) -> None:
    quantity_entry_append(
        licence_id=licence.licence_id,
        job_id=HASH,
        kind=EntryKind.RESERVED,
        runs=3,
        cells=100,
        outputs=100,
        event=market.event(),
    )


def revoke(market: Market, licence: Licence) -> None:
    licence_mark_revoked(licence_id=licence.licence_id, event=market.event())


def unsign(market: Market, licence: Licence) -> None:
    Licence.objects.filter(licence_id=licence.licence_id).update(state=LicenceState.SIGNED)


@pytest.mark.parametrize(
    ("happening", "expected"),
    [(use_up, ["runs", "cells", "outputs"]), (revoke, ["revocation"]), (unsign, ["state"])],
)
def test_exhausted_revoked_and_ungranted_licences_refuse(
    market: Market,
    consumer: Actor,
    licence: Licence,
    happening: Callable[[Market, Licence], None],
    expected: list[str],
) -> None:
    happening(market, licence)
    answer = explain(consumer, market.order_body(consumer, licence.licence_id))
    assert [clause for _, clause, _ in clauses(answer)] == expected


def test_a_licence_outside_of_its_validity_refuses(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    later = granted(market, owner, consumer, dataset, not_before=now() + 100)
    answer = explain(consumer, market.order_body(consumer, later.licence_id))
    assert clauses(answer) == [(later.licence_id, "validity", None)]


def test_datasets_of_different_rows_do_not_go_together(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, licence: Licence
) -> None:
    market.rows = 5
    shorter = granted(market, bank, consumer, registered(market, bank, "churn"))
    answer = explain(consumer, market.order_body(consumer, licence.licence_id, shorter.licence_id))
    assert clauses(answer) == [(shorter.licence_id, "rows", None)]


def test_nodes_may_be_where_consumer_and_every_licence_allow(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    def regions_of(licensed: list[str] | None, wanted: list[str] | None) -> frozenset[str] | None:
        terms: dict[str, Any] = (
            {"version": 1}
            if licensed is None
            else {
                "version": 1,
                "placement": {"regions": licensed},
            }
        )
        held = granted(market, owner, consumer, dataset, terms=terms)
        placement: dict[str, Any] = {} if wanted is None else {"regions": wanted}
        details = {"purpose": "research", "placement": placement, "parameters": {}}
        body = market.order_body(consumer, held.licence_id, details=details)
        return allowed_placement(job=order_place(consumer=consumer.party, **body)).regions

    assert regions_of(None, None) is None
    assert regions_of(["north"], None) == {"north"}
    assert regions_of(None, ["south"]) == {"south"}
    assert regions_of(["north", "south"], ["south", "east"]) == {"south"}


def cancellation(market: Market, signer: Actor, job: Job) -> dict[str, str]:
    return {"signature": signer.sign(CancelOrder(job.job_id), market.domains)}


def test_a_job_that_the_chain_does_not_know_is_cancelled_at_once(
    market: Market, consumer: Actor, job: Job
) -> None:
    path = f"/jobs/{job.job_id}/cancel"
    response = consumer.post(path, cancellation(market, consumer, job))
    assert (response.status_code, json.loads(response.content)["state"]) == (202, "CANCELLED")
    again = consumer.post(path, cancellation(market, consumer, job))
    assert json.loads(again.content)["state"] == "CANCELLED"
    assert job.events.count() == 2


def test_an_opened_job_is_cancelled_by_the_chain(market: Market, consumer: Actor, job: Job) -> None:
    for event in (JobTransition.ADMIT, JobTransition.MATCH, JobTransition.OPEN):
        job_transition(job=job, event=event)
    response = consumer.post(f"/jobs/{job.job_id}/cancel", cancellation(market, consumer, job))
    assert (response.status_code, json.loads(response.content)["state"]) == (202, "OPENED")
    wish = ChainTransaction.objects.get(kind="job_cancel")
    assert (wish.contract, wish.function, wish.job_id) == ("Market", "cancel", job.job_id)


def test_once_shares_are_dealt_nothing_is_cancelled(market: Market, consumer: Actor, job: Job) -> None:
    for event in (JobTransition.ADMIT, JobTransition.MATCH, JobTransition.OPEN, JobTransition.DEAL):
        job_transition(job=job, event=event)
    response = consumer.post(f"/jobs/{job.job_id}/cancel", cancellation(market, consumer, job))
    problem(response, 409, "cancellation_refused")


def test_only_the_consumer_s_signature_cancels(
    market: Market, owner: Actor, consumer: Actor, outsider: Actor, job: Job
) -> None:
    path = f"/jobs/{job.job_id}/cancel"
    problem(consumer.post(path, cancellation(market, outsider, job)), 422, "order_signature_invalid")
    problem(consumer.post(path, {"signature": "0x" + "00" * 65}), 422, "order_signature_invalid")
    problem(outsider.post(path, cancellation(market, outsider, job)), 404, "job_unknown")
    problem(owner.post(path, cancellation(market, owner, job)), 403, "party_kind_wrong")
    job.refresh_from_db()
    assert job.state == JobState.PLACED


def test_a_refused_job_says_why_in_words_and_in_fields(consumer: Actor, job: Job) -> None:
    refusals = [{"licence_id": HASH, "clause": "columns", "detail": "the column is not licensed"}]
    job_transition(job=job, event=JobTransition.REFUSE, reason_detail={"refusals": refusals})
    document = json.loads(consumer.get(f"/jobs/{job.job_id}").content)
    assert document["reason_code"] == "admission_refused"
    assert document["reason_detail"] == f"licence {HASH}, columns: the column is not licensed"
    assert document["reason"] == {"refusals": refusals}


def test_a_receipt_is_public_once_the_job_is_settled(job: Job) -> None:
    path = f"/api/v1/jobs/{job.job_id}/receipt"
    problem(Client().get(path), 404, "receipt_not_ready")
    problem(Client().get(f"/api/v1/jobs/{HASH}/receipt"), 404, "job_unknown")
    for block_number in (7, 8):
        receipt_store(
            job=job, bundle={"version": 1}, transaction_hash=HASH, block_number=block_number, gas_used=1
        )
    assert json.loads(Client().get(path).content) == {"version": 1}
    assert Receipt.objects.get(job=job).block_number == 8
