"""Submitting datasets: what is checked before the chain is asked, and what the chain's word changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from marketplace.catalogue.models import Column, Dataset, DatasetState
from marketplace.catalogue.services import (
    dataset_mark_registered,
    dataset_mark_rejected,
    dataset_unmark_registered,
)
from marketplace.chain.models import ChainTransaction
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import RegisterDataset
from proofs import formats, hashing
from tests.support.cast import Actor, problem
from tests.support.market import Market, now


def submit(sender: Actor, body: Any, key: str = "k") -> Any:
    return sender.post("/datasets", body, idempotency_key=key)


def signed_anew(market: Market, owner: Actor, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body with a registration that is signed for what the body now holds, but for `changes`."""
    commitments = [formats.from_hex(entry["F"], "F", 64) for entry in body["commitments"]]
    message = RegisterDataset.from_json(
        {
            **body["registration"],
            "schemaHash": document_hash(body["schema"]),
            "columnsHash": formats.to_hex(hashing.columns_hash(commitments)),
            **changes,
        }
    )
    return {**body, "registration": message.to_json(), "signature": owner.sign(message, market.domains)}


def test_a_good_dataset_is_stored_and_the_chain_is_asked(market: Market, owner: Actor) -> None:
    response = submit(owner, market.dataset_body(owner, "age", "bill"))
    document = json.loads(response.content)
    assert (response.status_code, document["state"]) == (202, "SUBMITTED")
    assert [column["name"] for column in document["columns"]] == ["ones", "age", "bill"]
    assert [entry["index"] for entry in document["commitments"]] == [0, 1, 2]
    assert document["owner"] == owner.address
    wish = ChainTransaction.objects.get()
    assert (wish.contract, wish.function) == ("DatasetRegistry", "register")
    message = RegisterDataset.from_json(document["registration"])
    assert wish.arguments[0] == message.to_struct()
    assert message.digest(market.domains["DatasetRegistry"]) == document["dataset_id"]
    assert [len(points) for points in wish.arguments[2:]] == [3, 3]


def test_anyone_can_read_datasets(market: Market, owner: Actor, dataset: Dataset) -> None:
    listed = json.loads(Client().get("/api/v1/datasets?state=REGISTERED").content)["items"]
    assert [entry["dataset_id"] for entry in listed] == [dataset.dataset_id]
    one = json.loads(Client().get(f"/api/v1/datasets/{dataset.dataset_id}").content)
    assert one["state"] == "REGISTERED"
    problem(Client().get("/api/v1/datasets?state=LOST"), 422, "request_invalid")
    problem(Client().get("/api/v1/datasets/0x00"), 404, "dataset_unknown")


def test_the_same_registration_makes_no_second_dataset(market: Market, owner: Actor) -> None:
    body = market.dataset_body(owner)
    submit(owner, body)
    problem(submit(owner, body, key="another"), 409, "dataset_exists")
    assert (Dataset.objects.count(), ChainTransaction.objects.count()) == (1, 1)


def test_a_registration_for_another_owner_is_refused(market: Market, owner: Actor, bank: Actor) -> None:
    problem(submit(bank, market.dataset_body(owner)), 422, "dataset_signature_invalid")
    body = market.dataset_body(owner)
    body["signature"] = market.dataset_body(bank)["signature"]
    problem(submit(owner, body), 422, "dataset_signature_invalid")
    problem(submit(owner, {**body, "signature": "0x" + "00" * 65}), 422, "dataset_signature_invalid")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("rows", {"rows": 0}),
        ("rows", {"rows": 15}),
        ("grade", {"grade": 5}),
        ("deadline", {"deadline": 1}),
    ],
)
def test_a_registration_that_does_not_fit_names_the_field(
    market: Market, owner: Actor, field: str, changes: dict[str, int]
) -> None:
    document = problem(submit(owner, market.dataset_body(owner, **changes)), 422, "registration_invalid")
    assert document["field"] == field


def test_an_unknown_setup_is_refused(market: Market, owner: Actor) -> None:
    problem(submit(owner, market.dataset_body(owner, setup_id="0x" + "11" * 32)), 404, "setup_unknown")


def column(**changes: Any) -> dict[str, Any]:
    return {
        "name": "age",
        "title": "Age",
        "scale": 0,
        "minimum": 0,
        "maximum": 9,
        "data_type": "integer",
        "grade": 0,
        **changes,
    }


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"version": 2, "columns": [column()]},
        {"version": 1, "columns": []},
        {"version": 1, "columns": ["age"]},
        {"version": 1, "columns": [column(unit="years")]},
        {"version": 1, "columns": [column(minimum=10)]},
        {"version": 1, "columns": [column(), column()]},
        {"version": 1, "columns": [column(name="ones")]},
        {"version": 1, "columns": [column(name="x" * 81)]},
        {"version": 1, "columns": [column()], "note": "x"},
    ],
)
def test_a_malformed_schema_is_refused(market: Market, owner: Actor, schema: dict[str, Any]) -> None:
    body = signed_anew(market, owner, {**market.dataset_body(owner), "schema": schema})
    problem(submit(owner, body), 422, "schema_invalid")


def test_a_schema_that_is_not_the_signed_one_is_refused(market: Market, owner: Actor) -> None:
    body = market.dataset_body(owner)
    body["schema"]["columns"][0]["maximum"] = 99
    problem(submit(owner, body), 422, "schema_invalid")
    body["schema"]["columns"][0]["maximum"] = 1.5
    problem(submit(owner, body), 422, "schema_invalid")


def swapped(body: dict[str, Any], name: str) -> None:
    first, second = body["commitments"][1], body["commitments"][2]
    first[name], second[name] = second[name], first[name]


@pytest.mark.parametrize("name", ["F2", "F_kappa"])
def test_commitments_without_their_proofs_are_refused(market: Market, owner: Actor, name: str) -> None:
    """F against F² and the κ-proof of knowledge."""
    body = market.dataset_body(owner, "age", "bill")
    swapped(body, name)
    problem(submit(owner, signed_anew(market, owner, body)), 422, "commitments_invalid")


def test_a_first_column_that_is_not_ones_is_refused(market: Market, owner: Actor) -> None:
    body = market.dataset_body(owner, "age", "bill")
    body["commitments"][0] = body["commitments"][2]
    document = problem(submit(owner, signed_anew(market, owner, body)), 422, "commitments_invalid")
    assert "ones" in document["detail"]
    problem(submit(owner, market.dataset_body(owner, rows=5)), 422, "commitments_invalid")


def test_commitments_that_are_not_the_signed_ones_are_refused(market: Market, owner: Actor) -> None:
    body = market.dataset_body(owner, "age", "bill")
    for name in ("F", "F2", "F_kappa"):
        swapped(body, name)
    problem(submit(owner, body), 422, "commitments_invalid")


def test_points_that_are_no_points_are_refused(market: Market, owner: Actor) -> None:
    for point in ("0x" + "00" * 64, "0x" + "ff" * 64, "0x" + "00" * 63 + "05"):
        body = market.dataset_body(owner)
        body["commitments"][1]["F"] = point
        problem(submit(owner, signed_anew(market, owner, body)), 422, "commitments_invalid")
    body["commitments"][1]["F"] = "0x12"
    problem(submit(owner, body), 422, "request_invalid")


def test_too_few_or_too_many_commitments_are_refused(market: Market, owner: Actor) -> None:
    body = market.dataset_body(owner, "age", "bill")
    fewer = {**body, "commitments": body["commitments"][:2]}
    problem(submit(owner, signed_anew(market, owner, fewer)), 422, "commitments_invalid")


def test_nothing_is_kept_of_a_refused_dataset(market: Market, owner: Actor) -> None:
    submit(owner, market.dataset_body(owner, rows=5))
    assert not Dataset.objects.exists()
    assert not Column.objects.exists()
    assert not ChainTransaction.objects.exists()


def test_the_chain_s_word_is_final_and_may_be_repeated(market: Market, owner: Actor) -> None:
    dataset_id = json.loads(submit(owner, market.dataset_body(owner)).content)["dataset_id"]

    def state() -> tuple[str, bool, str]:
        stored = Dataset.objects.get(dataset_id=dataset_id)
        return stored.state, stored.registered_at is not None, stored.rejection

    dataset_mark_rejected(dataset_id=dataset_id, reason="RowsOutOfRange")
    assert state() == (DatasetState.REJECTED, False, "RowsOutOfRange")
    for _ in range(2):
        dataset_mark_registered(dataset_id=dataset_id, at=timezone.now())
        assert state() == (DatasetState.REGISTERED, True, "")
    dataset_mark_rejected(dataset_id=dataset_id, reason="too late")
    assert state()[0] == DatasetState.REGISTERED
    for _ in range(2):
        dataset_unmark_registered(dataset_id=dataset_id)
        assert state() == (DatasetState.SUBMITTED, False, "")
    dataset_mark_registered(dataset_id="0x" + "99" * 32, at=timezone.now())


@pytest.mark.parametrize(
    "change",
    [{"schema_hash": "0x12"}, {"signature": "x"}, {"rows": 0}, {"state": "LOST"}, {"state": "REJECTED"}],
)
def test_the_database_refuses_malformed_datasets(dataset: Dataset, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dataset.objects.filter(dataset_id=dataset.dataset_id).update(**change)


def test_a_registration_for_another_chain_recovers_somebody_else(
    market: Market, owner: Actor, settings: Any
) -> None:
    body = market.dataset_body(owner, deadline=now() + 60)
    other = {name: type(domain)(1, domain.verifying_contract) for name, domain in market.domains.items()}
    message = RegisterDataset.from_json(body["registration"])
    problem(
        submit(owner, {**body, "signature": owner.sign(message, other)}), 422, "dataset_signature_invalid"
    )


def test_without_a_deployment_the_caller_is_told_to_wait(market: Market, owner: Actor, settings: Any) -> None:
    body = market.dataset_body(owner)
    settings.CHAIN_DEPLOYMENT_FILE = "/nonexistent/deployment.json"
    problem(submit(owner, body), 503, "deployment_missing")
