"""Signed requests as DRF authentication. After it `request.user` is a PartyPrincipal.

A request without signature headers stays anonymous, for the open calls; all others are refused by the
permission. A signature that is there must be right, on open calls too.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from marketplace.accounts.domain import secret_hash
from marketplace.accounts.models import ApiKey, Party
from marketplace.rest.errors import (
    ApiKeyInvalid,
    ApiKeyScopeMissing,
    BodyTooLarge,
    DomainError,
    NonceReplayed,
    PartyInactive,
    SignatureExpired,
    SignatureInvalid,
    SignatureMissing,
    Unauthenticated,
)
from marketplace.rest.httpsig import HttpSignatureError, RequestSignature, check_body_digest, parse_signature
from marketplace.rest.models import RequestNonce
from marketplace.rest.ratelimit import charge_address

__all__ = [
    "ApiKeyAuthentication",
    "NewKeyAuthentication",
    "PartyPrincipal",
    "SignedRequestAuthentication",
    "SignedStreamAuthentication",
    "request_party",
]

SEEN_EVERY = timedelta(seconds=10)
_ERRORS: dict[str, type[DomainError]] = {
    error.code: error for error in (SignatureMissing, SignatureInvalid, SignatureExpired)
}


class PartyPrincipal:
    """What DRF calls the user: the party that signed."""

    is_authenticated = True
    is_active = True

    def __init__(self, party: Party) -> None:
        self.party = party
        self.pk = party.pk

    def __str__(self) -> str:
        return str(self.party)


class SignedRequestAuthentication(BaseAuthentication):
    """A party's signature over the request, its body included (read into memory, up to MAX_JSON_BYTES)."""

    is_body_checked = True

    def authenticate(self, request: Request) -> tuple[PartyPrincipal, RequestSignature] | None:
        if "Signature" not in request.headers and "Signature-Input" not in request.headers:
            return None
        try:
            signature = self._parse(request)
            party = self._party(signature.key_id)
            self._check(request, signature, public_key=bytes.fromhex(party.signing_key[2:]))
            if not party.is_active:
                raise PartyInactive(f"party {party.id} was deactivated")
        except Unauthenticated:
            charge_address(request)  # who guesses is slowed down
            raise
        _note_seen(party)
        return PartyPrincipal(party), signature

    def authenticate_header(self, request: Request) -> str:
        return 'Signature realm="hengsuan"'

    def _parse(self, request: Request) -> RequestSignature:
        if self.is_body_checked and _content_length(request) > settings.MAX_JSON_BYTES:
            raise BodyTooLarge(
                f"the body has {_content_length(request)} bytes; this call takes {settings.MAX_JSON_BYTES}",
                limit_bytes=settings.MAX_JSON_BYTES,
            )
        try:
            return parse_signature(headers=request.headers, has_body=self._has_body(request))
        except HttpSignatureError as error:
            raise _ERRORS[error.code](error.detail) from error

    def _check(self, request: Request, signature: RequestSignature, *, public_key: bytes) -> None:
        """Cheap checks first; the nonce is stored last, so that only the key's owner can use it up."""
        try:
            signature.check_time(now=time.time(), window_seconds=settings.SIGNATURE_WINDOW_SECONDS)
            signature.verify(
                public_key=public_key,
                method=request.method or "",
                path=quote(request.path, safe="/:@!$&'()*+,;=~-._"),
                query=request.META.get("QUERY_STRING", ""),
                headers=request.headers,
            )
            if self.is_body_checked and "content-digest" in signature.covered:
                check_body_digest(headers=request.headers, digest=hashlib.sha256(request.body).digest())
        except HttpSignatureError as error:
            raise _ERRORS[error.code](error.detail) from error
        try:
            with transaction.atomic():
                RequestNonce.objects.create(key_id=signature.key_id, nonce=signature.nonce)
        except IntegrityError:
            raise NonceReplayed("a request with this nonce has been accepted before") from None

    def _has_body(self, request: Request) -> bool:
        return bool(request.body) if self.is_body_checked else True

    @staticmethod
    def _party(key_id: str) -> Party:
        try:
            return Party.objects.select_related("organisation").get(id=uuid.UUID(key_id))
        except (ValueError, Party.DoesNotExist):
            raise SignatureInvalid(f"keyid {key_id[:66]!r} is no enrolled party's id") from None


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer hsk_…`: reads only, and only what the key's scopes name. See accounts.ApiKey.

    The scope is looked for here and not in the views, so that no view can forget it.
    """

    def authenticate(self, request: Request) -> tuple[PartyPrincipal, ApiKey] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        key = ApiKey.objects.select_related("party__organisation").filter(key_hash=secret_hash(text)).first()
        if key is None or key.revoked_at is not None or key.expires_at <= timezone.now():
            charge_address(request)
            raise ApiKeyInvalid("the API key is unknown, expired or revoked")
        if not key.party.is_active:
            raise PartyInactive(f"party {key.party_id} was deactivated")
        _check_scope(request, key)
        is_due = Q(last_used_at__isnull=True) | Q(last_used_at__lt=timezone.now() - SEEN_EVERY)
        ApiKey.objects.filter(is_due, id=key.id).update(last_used_at=timezone.now())
        return PartyPrincipal(key.party), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="hengsuan"'


def _check_scope(request: Request, key: ApiKey) -> None:
    if request.method not in SAFE_METHODS:
        raise ApiKeyScopeMissing("an API key reads; this call writes", scope=None)
    scope = request.path.removeprefix("/api/v1/").partition("/")[0]
    if scope not in key.scopes:
        raise ApiKeyScopeMissing(f"the API key {key.name!r} has no scope {scope!r}", scope=scope)


class SignedStreamAuthentication(SignedRequestAuthentication):
    """For large bodies: the signature must cover Content-Digest, and the view compares it while it reads.

    After the last byte the view calls `httpsig.check_body_digest(headers=..., digest=...)`.
    """

    is_body_checked = False


class NewKeyAuthentication(SignedRequestAuthentication):
    """For enrolment: signed by a key that no party has yet, with keyid = `0x` hex of that key.

    `request.auth.key_id` is the proven key; the user stays anonymous.
    """

    def authenticate(self, request: Request) -> tuple[None, RequestSignature]:  # type: ignore[override]
        signature = self._parse(request)
        try:
            public_key = bytes.fromhex(signature.key_id.removeprefix("0x"))
        except ValueError:
            public_key = b""
        if signature.key_id != f"0x{public_key.hex()}" or len(public_key) != 32:
            raise SignatureInvalid("keyid must be the new signing key, 32 bytes of lower-case 0x hex")
        self._check(request, signature, public_key=public_key)
        return None, signature


def request_party(request: Request) -> Party:
    """The party that signed. Raises SignatureMissing if nobody did."""
    if isinstance(request.user, PartyPrincipal):
        return request.user.party
    raise SignatureMissing("this call is for enrolled parties; the request is not signed")


def _content_length(request: Request) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _note_seen(party: Party) -> None:
    now = timezone.now()
    is_due = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=now - SEEN_EVERY)
    Party.objects.filter(is_due, id=party.id).update(last_seen_at=now)
