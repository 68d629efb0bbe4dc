"""Idempotency-Key: a request that is sent again gets the first one's answer, and nothing happens twice.

The answer is stored in the transaction of what it reports, so there is never one without the other. While
that transaction runs, a PostgreSQL advisory lock answers "in flight"; it ends with the process, so a killed
worker leaves nothing behind. A refused request (4xx) is not stored: it may be sent again when the reason is
gone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import connection, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.models import Party
from marketplace.rest.authentication import request_party
from marketplace.rest.errors import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight
from marketplace.rest.models import IdempotencyRecord

__all__ = ["idempotent"]

P = ParamSpec("P")
ViewT = TypeVar("ViewT", bound=APIView)
_FORM = re.compile(r"[\x21-\x7e]{1,128}\Z")
_KEPT_HEADERS = ("Location",)


def idempotent(
    post: Callable[Concatenate[ViewT, Request, P], Response],
) -> Callable[Concatenate[ViewT, Request, P], Response]:
    """Decorate a view's `post`: the Idempotency-Key header is required and the body runs in a transaction."""

    @wraps(post)
    def wrapper(view: ViewT, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        party = request_party(request)
        key = request.headers.get("Idempotency-Key", "")
        if not _FORM.match(key):
            raise IdempotencyKeyMissing("the Idempotency-Key header is missing or malformed")
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            if not _try_lock(party, key):
                raise RequestInFlight(f"a request with the Idempotency-Key {key!r} is being worked on")
            record = IdempotencyRecord.objects.filter(party=party, key=key).first()
            if record is not None:
                return _replay(record, fingerprint)
            response = post(view, request, *args, **kwargs)
            _store(party, key, fingerprint, response)
            return response

    wrapper.is_idempotent = True  # type: ignore[attr-defined]  # rest.openapi documents the header
    return wrapper


def _fingerprint(request: Request) -> str:
    """Of method, path and body as the same JSON value, whatever its white space and key order."""
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return "0x" + hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _try_lock(party: Party, key: str) -> bool:
    digest = hashlib.sha256(f"idempotency {party.id} {key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _replay(record: IdempotencyRecord, fingerprint: str) -> Response:
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused(f"the Idempotency-Key {record.key!r} was used with another body")
    headers = {**record.response_headers, "Idempotency-Replayed": "true"}
    return Response(record.response_body, status=record.response_status, headers=headers)


def _store(party: Party, key: str, fingerprint: str, response: Response) -> None:
    body: Any = json.loads(JSONRenderer().render(response.data) or b"null")
    IdempotencyRecord.objects.create(
        party=party,
        key=key,
        fingerprint=fingerprint,
        response_status=response.status_code,
        response_body=body,
        response_headers={name: response[name] for name in _KEPT_HEADERS if name in response},
    )
