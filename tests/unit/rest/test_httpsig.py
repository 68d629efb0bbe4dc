"""RFC 9421 signatures: against themselves and against an independent implementation."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from marketplace.rest.httpsig import (
    HttpSignatureError,
    check_body_digest,
    content_digest,
    parse_signature,
    sign_request,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
NONCE = "AAAAAAAAAAAAAAAAAAAAAAAA"
URL = "http://market.test/api/v1/jobs?limit=5&cursor=a%3D"
BODY = b'{"a":1}'


def signed(**changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "body": BODY,
        "content_type": "application/json",
        "key_id": "party-1",
        "created": 1_000,
        "nonce": NONCE,
        "sign": KEY.sign,
    }
    return sign_request(**{**values, **changes})


def checked(headers: dict[str, str], **changes: Any) -> None:
    values: dict[str, Any] = {
        "method": "POST",
        "path": "/api/v1/jobs",
        "query": "limit=5&cursor=a%3D",
        "headers": headers,
        "public_key": PUBLIC,
    }
    parse_signature(headers=headers, has_body=True).verify(**{**values, **changes})


def test_a_signed_request_is_accepted() -> None:
    checked(signed())
    check_body_digest(headers=signed(), digest=hashlib.sha256(BODY).digest())


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/api/v1/orders"},
        {"query": "limit=6&cursor=a%3D"},
        {"query": ""},
        {"public_key": b"\x01" * 32},
    ],
)
def test_a_request_that_differs_from_the_signed_one_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(HttpSignatureError) as refused:
        checked(signed(), **change)
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize(
    "change", [{"Content-Type": "text/plain"}, {"Content-Digest": content_digest(b"other")}]
)
def test_a_covered_header_that_was_changed_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(HttpSignatureError) as refused:
        checked({**signed(), **change})
    assert refused.value.code == "signature_invalid"


def test_another_body_than_the_digest_s_is_refused() -> None:
    for headers in (signed(), {}, {"Content-Digest": "sha-256=1"}, {"Content-Digest": "sha-512=:AA==:"}):
        with pytest.raises(HttpSignatureError):
            check_body_digest(headers=headers, digest=hashlib.sha256(b"other").digest())


def with_input(text: str) -> dict[str, str]:
    return {**signed(), "Signature-Input": text}


COVERED = '("@method" "@path" "@query" "content-digest" "content-type")'
PARAMETERS = f';created=1000;nonce="{NONCE}";keyid="party-1"'


@pytest.mark.parametrize(
    "text",
    [
        "sig1=1",
        "sig1=",
        'sig1=("@method" "@path" "@query")' + PARAMETERS,
        'sig1=("@method" "@path" "content-digest" "content-type")' + PARAMETERS,
        'sig1=("@method" "@method" "@path" "@query" "content-digest" "content-type")' + PARAMETERS,
        'sig1=("@method";req "@path" "@query" "content-digest" "content-type")' + PARAMETERS,
        'sig1=("@method" "@path" "@query" "content-digest" "content-type" "host")' + PARAMETERS,
        f"sig1={COVERED}",
        f'sig1={COVERED};nonce="{NONCE}";keyid="party-1"',
        f'sig1={COVERED};created="1000";nonce="{NONCE}";keyid="party-1"',
        f'sig1={COVERED};created=1000;nonce="short";keyid="party-1"',
        f'sig1={COVERED};created=1000;nonce="{NONCE}"',
        f'sig1={COVERED}{PARAMETERS};alg="hmac-sha256"',
        f'sig1={COVERED}{PARAMETERS};extra="x"',
    ],
)
def test_a_signature_outside_of_the_profile_is_refused(text: str) -> None:
    with pytest.raises(HttpSignatureError) as refused:
        parse_signature(headers=with_input(text), has_body=True)
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize(
    "headers", [{}, {"Signature": "sig1=:AA==:"}, {"Signature": "x=:AA==:", "Signature-Input": "x=()"}]
)
def test_a_request_without_sig1_is_unsigned(headers: dict[str, str]) -> None:
    with pytest.raises(HttpSignatureError) as refused:
        parse_signature(headers=headers, has_body=False)
    assert refused.value.code == "signature_missing"


@pytest.mark.parametrize("now", [1_000 - 61, 1_000 + 61])
def test_outside_of_the_window_a_signature_has_expired(now: int) -> None:
    signature = parse_signature(headers=signed(), has_body=True)
    signature.check_time(now=1_060, window_seconds=60)
    with pytest.raises(HttpSignatureError) as refused:
        signature.check_time(now=now, window_seconds=60)
    assert refused.value.code == "signature_expired"


def test_a_signature_may_expire_before_the_window_does() -> None:
    text = f"sig1={COVERED}{PARAMETERS};expires=1010"
    signature = parse_signature(headers=with_input(text), has_body=True)
    signature.check_time(now=1_010, window_seconds=60)
    with pytest.raises(HttpSignatureError):
        signature.check_time(now=1_011, window_seconds=60)


def test_a_body_needs_a_content_type_to_be_signed() -> None:
    with pytest.raises(ValueError, match="content type"):
        signed(content_type=None)


class Keys(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def resolve_public_key(self, key_id: str) -> Any:
        return KEY.public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        return KEY


@dataclass
class Message:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def test_an_independent_implementation_accepts_what_is_signed_here() -> None:
    now = int(datetime.datetime.now(datetime.UTC).timestamp())
    message = Message("POST", URL, signed(created=now))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    [result] = verifier.verify(message, body=BODY)
    assert result.parameters["keyid"] == "party-1"


def test_what_an_independent_implementation_signs_is_accepted_here() -> None:
    message = Message(
        "POST", URL, {"Content-Type": "application/json", "Content-Digest": content_digest(BODY)}
    )
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    signer.sign(
        message,
        key_id="party-1",
        nonce=NONCE,
        label="sig1",
        covered_component_ids=("content-type", "@query", "@path", "@method", "content-digest"),
        use_existing_digest=True,
    )
    checked(message.headers)
