"""Offer, counter-offer, agreement, amendment, suspension, revocation, exhaustion: signed, in one chain."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.catalogue.models import Dataset
from marketplace.chain.handlers import event_handle
from marketplace.chain.handlers.orphans import events_orphaned
from marketplace.chain.models import ChainTransaction
from marketplace.licences.models import Agreement, AgreementStep, EntryKind, Licence
from marketplace.licences.negotiation import (
    ACT_NUMBERS,
    TABLE,
    ZERO,
    Act,
    AgreementState,
    ChainBroken,
    LicenceStep,
    Side,
    StepRecord,
    check_chain,
    next_state,
)
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence, RevokeLicence
from tests.support.cast import Actor, problem
from tests.support.market import HOUR, Market, now

JOB = "0x" + "5" * 64


@dataclass
class Table:
    """Both parties at one table, with what they need to sign."""

    market: Market
    owner: Actor
    consumer: Actor
    dataset_id: str
    agreement: dict[str, Any] | None = None

    def content(self, **changes: Any) -> tuple[dict[str, Any], str]:
        body = self.market.licence_body(self.owner, self.consumer, self.dataset_id, **changes)
        return {"grant": body["grant"], "terms": body["terms"]}, body["signature"]

    def body(
        self, who: Actor, act: Act, content: dict[str, Any] | None = None, **extra: Any
    ) -> dict[str, Any]:
        head, length = (self.agreement["head"], self.agreement["length"]) if self.agreement else (ZERO, 0)
        step = LicenceStep(
            signer=who.address,
            number=length + 1,
            previous=head,
            act=ACT_NUMBERS[act],
            content_hash=ZERO if content is None else document_hash(content),
            signed_at=now(),
        )
        signed = {"step": step.to_json(), "signature": who.sign(step, self.market.domains)}
        return signed | ({} if content is None else {"content": content}) | extra

    def send(self, who: Actor, body: dict[str, Any]) -> Any:
        path = f"/agreements/{self.agreement['agreement_id']}/steps" if self.agreement else "/agreements"
        return who.post(path, body)

    def take(self, who: Actor, act: Act, content: dict[str, Any] | None = None, **extra: Any) -> str:
        """One step that must be taken; the state after it."""
        response = self.send(who, self.body(who, act, content, **extra))
        assert response.status_code in (200, 201), response.content
        self.agreement = json.loads(response.content)
        return str(self.agreement["state"])

    def read(self) -> dict[str, Any]:
        assert self.agreement is not None
        response = self.consumer.get(f"/agreements/{self.agreement['agreement_id']}")
        self.agreement = json.loads(response.content)
        return self.agreement

    def revocation(self, licence_id: str) -> dict[str, Any]:
        message = RevokeLicence(licence_id=licence_id, deadline=now() + HOUR)
        signature = self.owner.sign(message, self.market.domains)
        return {"deadline": message.deadline, "signature": signature, "effect": "finish"}

    def agreed(self) -> str:
        """An offer of the provider that the consumer accepted and the chain granted; the licence's id."""
        content, signature = self.content()
        self.take(self.owner, Act.OFFER, content, grant_signature=signature)
        self.take(self.consumer, Act.ACCEPT, content)
        licence_id = str(self.read()["licence_id"])
        event_handle(self.market.event("LicenceGranted", licenceId=licence_id))
        return licence_id

    def use(self, licence_id: str, kind: EntryKind, runs: int) -> Any:
        event = self.market.event(f"Quantity{kind.title()}", licenceId=licence_id, jobId=JOB)
        event.arguments["quantity"] = {"runs": runs, "cells": 1, "outputs": 1}
        event.contract = "LicenceLedger"
        event.save()
        event_handle(event)
        return event


@pytest.fixture
def table(market: Market, owner: Actor, consumer: Actor, dataset: Dataset) -> Table:
    return Table(market, owner, consumer, dataset.dataset_id)


def wishes() -> list[str]:
    return list(
        ChainTransaction.objects.filter(contract="LicenceLedger")
        .order_by("sequence")
        .values_list("function", flat=True)
    )


def test_what_both_signed_goes_to_the_chain_and_nothing_before(table: Table) -> None:
    offer, signature = table.content()
    assert table.take(table.owner, Act.OFFER, offer, grant_signature=signature) == "OFFERED"
    counter, _ = table.content(runs=9)
    assert table.take(table.consumer, Act.COUNTER, counter) == "COUNTERED"
    assert wishes() == []
    grant = GrantLicence.from_json(counter["grant"])
    signed = table.owner.sign(grant, table.market.domains)
    assert table.take(table.owner, Act.ACCEPT, counter, grant_signature=signed) == "AGREED"
    assert wishes() == ["grant"]
    assert Licence.objects.get().runs_granted == 9
    assert table.read()["licence_id"] == Licence.objects.get().licence_id


def test_a_consumer_may_begin_and_the_provider_signs_the_grant_when_it_accepts(table: Table) -> None:
    wanted, signature = table.content()
    table.take(table.consumer, Act.OFFER, wanted)
    problem(table.send(table.owner, table.body(table.owner, Act.ACCEPT, wanted)), 422, "step_invalid")
    assert table.take(table.owner, Act.ACCEPT, wanted, grant_signature=signature) == "AGREED"


def test_nobody_accepts_its_own_proposal_or_another_content(table: Table) -> None:
    offer, signature = table.content()
    table.take(table.owner, Act.OFFER, offer, grant_signature=signature)
    own = table.body(table.owner, Act.ACCEPT, offer, grant_signature=signature)
    problem(table.send(table.owner, own), 409, "step_not_allowed")
    other, _ = table.content(runs=1000)
    problem(table.send(table.consumer, table.body(table.consumer, Act.ACCEPT, other)), 422, "step_invalid")


def test_steps_follow_the_last_one_and_a_repeated_one_changes_nothing(table: Table) -> None:
    offer, signature = table.content()
    first = table.body(table.owner, Act.OFFER, offer, grant_signature=signature)
    for _ in range(2):
        response = table.send(table.owner, first)
        assert response.status_code == 201
    table.agreement = json.loads(response.content)
    accept = table.body(table.consumer, Act.ACCEPT, offer)
    for _ in range(2):
        assert table.send(table.consumer, accept).status_code == 200
    late = table.body(table.consumer, Act.DECLINE)
    problem(table.send(table.consumer, late), 409, "agreement_moved")
    assert AgreementStep.objects.count() == 2


def test_strangers_and_forged_steps_are_refused(table: Table, outsider: Actor, bank: Actor) -> None:
    offer, signature = table.content()
    forged = table.body(table.owner, Act.OFFER, offer, grant_signature=signature)
    problem(table.send(bank, forged), 404, "agreement_unknown")
    broken = forged | {"signature": table.body(table.consumer, Act.OFFER, offer)["signature"]}
    problem(table.send(table.owner, broken), 422, "step_invalid")
    table.take(table.owner, Act.OFFER, offer, grant_signature=signature)
    problem(table.send(outsider, table.body(outsider, Act.ACCEPT, offer)), 404, "agreement_unknown")
    assert json.loads(outsider.get("/agreements").content)["items"] == []


def test_a_suspended_licence_admits_nothing_until_it_is_resumed(table: Table) -> None:
    licence_id = table.agreed()

    def refused() -> list[str]:
        order = table.market.order_body(table.consumer, licence_id)
        answer = json.loads(table.consumer.post("/orders/explain", order).content)
        return [refusal["clause"] for refusal in answer["refusals"]]

    assert refused() == []
    problem(table.send(table.consumer, table.body(table.consumer, Act.SUSPEND)), 409, "step_not_allowed")
    assert table.take(table.owner, Act.SUSPEND) == "SUSPENDED"
    assert refused() == ["suspension"]
    assert table.take(table.owner, Act.RESUME) == "AGREED"
    assert refused() == []


def test_an_amendment_replaces_the_licence_once_the_chain_has_granted_the_new_one(table: Table) -> None:
    old = table.agreed()
    more, signature = table.content(runs=50)
    table.take(table.consumer, Act.AMEND, more)
    assert table.read()["licence_id"] == old
    no_revocation = table.body(table.owner, Act.ACCEPT, more, grant_signature=signature)
    problem(table.send(table.owner, no_revocation), 422, "step_invalid")
    revocation = table.revocation(old)
    assert (
        table.take(table.owner, Act.ACCEPT, more, grant_signature=signature, revocation=revocation)
        == "AGREED"
    )
    new = str(table.read()["licence_id"])
    assert new != old
    assert wishes() == ["grant", "grant"]
    for _ in range(2):
        event_handle(table.market.event("LicenceGranted", licenceId=new))
    assert wishes() == ["grant", "grant", "revoke"]


def test_a_revocation_goes_to_the_chain_and_ends_it(table: Table) -> None:
    licence_id = table.agreed()
    assert table.take(table.owner, Act.REVOKE, revocation=table.revocation(licence_id)) == "REVOKED"
    assert wishes() == ["grant", "revoke"]
    late = table.body(table.owner, Act.RESUME)
    problem(table.send(table.owner, late), 409, "step_not_allowed")


def test_a_used_up_licence_is_exhausted_until_a_reorganisation_gives_the_use_back(table: Table) -> None:
    licence_id = table.agreed()
    table.use(licence_id, EntryKind.RESERVED, 3)
    assert table.read()["state"] == "AGREED"
    event = table.use(licence_id, EntryKind.CONSUMED, 3)
    assert table.read()["state"] == "EXHAUSTED"
    event.orphaned_at = event.mined_at
    event.handled_at = event.mined_at
    event.save()
    with transaction.atomic():
        events_orphaned([event])
    assert table.read()["state"] == "AGREED"
    assert [step["by"] for step in table.agreement["steps"]][2:] == ["ledger", "ledger"]  # type: ignore[index]
    records(table)


def records(table: Table) -> list[StepRecord]:
    """The steps as a party reads them, after it has checked them."""
    found = table.read()
    steps = [
        StepRecord(s["number"], Act(s["act"]), Side(s["by"]), s["content"], s["step"], s["signature"])
        for s in found["steps"]
    ]
    domain = table.market.domains["LicenceLedger"]
    state, head, _ = check_chain(
        steps, domain=domain, provider=table.owner.address, consumer=table.consumer.address
    )
    assert (str(state), head) == (found["state"], found["head"])
    return steps


def test_the_chain_of_versions_is_checked_by_its_readers(table: Table) -> None:
    table.agreed()
    table.take(table.owner, Act.SUSPEND)
    steps = records(table)
    domain = table.market.domains["LicenceLedger"]
    changed = StepRecord(
        1, Act.OFFER, Side.PROVIDER, {"grant": {}, "terms": {}}, steps[0].step, steps[0].signature
    )
    spoilt: tuple[list[StepRecord], ...] = (
        [],
        steps[1:],
        [steps[0], steps[2]],
        [changed, *steps[1:]],
        [*steps, StepRecord(4, Act.SUSPEND, Side.PROVIDER, {}, steps[2].step, steps[2].signature)],
        [*steps[:2], StepRecord(3, Act.SUSPEND, Side.PROVIDER, {}, steps[2].step, steps[0].signature)],
        [*steps[:2], StepRecord(3, Act.SUSPEND, Side.CONSUMER, {}, steps[2].step, steps[2].signature)],
    )
    for history in spoilt:
        with pytest.raises(ChainBroken):
            check_chain(history, domain=domain, provider=table.owner.address, consumer=table.consumer.address)


def test_steps_are_never_changed(table: Table) -> None:
    table.agreed()
    for statement in (
        "UPDATE licences_agreementstep SET act = 'decline'",
        "DELETE FROM licences_agreementstep",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_nothing_but_the_table_changes_a_state() -> None:
    states: list[AgreementState | None] = [None, *AgreementState]
    allowed = set()
    for state, act, by in itertools.product(states, Act, Side):
        for proposed_by in (None, Side.PROVIDER, Side.CONSUMER):
            target = next_state(state, act, by, proposed_by=proposed_by)
            if target is not None:
                allowed.add((state, act))
                assert target == TABLE[state, act][0]
                assert (by == Side.LEDGER) == (act in (Act.EXHAUST, Act.REPLENISH))
                assert (
                    act in (Act.OFFER, Act.AMEND, Act.DECLINE)
                    or by != proposed_by
                    or act in (*(Act.SUSPEND, Act.RESUME, Act.REVOKE),)
                )
    assert allowed == set(TABLE)
    assert all(
        state not in {row[0] for row in TABLE} for state in (AgreementState.REVOKED, AgreementState.DECLINED)
    )


def test_a_provider_hands_out_its_licence_as_odrl(table: Table, outsider: Actor) -> None:
    licence_id = table.agreed()
    policy = json.loads(table.consumer.get(f"/licences/{licence_id}/odrl").content)
    assert policy["uid"] == f"urn:hengsuan:licence:{licence_id}"
    problem(outsider.get(f"/licences/{licence_id}/odrl"), 404, "licence_unknown")
    assert Agreement.objects.count() == 1
