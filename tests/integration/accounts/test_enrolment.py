"""Enrolment by a one-time token, and looking parties up."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import EnrolmentToken, Organisation, Party, PartyKind
from marketplace.accounts.services import enrolment_token_issue
from tests.support.cast import Actor, Keys, problem, signed_call

MEI = Keys("mei")


@pytest.fixture
def bank_organisation(db: None) -> Organisation:
    return Organisation.objects.create(slug="bank", name="Bank", name_zh="银行")


@pytest.fixture
def token(bank_organisation: Organisation) -> str:
    return enrolment_token_issue(organisation=bank_organisation, kind=PartyKind.CONNECTOR)


def enrol(good_token: str, keys: Keys = MEI, *, signer: Keys | None = None, **changes: Any) -> HttpResponse:
    body = {
        "token": good_token,
        "kind": "connector",
        "name": keys.name,
        "eth_address": str(keys.eth.address),
        "signing_key": keys.signing_key,
        "sealing_key": keys.sealing_key,
        "eth_signature": keys.enrolment_signature(),
        **changes,
    }
    signer = signer or keys
    return signed_call(Client(), signer, signer.signing_key, "POST", "/parties", body=body)


def test_a_token_enrols_a_party_which_may_then_sign(token: str) -> None:
    response = enrol(token)
    answer = json.loads(response.content)
    assert response.status_code == 201
    assert answer["organisation"] == "bank"
    assert {"heartbeat_seconds", "lease_wait_seconds", "lease_seconds"} <= answer.keys()
    party = Party.objects.get(id=answer["party_id"])
    assert Actor(MEI, party).get(f"/parties/{party.id}").status_code == 200


def test_the_same_party_may_ask_again_after_a_lost_answer(token: str) -> None:
    first, again = enrol(token), enrol(token)
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert Party.objects.count() == 1


def test_a_used_token_enrols_nobody_else(token: str) -> None:
    enrol(token)
    problem(enrol(token, Keys("lin")), 409, "enrolment_token_used")


def test_an_expired_token_enrols_nobody(token: str) -> None:
    EnrolmentToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem(enrol(token), 403, "enrolment_token_expired")


@pytest.mark.parametrize("change", [{"token": "hst_guess"}, {"kind": "node"}])
def test_a_wrong_token_enrols_nobody(token: str, change: dict[str, str]) -> None:
    problem(enrol(token, **change), 403, "enrolment_token_invalid")
    assert not Party.objects.exists()


def test_the_new_key_itself_must_sign_the_request(token: str) -> None:
    problem(enrol(token, signer=Keys("lin")), 422, "key_invalid")


def test_the_ethereum_key_must_sign_for_the_others(token: str) -> None:
    signature = Keys("lin").enrolment_signature()
    problem(enrol(token, eth_signature=signature), 422, "eth_signature_invalid")


def test_a_low_order_sealing_key_is_refused(token: str) -> None:
    assert problem(enrol(token, sealing_key="0x" + "00" * 32), 422, "key_invalid")["field"] == "sealing_key"


def test_keys_of_another_party_are_refused(token: str, bank_organisation: Organisation) -> None:
    enrol(token)
    second = enrolment_token_issue(organisation=bank_organisation, kind=PartyKind.CONNECTOR)
    problem(enrol(second), 409, "party_exists")
    assert EnrolmentToken.objects.filter(used_at__isnull=True).count() == 1


def test_enrolment_is_signed(token: str) -> None:
    response = Client().post("/api/v1/parties", {"token": token}, content_type="application/json")
    problem(response, 401, "signature_missing")


@pytest.mark.parametrize("key_id", ["mei", MEI.signing_key.upper(), MEI.signing_key[:-2]])
def test_the_key_id_of_an_enrolment_is_the_new_key(db: None, key_id: str) -> None:
    response = signed_call(Client(), MEI, key_id, "POST", "/parties", body={})
    problem(response, 401, "signature_invalid")


def test_parties_are_looked_up_by_organisation_and_kind(owner: Actor, bank: Actor, consumer: Actor) -> None:
    def names(query: str) -> list[str]:
        return [entry["name"] for entry in json.loads(owner.get(f"/parties{query}").content)["items"]]

    assert names("") == ["owner", "bank", "consumer"]
    assert names("?kind=connector") == ["owner", "bank"]
    assert names("?kind=connector&organisation=bank") == ["bank"]
    problem(owner.get("/parties?kind=king"), 422, "request_invalid")
    problem(owner.get("/parties?sort=name"), 422, "request_invalid")


def test_a_party_that_does_not_exist(owner: Actor) -> None:
    problem(owner.get("/parties/00000000-0000-0000-0000-000000000001"), 404, "party_unknown")


@pytest.fixture
def parties(tmp_path: Path) -> Path:
    """A demonstration with two parties."""
    path = tmp_path / "parties.toml"
    path.write_text(
        "\n".join(
            f'[[parties]]\nparty = "{name}"\nkind = "{kind}"\n'
            f'organisation = {{ slug = "{name}", name = "{name}", name_zh = "{name}" }}'
            for name, kind in (("bank", "connector"), ("cloud", "node"))
        )
    )
    return path


def test_the_demonstration_is_seeded_once(db: None, tmp_path: Path, parties: Path) -> None:
    path = tmp_path / "tokens.json"
    call_command("seed_demo", parties=parties, tokens=path)
    tokens = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kinds = {name: (entry["organisation"], entry["kind"]) for name, entry in tokens.items()}
    assert kinds == {"bank": ("bank", "connector"), "cloud": ("cloud", "node")}
    assert enrol(tokens["bank"]["token"]).status_code == 201
    call_command("seed_demo", parties=parties, tokens=path)
    assert json.loads(path.read_text()) == tokens
    assert EnrolmentToken.objects.count() == 2


def test_expired_tokens_of_the_demonstration_are_issued_anew(db: None, tmp_path: Path, parties: Path) -> None:
    path = tmp_path / "tokens.json"
    call_command("seed_demo", parties=parties, tokens=path)
    tokens = json.loads(path.read_text())
    EnrolmentToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    call_command("seed_demo", parties=parties, tokens=path)
    assert not {e["token"] for e in json.loads(path.read_text()).values()} & {
        e["token"] for e in tokens.values()
    }


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_holds_something_else_is_left_alone(
    db: None, tmp_path: Path, parties: Path, text: str
) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    with pytest.raises(CommandError, match="move it away"):
        call_command("seed_demo", parties=parties, tokens=path)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["parties = 1", "[[parties]]", '[[parties]]\nparty = "x"\nkind = "king"'])
def test_a_malformed_list_of_parties_is_refused(db: None, tmp_path: Path, text: str) -> None:
    path = tmp_path / "parties.toml"
    path.write_text(text)
    with pytest.raises(CommandError, match="does not list parties"):
        call_command("seed_demo", parties=path, tokens=tmp_path / "tokens.json")
