"""The cast: parties with real keys, and a client that signs their requests.

owner (connector of the operator), bank (connector), consumer, outsider (a consumer who is party to nothing),
node. `anonymous` signs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.http import HttpResponse
from django.test import Client
from eth_account import Account
from eth_account.messages import encode_defunct
from nacl.public import PrivateKey

from marketplace.accounts.models import Organisation, Party
from marketplace.rest.httpsig import sign_request
from marketplace.signing.eip712 import Eip712Domain, TypedMessage

API = "/api/v1"


@dataclass
class Keys:
    """All keys of one party, the same in every run."""

    name: str
    eth: Any = field(init=False)
    ed25519: Ed25519PrivateKey = field(init=False)
    signing_key: str = field(init=False)
    sealing_key: str = field(init=False)

    def __post_init__(self) -> None:
        self.eth = Account.from_key(self._seed("eth"))
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(self._seed("ed25519"))
        public = self.ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.signing_key = "0x" + public.hex()
        self.sealing_key = "0x" + bytes(PrivateKey(self._seed("x25519")).public_key).hex()

    def enrolment_signature(self) -> str:
        text = f"hengsuan enrol {self.signing_key} {self.sealing_key}"
        return "0x" + bytes(self.eth.sign_message(encode_defunct(text=text)).signature).hex()

    def _seed(self, purpose: str) -> bytes:
        return hashlib.sha256(f"test {self.name} {purpose}".encode()).digest()


@dataclass
class Actor:
    """A party with its keys; calls the API with signed requests."""

    keys: Keys
    party: Party
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def address(self) -> str:
        return str(self.keys.eth.address)

    def sign(self, message: TypedMessage, domains: dict[str, Eip712Domain]) -> str:
        return message.sign(domains[message.CONTRACT], bytes(self.keys.eth.key))

    def get(self, path: str, **options: Any) -> HttpResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> HttpResponse:
        return self.call("POST", path, body=body, **options)

    def call(self, method: str, path: str, *, body: Any = None, **options: Any) -> HttpResponse:
        return signed_call(self.client, self.keys, str(self.party.id), method, path, body=body, **options)


def signed_call(
    client: Client,
    keys: Keys,
    key_id: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    created: int | None = None,
    nonce: str | None = None,
    idempotency_key: str | None = None,
    headers: dict[str, str] | None = None,
    sent_body: bytes | None = None,
    sent_path: str | None = None,
    raw: bytes | None = None,
) -> HttpResponse:
    """One request; `raw` is signed and sent in place of `body`, `sent_…` where it differs from the signed."""
    if raw is None:
        raw = b"" if body is None else json.dumps(body).encode()
    url = f"http://testserver{API}{path}"
    signature = sign_request(
        method=method,
        url=url,
        body=raw,
        content_type="application/json" if raw else None,
        key_id=key_id,
        created=int(time.time()) if created is None else created,
        nonce=new_nonce() if nonce is None else nonce,
        sign=keys.ed25519.sign,
    )
    signature.pop("Content-Type", None)
    extra = {**signature, **(headers or {})}
    if idempotency_key is not None:
        extra["Idempotency-Key"] = idempotency_key
    return client.generic(
        method,
        f"{API}{sent_path or path}",
        raw if sent_body is None else sent_body,
        content_type="application/json",
        headers=extra,
    )


def new_nonce() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(18)).decode()


def actor(name: str, kind: str, organisation: str) -> Actor:
    """A party that is enrolled, without going through enrolment."""
    keys = Keys(name)
    home, _ = Organisation.objects.get_or_create(
        slug=organisation, defaults={"name": organisation.title(), "name_zh": organisation}
    )
    party, _ = Party.objects.get_or_create(
        eth_address=str(keys.eth.address),
        defaults={
            "organisation": home,
            "kind": kind,
            "name": name,
            "signing_key": keys.signing_key,
            "sealing_key": keys.sealing_key,
        },
    )
    return Actor(keys, party)


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refused request; fails unless it is whole and is this one."""
    document: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response.headers["Content-Type"] == "application/problem+json"
    assert document["status"] == status
    for name in ("type", "title", "detail", "remedy", "instance"):
        assert document[name], name
    return document
