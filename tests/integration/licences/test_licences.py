"""Handing in licences, revoking them, and what the chain's word changes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from marketplace.accounts.services import party_deactivate
from marketplace.catalogue.models import Dataset
from marketplace.catalogue.services import dataset_mark_rejected, dataset_unmark_registered
from marketplace.chain.models import ChainTransaction
from marketplace.licences.models import Licence, LicenceState
from marketplace.licences.services import (
    licence_mark_granted,
    licence_mark_rejected,
    licence_mark_revoked,
    licence_unmark_granted,
    licence_unmark_revoked,
)
from marketplace.licences.tasks import expire_licences
from marketplace.signing.eip712 import GrantLicence, RevokeLicence
from tests.support.cast import Actor, problem
from tests.support.market import Market, now


def submit(sender: Actor, body: Any, key: str = "k") -> Any:
    return sender.post("/licences", body, idempotency_key=key)


def test_a_good_licence_is_stored_and_the_chain_is_asked(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    terms = {"version": 1, "purposes": ["research"], "columns": {"age": {"sides": ["left"]}}}
    before = ChainTransaction.objects.count()
    response = submit(owner, market.licence_body(owner, consumer, dataset.dataset_id, terms=terms))
    document = json.loads(response.content)
    assert (response.status_code, document["state"]) == (202, "SIGNED")
    assert (document["columns"], document["price_per_run"]) == ("3", "10")
    assert document["quantities"]["granted"] == {"runs": "0", "cells": "0", "outputs": "0"}
    wish = ChainTransaction.objects.order_by("sequence").last()
    assert wish is not None
    assert (ChainTransaction.objects.count(), wish.function) == (before + 1, "grant")
    message = GrantLicence.from_json(document["grant"])
    assert wish.arguments == [message.to_struct(), document["signature"]]


def test_provider_and_consumer_see_a_licence_and_nobody_else(
    owner: Actor, consumer: Actor, bank: Actor, outsider: Actor, licence: Licence
) -> None:
    for party in (owner, consumer):
        listed = json.loads(party.get("/licences").content)["items"]
        assert [entry["licence_id"] for entry in listed] == [licence.licence_id]
        one = json.loads(party.get(f"/licences/{licence.licence_id}").content)
        assert one["quantities"]["remaining"] == {"runs": "3", "cells": "100", "outputs": "100"}
    for party in (bank, outsider):
        assert json.loads(party.get("/licences").content)["items"] == []
        problem(party.get(f"/licences/{licence.licence_id}"), 404, "licence_unknown")


def test_the_same_grant_makes_no_second_licence(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    body = market.licence_body(owner, consumer, dataset.dataset_id)
    submit(owner, body)
    problem(submit(owner, body, key="another"), 409, "licence_exists")


def test_a_grant_that_its_provider_did_not_sign_is_refused(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, dataset: Dataset
) -> None:
    body = market.licence_body(owner, consumer, dataset.dataset_id)
    problem(submit(bank, body), 422, "grant_signature_invalid")
    body["signature"] = market.licence_body(bank, consumer, dataset.dataset_id)["signature"]
    problem(submit(owner, body), 422, "grant_signature_invalid")
    problem(submit(owner, {**body, "signature": "0x" + "00" * 65}), 422, "grant_signature_invalid")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("datasetId", {"dataset_id": "0x" + "11" * 32}),
        ("programIds", {"program_ids": ()}),
        ("programIds", {"program_ids": ("0x" + "11" * 32,)}),
        ("columns", {"columns": 0b10}),
        ("columns", {"columns": 0b1}),
        ("columns", {"columns": 0b1001}),
        ("runs", {"runs": 0}),
        ("cells", {"cells": 0}),
        ("outputs", {"outputs": 0}),
        ("notBefore", {"not_before": 2**40}),
        ("notAfter", {"not_before": 1, "not_after": 2}),
        ("notAfter", {"not_after": 2**48}),
        ("pricePerRun", {"price_per_run": 2**88}),
        ("deadline", {"deadline": 1}),
    ],
)
def test_a_grant_that_cannot_hold_names_the_field(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset, field: str, changes: dict[str, Any]
) -> None:
    body = market.licence_body(owner, consumer, **{"dataset_id": dataset.dataset_id, **changes})
    assert problem(submit(owner, body), 422, "grant_invalid")["field"] == field


def test_a_program_may_be_named_once(market: Market, owner: Actor, consumer: Actor, dataset: Dataset) -> None:
    twice = (market.program.program_id,) * 2
    body = market.licence_body(owner, consumer, dataset.dataset_id, program_ids=twice)
    assert problem(submit(owner, body), 422, "grant_invalid")["field"] == "programIds"


def test_data_of_others_and_rejected_data_cannot_be_licensed(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, dataset: Dataset
) -> None:
    body = market.licence_body(bank, consumer, dataset.dataset_id)
    assert problem(submit(bank, body), 422, "grant_invalid")["field"] == "datasetId"
    dataset_unmark_registered(dataset_id=dataset.dataset_id)
    dataset_mark_rejected(dataset_id=dataset.dataset_id, reason="refused")
    body = market.licence_body(owner, consumer, dataset.dataset_id)
    assert problem(submit(owner, body), 422, "grant_invalid")["field"] == "datasetId"


def test_the_consumer_must_be_an_active_consumer(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, dataset: Dataset
) -> None:
    problem(submit(owner, market.licence_body(owner, bank, dataset.dataset_id)), 422, "consumer_unknown")
    party_deactivate(party=consumer.party)
    problem(submit(owner, market.licence_body(owner, consumer, dataset.dataset_id)), 422, "consumer_unknown")


def test_unknown_or_altered_terms_are_refused(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    for terms, clause in (
        ({"version": 1, "colour": "blue"}, "colour"),
        ({"version": 1, "columns": {"height": {"sides": ["left"]}}}, "columns"),
    ):
        body = market.licence_body(owner, consumer, dataset.dataset_id, terms=terms)
        assert problem(submit(owner, body), 422, "terms_invalid")["clause"] == clause
    body = market.licence_body(owner, consumer, dataset.dataset_id)
    for altered in ({"version": 1, "smallest_group": 5}, {"version": 1.5}):
        problem(submit(owner, {**body, "terms": altered}), 422, "terms_invalid")


def revocation(
    market: Market, signer: Actor, licence: Licence, deadline: int | None = None
) -> dict[str, Any]:
    message = RevokeLicence(licence.licence_id, now() + 60 if deadline is None else deadline)
    return {"deadline": message.deadline, "signature": signer.sign(message, market.domains)}


def test_a_revocation_asks_the_chain_and_counts_when_the_chain_says_so(
    market: Market, owner: Actor, licence: Licence
) -> None:
    body = revocation(market, owner, licence)
    response = owner.post(f"/licences/{licence.licence_id}/revoke", body)
    assert (response.status_code, json.loads(response.content)["state"]) == (202, "GRANTED")
    assert ChainTransaction.objects.filter(kind="licence_revoke", function="revoke").count() == 1
    licence_mark_revoked(licence_id=licence.licence_id, event=market.event("LicenceRevoked"))
    response = owner.post(f"/licences/{licence.licence_id}/revoke", body)
    assert json.loads(response.content)["state"] == "REVOKED"


def test_only_the_provider_s_fresh_signature_revokes(
    market: Market, owner: Actor, bank: Actor, consumer: Actor, licence: Licence
) -> None:
    path = f"/licences/{licence.licence_id}/revoke"
    problem(owner.post(path, revocation(market, bank, licence)), 422, "revocation_invalid")
    problem(owner.post(path, revocation(market, owner, licence, deadline=1)), 422, "revocation_invalid")
    malleable = {**revocation(market, owner, licence), "signature": "0x" + "00" * 65}
    problem(owner.post(path, malleable), 422, "revocation_invalid")
    problem(consumer.post(path, revocation(market, consumer, licence)), 403, "party_kind_wrong")
    problem(bank.post(path, revocation(market, bank, licence)), 404, "licence_unknown")


def test_what_was_never_granted_cannot_be_revoked(market: Market, owner: Actor, licence: Licence) -> None:
    Licence.objects.update(state=LicenceState.SIGNED)
    response = owner.post(f"/licences/{licence.licence_id}/revoke", revocation(market, owner, licence))
    problem(response, 409, "licence_not_revocable")


def test_the_chain_s_word_changes_the_state_and_may_be_repeated(
    market: Market, owner: Actor, consumer: Actor, dataset: Dataset
) -> None:
    answer = submit(owner, market.licence_body(owner, consumer, dataset.dataset_id))
    licence_id = json.loads(answer.content)["licence_id"]

    def state() -> str:
        return Licence.objects.get(licence_id=licence_id).state

    licence_mark_rejected(licence_id=licence_id, reason="")
    assert state() == LicenceState.REJECTED
    for _ in range(2):
        licence_mark_granted(licence_id=licence_id, event=market.event())
        assert state() == LicenceState.GRANTED
    for _ in range(2):
        licence_mark_revoked(licence_id=licence_id, event=market.event())
        assert state() == LicenceState.REVOKED
    licence_mark_granted(licence_id=licence_id, event=market.event())
    assert state() == LicenceState.REVOKED
    licence_unmark_revoked(licence_id=licence_id)
    assert state() == LicenceState.GRANTED
    licence_unmark_granted(licence_id=licence_id)
    assert state() == LicenceState.SIGNED
    unknown = "0x" + "99" * 32
    licence_mark_granted(licence_id=unknown, event=market.event())
    licence_mark_revoked(licence_id=unknown, event=market.event())


def test_licences_expire_when_their_time_is_over(licence: Licence) -> None:
    expire_licences()
    licence.refresh_from_db()
    assert licence.state == LicenceState.GRANTED
    Licence.objects.update(not_after=timezone.now() - timedelta(seconds=1))
    expire_licences()
    licence.refresh_from_db()
    assert licence.state == LicenceState.EXPIRED
