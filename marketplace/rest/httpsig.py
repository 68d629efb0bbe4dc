"""RFC 9421 signatures of requests, in the profile of docs/api.md. No Django: agents sign with this module.

Profile: label `sig1`, Ed25519, covering `@method`, `@path`, `@query` and, with a body, `content-digest`
(sha-256, RFC 9530) and `content-type`; parameters `created`, `nonce` (at least 16 bytes, base64url), `keyid`.
Clock, nonce and key are passed in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import http_sf
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = [
    "HttpSignatureError",
    "RequestSignature",
    "check_body_digest",
    "content_digest",
    "parse_signature",
    "sign_request",
]

LABEL = "sig1"
ALWAYS_COVERED = ("@method", "@path", "@query")
COVERED_WITH_BODY = ("content-digest", "content-type")
MAY_BE_COVERED = frozenset({*ALWAYS_COVERED, *COVERED_WITH_BODY, "idempotency-key"})
MIN_NONCE_BYTES = 16
MAX_NONCE_CHARACTERS = 128

_NONCE = re.compile(r"[A-Za-z0-9_-]+={0,2}\Z")


class HttpSignatureError(Exception):
    """The request may not be trusted. `code`: signature_missing, signature_invalid or signature_expired."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RequestSignature:
    """A parsed signature; nothing of it is proven until `verify` has returned."""

    key_id: str
    nonce: str
    created: int
    expires: int | None
    covered: tuple[str, ...]
    parameters_text: str
    signature: bytes

    def check_time(self, *, now: float, window_seconds: int) -> None:
        """Raise signature_expired unless `created` is within the window around `now` (unix seconds)."""
        if abs(now - self.created) > window_seconds or (self.expires is not None and self.expires < now):
            raise HttpSignatureError(
                "signature_expired",
                f"the signature was made at {self.created}, which is more than {window_seconds} s from the "
                f"market's clock ({int(now)}), or it has expired",
            )

    def verify(
        self, *, public_key: bytes, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> None:
        """Raise signature_invalid unless the Ed25519 key signed exactly this request."""
        base = _signature_base(
            method=method,
            path=path,
            query=query,
            headers=_lower(headers),
            covered=self.covered,
            parameters_text=self.parameters_text,
        )
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, base)
        except (InvalidSignature, ValueError):
            raise HttpSignatureError(
                "signature_invalid", "the signature is not this key's for this method, path, query and body"
            ) from None


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    *,
    method: str,
    url: str,
    body: bytes,
    content_type: str | None,
    key_id: str,
    created: int,
    nonce: str,
    sign: Callable[[bytes], bytes],
) -> dict[str, str]:
    """The headers to add to a request; `sign` is the Ed25519 signature of a byte string.

    `content_type` must be the one that is sent; it is needed exactly if there is a body.
    """
    parts = urlsplit(url)
    headers: dict[str, str] = {}
    covered: tuple[str, ...] = ALWAYS_COVERED
    if body:
        if content_type is None:
            raise ValueError("a request with a body is signed with its content type")
        headers = {"Content-Digest": content_digest(body), "Content-Type": content_type}
        covered += COVERED_WITH_BODY
    names = " ".join(f'"{name}"' for name in covered)
    parameters_text = f'({names});created={created};nonce="{nonce}";keyid="{key_id}"'
    base = _signature_base(
        method=method,
        path=parts.path or "/",
        query=parts.query,
        headers=_lower(headers),
        covered=covered,
        parameters_text=parameters_text,
    )
    headers["Signature-Input"] = f"{LABEL}={parameters_text}"
    headers["Signature"] = f"{LABEL}=:{base64.b64encode(sign(base)).decode()}:"
    return headers


def parse_signature(*, headers: Mapping[str, str], has_body: bool) -> RequestSignature:
    """Read and check the form of `sig1`. Raises signature_missing or signature_invalid."""
    lower = _lower(headers)
    if "signature" not in lower or "signature-input" not in lower:
        raise HttpSignatureError(
            "signature_missing", "the request has no Signature and Signature-Input headers"
        )
    inputs = _dictionary(lower["signature-input"], "Signature-Input")
    signatures = _dictionary(lower["signature"], "Signature")
    if LABEL not in inputs or LABEL not in signatures:
        raise HttpSignatureError("signature_missing", f"there is no signature with the label {LABEL}")
    components, parameters = inputs[LABEL]
    covered = _covered(components)
    required = ALWAYS_COVERED + (COVERED_WITH_BODY if has_body else ())
    if lacking := [name for name in required if name not in covered]:
        raise _invalid(f"the signature does not cover {', '.join(lacking)}")
    raw_signature = signatures[LABEL][0]
    if not isinstance(raw_signature, bytes) or len(raw_signature) != 64:
        raise _invalid("an Ed25519 signature has 64 bytes")
    created, nonce, key_id, expires = _parameters(parameters)
    return RequestSignature(
        key_id=key_id,
        nonce=nonce,
        created=created,
        expires=expires,
        covered=covered,
        parameters_text=_serialised(components, parameters),
        signature=raw_signature,
    )


def check_body_digest(*, headers: Mapping[str, str], digest: bytes) -> None:
    """Raise signature_invalid unless Content-Digest names this SHA-256 (which a valid signature covers)."""
    member = _dictionary(_lower(headers).get("content-digest", ""), "Content-Digest").get("sha-256")
    claimed = member[0] if member is not None else None
    if not isinstance(claimed, bytes) or not hmac.compare_digest(claimed, digest):
        raise _invalid("the body is not the one whose Content-Digest (sha-256) was signed")


def _signature_base(
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    covered: tuple[str, ...],
    parameters_text: str,
) -> bytes:
    """RFC 9421, 2.5."""
    derived = {"@method": method.upper(), "@path": path, "@query": f"?{query}"}
    lines = []
    for name in covered:
        value = derived.get(name, headers.get(name))
        if value is None:
            raise _invalid(f"the signature covers {name}, but the request has no such header")
        if "\n" in value or "\r" in value:
            raise _invalid(f"{name} contains a line break")
        lines.append(f'"{name}": {value.strip()}')
    lines.append(f'"@signature-params": {parameters_text}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise _invalid("a covered component is not ASCII") from None


def _covered(components: Any) -> tuple[str, ...]:
    if not isinstance(components, list):
        raise _invalid("Signature-Input is not a list of covered components")
    names = []
    for name, parameters in components:
        if not isinstance(name, str) or name not in MAY_BE_COVERED or parameters:
            raise _invalid(f"{name!r} with parameters {parameters!r} cannot be covered here")
        names.append(name)
    if len(set(names)) != len(names):
        raise _invalid("a component is covered twice")
    return tuple(names)


def _parameters(parameters: Mapping[str, Any]) -> tuple[int, str, str, int | None]:
    if unknown := parameters.keys() - {"created", "expires", "nonce", "keyid", "alg"}:
        raise _invalid(f"unknown signature parameters {', '.join(sorted(unknown))}")
    created, nonce, key_id = (parameters.get(name) for name in ("created", "nonce", "keyid"))
    expires = parameters.get("expires")
    if type(created) is not int or (expires is not None and type(expires) is not int):
        raise _invalid("created and expires are unix times, and created is required")
    if parameters.get("alg", "ed25519") != "ed25519":
        raise _invalid("the algorithm must be ed25519")
    if not isinstance(key_id, str) or not key_id:
        raise _invalid("keyid is missing")
    if not isinstance(nonce, str) or _decoded_length(nonce) < MIN_NONCE_BYTES:
        raise _invalid(f"the nonce must be at least {MIN_NONCE_BYTES} bytes of base64url")
    return created, nonce, key_id, expires


def _decoded_length(nonce: str) -> int:
    if len(nonce) > MAX_NONCE_CHARACTERS or not _NONCE.match(nonce):
        return 0
    try:
        return len(base64.urlsafe_b64decode(nonce.rstrip("=") + "=" * (-len(nonce.rstrip("=")) % 4)))
    except binascii.Error:
        return 0


def _dictionary(value: str, header: str) -> dict[str, Any]:
    try:
        parsed: Any = http_sf.parse(value.encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeEncodeError):
        raise _invalid(f"{header} is not a structured field (RFC 9651)") from None
    return dict(parsed)


def _serialised(components: Any, parameters: Any) -> str:
    """The canonical text of the inner list; signer and verifier must agree on it (RFC 9421, 2.3)."""
    return str(http_sf.ser({LABEL: (components, parameters)})).removeprefix(f"{LABEL}=")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _invalid(detail: str) -> HttpSignatureError:
    return HttpSignatureError("signature_invalid", detail)
