"""The base of every error that a caller may see. Each app's errors.py derives from it.

A class fixes `code` (stable, in docs/api.md), `status` and `title`; an instance says in `detail` what
happened and why, in `remedy` what to do, and carries machine-readable `context`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

__all__ = [
    "ApiKeyInvalid",
    "ApiKeyScopeMissing",
    "BodyMalformed",
    "BodyTooLarge",
    "DomainError",
    "IdempotencyKeyMissing",
    "IdempotencyKeyReused",
    "NonceReplayed",
    "PartyInactive",
    "PartyKindWrong",
    "RateLimited",
    "RequestInFlight",
    "RequestInvalid",
    "SignatureExpired",
    "SignatureInvalid",
    "SignatureMissing",
    "Unauthenticated",
]


class DomainError(Exception):
    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY
    title: ClassVar[str] = "The request cannot be done"
    remedy: str = "Correct what the detail names and send the request again."
    retry_after_seconds: int | None = None

    def __init__(self, detail: str, *, remedy: str | None = None, **context: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.context = context
        if remedy is not None:
            self.remedy = remedy


class Unauthenticated(DomainError):
    status = HTTPStatus.UNAUTHORIZED
    title = "The request is not signed by an active party"


class SignatureMissing(Unauthenticated):
    code = "signature_missing"
    remedy = "Sign the request as docs/api.md describes (RFC 9421, Ed25519, label sig1)."


class SignatureInvalid(Unauthenticated):
    code = "signature_invalid"
    remedy = "Sign exactly the bytes that are sent, with the key that the party enrolled."


class SignatureExpired(Unauthenticated):
    code = "signature_expired"
    remedy = "Set the clock (NTP) and sign the request when it is sent."


class NonceReplayed(Unauthenticated):
    code = "nonce_replayed"
    remedy = "Sign each request, repeated ones too, with a fresh nonce."


class PartyInactive(Unauthenticated):
    code = "party_inactive"
    remedy = "Ask the market's operator why the party was deactivated."


class ApiKeyInvalid(Unauthenticated):
    code = "api_key_invalid"
    title = "The API key is not in force"
    remedy = "Use a key that is neither expired nor revoked; GET /api-keys, signed, lists them."


class ApiKeyScopeMissing(DomainError):
    """`scope` is what it would take; none for a call that writes."""

    code = "api_key_scope_missing"
    status = HTTPStatus.FORBIDDEN
    title = "The API key does not reach so far"
    remedy = "Issue a key with the scope that `scope` names; calls that write are signed by the party itself."


class PartyKindWrong(DomainError):
    code = "party_kind_wrong"
    status = HTTPStatus.FORBIDDEN
    title = "This is not for a party of this kind"
    remedy = "Send the request as the party whose matter it is."


class RateLimited(DomainError):
    """`policy` names the allowance: that of the party, or of the network address."""

    code = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"
    remedy = "Wait as long as Retry-After says; poll less often, and use the long poll of POST /leases."

    def __init__(self, detail: str, *, retry_after_seconds: int, policy: str) -> None:
        super().__init__(detail, policy=policy)
        self.retry_after_seconds = retry_after_seconds


class RequestInvalid(DomainError):
    """Fields are missing or of the wrong form; `errors` lists each with its path."""

    code = "request_invalid"
    title = "The request's body or query is not as the API describes"
    remedy = "Correct the fields that `errors` names; docs/openapi.yaml has their forms."


class BodyMalformed(DomainError):
    code = "body_malformed"
    status = HTTPStatus.BAD_REQUEST
    title = "The body is not a JSON object"
    remedy = "Send one JSON object in UTF-8, without duplicate keys, NaN or fractions."


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The body is larger than this call allows"
    remedy = "Send less; bytes of shares and results go through POST /blobs."


class IdempotencyKeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = HTTPStatus.BAD_REQUEST
    title = "This call needs an Idempotency-Key"
    remedy = "Send an Idempotency-Key header of 1 to 128 printable characters, new for each new wish."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    remedy = "Use a new key for a new wish, or send the first request's body again."


class RequestInFlight(DomainError):
    code = "request_in_flight"
    status = HTTPStatus.CONFLICT
    title = "The same request is being worked on"
    remedy = "Wait a second and send it again; its answer will be the first one's."
    retry_after_seconds = 1
