"""The base of every error that a caller may see. Each app's errors.py derives from it.

A class fixes `code` (stable, in docs/api.md), `status` and `title`; an instance says in `detail` what
happened and why, in `remedy` what to do, and carries machine-readable `context`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

__all__ = ["DomainError"]


class DomainError(Exception):
    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY
    title: ClassVar[str] = "The request cannot be done"
    remedy: str = "Correct what the detail names and send the request again."

    def __init__(self, detail: str, *, remedy: str | None = None, **context: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.context = context
        if remedy is not None:
            self.remedy = remedy
