"""One HTTP call to the market: signed, retried, with problem documents turned into typed errors.

Retried are connection errors, 5xx, 409 ``request_in_flight`` and 429 (honouring ``Retry-After``), with
exponential backoff and full jitter, until the patience of the call is used up; every try is signed anew,
because a nonce is good for one request. Clock, sleep and randomness are passed in.
"""

from __future__ import annotations

import json as json_module
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from scheduler.agents.errors import MalformedDocument, MarketUnavailable, problem_from

__all__ = ["Backoff", "RequestSigner", "Transport"]

JSON = "application/json"
OCTETS = "application/octet-stream"


class RequestSigner(Protocol):
    """Returns the headers that sign one request (RFC 9421)."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]: ...


@dataclass
class Backoff:
    """Waiting times: full jitter between 0 and min(cap, base·2^tries) seconds."""

    base_seconds: float = 0.25
    cap_seconds: float = 15.0
    uniform: Callable[[float, float], float] = field(default=random.uniform)
    tries: int = 0

    def next_seconds(self) -> float:
        """The next wait; each call lengthens the one after it."""
        ceiling = min(self.cap_seconds, self.base_seconds * 2 ** min(self.tries, 16))
        self.tries += 1
        return self.uniform(0.0, ceiling)

    def reset(self) -> None:
        """Start over after a success."""
        self.tries = 0


class Transport:
    """Calls under one base address. Safe for use by several threads."""

    def __init__(
        self,
        base_url: str,
        *,
        signer: RequestSigner | None = None,
        http: httpx.Client | None = None,
        patience_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.signer = signer
        self._http = http or httpx.Client(timeout=httpx.Timeout(30.0, connect=5.0), trust_env=False)
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._sleep = sleep
        self._uniform = uniform

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        signed: bool = True,
        patience_seconds: float | None = None,
        timeout_seconds: float | None = None,
    ) -> httpx.Response:
        """The successful answer. Raises a ``Problem`` subclass for 4xx, MarketUnavailable when patience
        is used up.

        ``path`` begins at the base address, or is an absolute path that the market itself gave.
        """
        headers, body = _headers_and_body(json, content, idempotency_key)
        url = str(httpx.URL(self._url(path), params=_clean(query)) if query else httpx.URL(self._url(path)))
        patience = self._patience_seconds if patience_seconds is None else patience_seconds
        gives_up_at = self._clock() + patience
        backoff = Backoff(uniform=self._uniform)
        while True:
            failure, wait_seconds = "", backoff.next_seconds()
            try:
                response = self._send(method, url, headers, body, signed, timeout_seconds)
            except httpx.HTTPError as error:
                failure = f"{method} {path}: {type(error).__name__} {error}".strip()
            else:
                if response.status_code == 429:
                    wait_seconds = max(wait_seconds, _retry_after(response))
                elif response.status_code < 500 and not _is_in_flight(response):
                    return _checked(response)
                failure = f"{method} {path}: the market answered {response.status_code}"
                if response.status_code == 429 and self._clock() + wait_seconds > gives_up_at:
                    return _checked(response)
            if self._clock() + wait_seconds > gives_up_at:
                raise MarketUnavailable(failure)
            self._sleep(wait_seconds)

    def get_json(self, path: str, **options: Any) -> Any:
        """GET, decoded."""
        return _decoded(self.call("GET", path, **options))

    def post_json(self, path: str, body: Any, **options: Any) -> Any:
        """POST JSON, decoded; None for 204."""
        response = self.call("POST", path, json=body, **options)
        return None if response.status_code == 204 else _decoded(response)

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        signed: bool,
        timeout: float | None,
    ) -> httpx.Response:
        sent = dict(headers)
        if signed and self.signer is not None:
            sent.update(self.signer(method, url, headers, body))
        options: dict[str, Any] = {} if timeout is None else {"timeout": httpx.Timeout(timeout, connect=5.0)}
        return self._http.request(method, url, headers=sent, content=body or None, **options)

    def _url(self, path: str) -> str:
        """Paths of docs/api.md, absolute paths and links of the market's answers; never another host."""
        if path.startswith(("/api/", "http://", "https://")):
            given = httpx.URL(path)
            return str(httpx.URL(self.base_url).copy_with(raw_path=given.raw_path))
        return f"{self.base_url}/api/v1{path}"


def _headers_and_body(
    json: Any, content: bytes | None, idempotency_key: str | None
) -> tuple[dict[str, str], bytes]:
    headers, body = {"Accept": "*/*"}, b""
    if content is not None:
        headers, body = {"Content-Type": OCTETS, "Accept": JSON}, content
    elif json is not None:
        headers = {"Content-Type": JSON, "Accept": JSON}
        body = json_module.dumps(json, separators=(",", ":"), ensure_ascii=False).encode()
    if idempotency_key is not None:
        headers["Idempotency-Key"] = idempotency_key
    return headers, body


def _clean(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (query or {}).items() if value is not None}


def _is_in_flight(response: httpx.Response) -> bool:
    """An earlier try of the same idempotency key is still being worked on; its answer comes soon."""
    return response.status_code == 409 and b'"request_in_flight"' in response.content


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _checked(response: httpx.Response) -> httpx.Response:
    if response.status_code < 400:
        return response
    try:
        document = response.json()
    except ValueError:
        document = {}
    raise problem_from(response.status_code, document if isinstance(document, dict) else {})


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise MalformedDocument(
            "answer_not_json",
            f"{response.request.method} {response.request.url.path} was not answered with JSON.",
            "Check that the address is a market's.",
        ) from None
