"""Requests to the market: signed by the party's key, and repeated while the market does not answer."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from nacl.signing import SigningKey

from marketplace.rest.httpsig import sign_request
from scheduler.agents.errors import MarketUnavailable, Problem
from scheduler.agents.logs import logger
from scheduler.agents.transport import Backoff, RequestSigner

__all__ = ["request_signer", "until_available"]

T = TypeVar("T")


def request_signer(
    signing: SigningKey, key_id: str, *, clock: Callable[[], float] = time.time
) -> RequestSigner:
    """Signs requests as docs/api.md demands, with a fresh nonce each."""

    def sign(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        return sign_request(
            method=method,
            url=url,
            body=body,
            content_type=headers.get("Content-Type"),
            key_id=key_id,
            created=int(clock()),
            nonce=base64.urlsafe_b64encode(secrets.token_bytes(18)).decode(),
            sign=lambda base: bytes(signing.sign(base).signature),
        )

    return sign


def until_available(
    call: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep, backoff: Backoff | None = None
) -> T:
    """Repeat a call while the market does not answer, for as long as it takes."""
    waits = backoff or Backoff(base_seconds=0.5, cap_seconds=30.0)
    while True:
        try:
            return call()
        except MarketUnavailable as error:
            detail = error.detail
        except Problem as error:
            if error.status < 500:
                raise
            detail = error.detail
        wait_seconds = waits.next_seconds()
        logger().warning("market_not_reached", detail=detail, wait_seconds=round(wait_seconds, 1))
        sleep(wait_seconds)
