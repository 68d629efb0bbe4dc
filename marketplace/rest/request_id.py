"""A request id for every request: taken from the caller if it is well-formed, else made here.

It is in each log line, in the answer's header, in each task that the request causes, and in a job that it
places; so a page, a task and a transaction can be found from one another.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bound_contextvars, get_contextvars

__all__ = ["RequestIdMiddleware", "current_request_id"]

_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _FORM.match(given) else uuid.uuid4().hex
        with bound_contextvars(request_id=request_id):
            response = self._get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


def current_request_id() -> str:
    """The id of the request or task that is being worked on; empty outside of both."""
    return str(get_contextvars().get("request_id", ""))
