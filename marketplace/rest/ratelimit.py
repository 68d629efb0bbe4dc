"""Rate limits: each signed party, and each address that calls unsigned, has an allowance that refills.

The generic cell rate algorithm (ITU-T I.371) in one row of PostgreSQL, so that all web processes share it:
`full_at` is when the allowance will be whole again, and every request moves it on by one interval. Answers
carry `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), a refusal `Retry-After`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from marketplace.rest.errors import RateLimited

if TYPE_CHECKING:  # rest_framework.views imports this module while it reads its settings
    from rest_framework.views import APIView

__all__ = ["Allowance", "Policy", "RateLimitHeaders", "RequestRate", "charge_address", "spend"]

_SPEND = """
INSERT INTO rest_rateallowance AS kept (key, full_at)
VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(interval)s))
ON CONFLICT (key) DO UPDATE
SET full_at = greatest(kept.full_at, clock_timestamp()) + make_interval(secs => %(interval)s)
WHERE greatest(kept.full_at, clock_timestamp()) + make_interval(secs => %(interval)s)
    <= clock_timestamp() + make_interval(secs => %(window)s)
RETURNING extract(epoch FROM full_at - clock_timestamp())
"""
_OWED = "SELECT extract(epoch FROM full_at - clock_timestamp()) FROM rest_rateallowance WHERE key = %s"


@dataclass(frozen=True)
class Policy:
    """At most `quota` requests at once, refilled over `window_seconds`."""

    name: str
    quota: int
    window_seconds: int

    @property
    def interval_seconds(self) -> float:
        """One more request is allowed each interval."""
        return self.window_seconds / self.quota


@dataclass(frozen=True)
class Allowance:
    """What is left after a request; `retry_after_seconds` is 0 if it was allowed."""

    policy: Policy
    remaining: int
    full_in_seconds: int
    retry_after_seconds: int

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        name = f'"{self.policy.name}"'
        return {
            "RateLimit-Policy": f"{name};q={self.policy.quota};w={self.policy.window_seconds}",
            "RateLimit": f"{name};r={self.remaining};t={self.full_in_seconds}",
        }


def spend(policy: Policy, whose: str) -> Allowance:
    """Take one request off the allowance, or nothing if none is left."""
    key = f"{policy.name}:{whose}"
    with connection.cursor() as cursor:
        cursor.execute(
            _SPEND, {"key": key, "interval": policy.interval_seconds, "window": float(policy.window_seconds)}
        )
        row = cursor.fetchone()
        is_allowed = row is not None
        if row is None:
            cursor.execute(_OWED, [key])
            row = cursor.fetchone() or (policy.window_seconds,)
    owed_seconds = float(row[0])
    wait_seconds = owed_seconds + policy.interval_seconds - policy.window_seconds
    return Allowance(
        policy=policy,
        remaining=max(0, int((policy.window_seconds - owed_seconds) / policy.interval_seconds + 1e-6)),
        full_in_seconds=max(0, math.ceil(owed_seconds)),
        retry_after_seconds=0 if is_allowed else max(1, math.ceil(wait_seconds)),
    )


class RequestRate(BaseThrottle):
    """DRF's throttle: by party if the request is signed, else by network address."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        party = getattr(request.user, "party", None)
        if party is None:
            charge_address(request)
        else:
            _charge(request, _policy("party"), str(party.pk))
        return True


def charge_address(request: Request) -> None:
    """For a request that nobody has proven to have signed. Raises RateLimited."""
    _charge(request, _policy("address"), _address(request))


def _charge(request: Request, policy: Policy, whose: str) -> None:
    allowance = spend(policy, whose)
    request._request.rate_allowance = allowance  # type: ignore[attr-defined]  # for RateLimitHeaders
    if allowance.retry_after_seconds:
        raise RateLimited(
            f"more than {policy.quota} requests within {policy.window_seconds} seconds",
            retry_after_seconds=allowance.retry_after_seconds,
            policy=policy.name,
        )


def _policy(name: str) -> Policy:
    quota, window_seconds = settings.RATE_LIMITS[name]
    return Policy(name, quota, window_seconds)


def _address(request: Request) -> str:
    """The caller's address; behind the operator's own proxy the last one that the proxy added."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.IS_BEHIND_TLS_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


class RateLimitHeaders:
    """Middleware: tells the caller of an API call what is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        allowance: Allowance | None = getattr(request, "rate_allowance", None)
        if allowance is not None:
            for name, value in allowance.headers().items():
                response.headers[name] = value
        return response
