"""A party replaces its request-signing key; whoever stole the old one can neither keep nor replace it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from eth_account.messages import encode_defunct

from marketplace.accounts.models import RetiredKey
from marketplace.accounts.services import party_deactivate
from tests.support.cast import Actor, Keys, problem, signed_call


@pytest.fixture
def fresh() -> Keys:
    return Keys("fresh")


def rotate(actor: Actor, new: Keys, *, by: Keys | None = None, text: str | None = None) -> HttpResponse:
    """The new key signs the request; `by`'s Ethereum key (the party's own, if not given) signs the text."""
    said = text or f"hengsuan rotate {actor.party.id} {new.signing_key}"
    eth: Any = (by or actor.keys).eth
    signature = "0x" + bytes(eth.sign_message(encode_defunct(text=said)).signature).hex()
    path = f"/parties/{actor.party.id}/signing-key"
    return signed_call(Client(), new, new.signing_key, "POST", path, body={"eth_signature": signature})


def works(actor: Actor, keys: Keys) -> bool:
    return signed_call(Client(), keys, str(actor.party.id), "GET", "/parties").status_code == 200


def test_the_new_key_is_in_force_at_once_and_the_old_one_is_not(owner: Actor, fresh: Keys) -> None:
    old = owner.keys
    answer = rotate(owner, fresh)
    assert json.loads(answer.content)["signing_key"] == fresh.signing_key
    assert (works(owner, fresh), works(owner, old)) == (True, False)


def test_asking_again_after_a_lost_answer_changes_nothing(owner: Actor, fresh: Keys) -> None:
    assert [rotate(owner, fresh).status_code for _ in range(2)] == [200, 200]
    assert RetiredKey.objects.count() == 1


def test_whoever_has_only_request_keys_cannot_rotate(owner: Actor, bank: Actor, fresh: Keys) -> None:
    problem(rotate(owner, fresh, by=bank.keys), 422, "eth_signature_invalid")
    enrolment = f"hengsuan enrol {fresh.signing_key} {owner.keys.sealing_key}"
    problem(rotate(owner, fresh, text=enrolment), 422, "eth_signature_invalid")
    for_another = f"hengsuan rotate {bank.party.id} {fresh.signing_key}"
    problem(rotate(owner, fresh, text=for_another), 422, "eth_signature_invalid")
    assert works(owner, owner.keys)


def test_an_old_rotation_cannot_be_replayed_to_bring_a_stolen_key_back(owner: Actor, fresh: Keys) -> None:
    stolen = owner.keys
    assert rotate(owner, fresh).status_code == 200
    assert problem(rotate(owner, stolen), 422, "key_invalid")["field"] == "signing_key"
    assert rotate(owner, Keys("third")).status_code == 200
    problem(rotate(owner, fresh), 422, "key_invalid")


def test_a_key_of_another_party_is_refused(owner: Actor, bank: Actor) -> None:
    problem(rotate(owner, bank.keys), 409, "party_exists")


def test_a_party_that_was_deactivated_cannot_come_back_by_a_new_key(owner: Actor, fresh: Keys) -> None:
    party_deactivate(party=owner.party)
    problem(rotate(owner, fresh), 404, "party_unknown")
