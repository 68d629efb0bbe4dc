"""Every error that an agent raises, in one tree.

``AgentError`` carries a stable ``code``, what happened and why (``detail``) and what to do (``remedy``).
Branches: ``ConfigurationError`` (the operator of the agent must act; exit 2), ``StateError``, ``MarketError``
(the market's answer or silence; see the subclasses), ``IngestError`` (a table does not fit its schema),
``ResultError`` (a result does not open) and ``TaskRefused`` (this party will not do the task).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "AgentError",
    "BlobCorrupt",
    "ConfigurationError",
    "Conflict",
    "Forbidden",
    "IngestError",
    "LeaseLost",
    "MalformedDocument",
    "MarketError",
    "MarketUnavailable",
    "NotFound",
    "Problem",
    "RateLimited",
    "ResultError",
    "StateError",
    "TaskRefused",
    "TooLarge",
    "Unauthorised",
    "Unprocessable",
    "problem_from",
]


class AgentError(Exception):
    """Base of all errors of the agents."""

    def __init__(self, code: str, detail: str, remedy: str = "", **context: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.context = context

    def __str__(self) -> str:
        tail = f" {self.remedy}" if self.remedy else ""
        return f"{self.code}: {self.detail}{tail}"


class ConfigurationError(AgentError):
    """The configuration, a key file or an order file cannot be used as it is."""


class MalformedDocument(AgentError):
    """A document (configuration, answer, payload, receipt) does not have the declared shape."""


class StateError(AgentError):
    """The agent's state directory cannot be used: in use by another process, wrong owner, wrong mode."""


class IngestError(AgentError):
    """A table does not fit its declared schema; names row and column."""


class ResultError(AgentError):
    """The result shares do not open the result that the chain recorded."""


class TaskRefused(AgentError):
    """This party does not do the task; reported to the market with the code and, if any, the evidence."""

    def __init__(
        self,
        code: str,
        detail: str,
        remedy: str = "",
        *,
        evidence: Mapping[str, Any] | None = None,
        **context: Any,
    ) -> None:
        super().__init__(code, detail, remedy, **context)
        self.evidence = dict(evidence) if evidence is not None else None


class MarketError(AgentError):
    """Something between this agent and the market went wrong."""


class MarketUnavailable(MarketError):
    """No answer, or only 5xx, until the patience of the call was used up. Try again later."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "market_unavailable", detail, "Check the market's address; the agent tries again by itself."
        )


class BlobCorrupt(MarketError):
    """A downloaded blob or file has another size or hash than announced."""


class Problem(MarketError):
    """A problem document (RFC 9457) that the market answered with."""

    def __init__(self, status: int, code: str, detail: str, remedy: str = "", **context: Any) -> None:
        super().__init__(code, detail, remedy, **context)
        self.status = status


class Unauthorised(Problem):
    """401: signature missing, invalid, expired or replayed, or the party is inactive."""


class Forbidden(Problem):
    """403."""


class NotFound(Problem):
    """404."""


class Conflict(Problem):
    """409."""


class LeaseLost(Conflict):
    """409 ``lease_lost``: the fencing token is stale, the task is in other hands."""


class TooLarge(Problem):
    """413."""


class Unprocessable(Problem):
    """422: understood, but wrong; ``code`` says how."""


class RateLimited(Problem):
    """429, after the retries were used up."""


_BY_STATUS: dict[int, type[Problem]] = {
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Unprocessable,
    429: RateLimited,
}


def problem_from(status: int, document: Mapping[str, Any]) -> Problem:
    """The typed error of a problem document; unknown statuses and missing members are tolerated."""
    code = str(document.get("code") or f"http_{status}")
    kind = LeaseLost if code == "lease_lost" else _BY_STATUS.get(status, Problem)
    known = {"type", "title", "status", "code", "detail", "remedy", "instance"}
    context = {key: value for key, value in document.items() if key not in known and key.isidentifier()}
    detail = str(document.get("detail") or document.get("title") or f"the market answered {status}")
    error = kind(status, code, detail, str(document.get("remedy") or ""))
    error.context = context
    return error
