"""Every error as a problem document (RFC 9457): the one exception handler of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from marketplace.chain.errors import ChainError
from marketplace.rest.errors import DomainError, RequestInvalid
from marketplace.rest.request_id import current_request_id
from marketplace.signing.errors import SigningError

__all__ = ["PROBLEM_MEDIA_TYPE", "problem_document", "problem_json", "problem_of", "problem_response"]

logger = structlog.get_logger(__name__)

PROBLEM_MEDIA_TYPE = "application/problem+json"

# DRF's own errors, by their code: our code, and what to do.
_FRAMEWORK_REMEDIES = {
    "not_authenticated": ("signature_missing", "Sign the request as docs/api.md describes."),
    "authentication_failed": ("signature_invalid", "Sign the request as docs/api.md describes."),
    "permission_denied": ("permission_denied", "Send the request as the party whose matter it is."),
    "not_found": ("not_found", "Check the address and the id."),
    "method_not_allowed": ("method_not_allowed", "Use a method that the Allow header names."),
    "not_acceptable": ("not_acceptable", "Accept application/json."),
    "unsupported_media_type": ("unsupported_media_type", "Send application/json."),
    "throttled": ("rate_limited", "Wait as long as Retry-After says."),
    "parse_error": ("body_malformed", "Send one JSON object in UTF-8."),
}


def problem_document(
    *, code: str, status: int, title: str, detail: str, remedy: str, context: dict[str, Any] | None = None
) -> dict[str, Any]:
    """`instance` names the request: its id is in every log line that it caused."""
    return {
        **(context or {}),
        "type": f"{settings.PROBLEM_TYPE_BASE}{code}",
        "title": title,
        "status": int(status),
        "code": code,
        "detail": detail,
        "remedy": remedy,
        "instance": f"urn:hengsuan:request:{current_request_id() or 'unknown'}",
    }


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER: no error leaves without a document; an unforeseen one tells no internals."""
    document, headers = _describe(error)
    if document["status"] >= 500:
        logger.error("request_failed", code=document["code"], exc_info=error)
    set_rollback()
    return Response(document, status=document["status"], headers=headers, content_type=PROBLEM_MEDIA_TYPE)


def problem_of(error: DomainError) -> dict[str, Any]:
    """An error's document, for an answer that is not the error itself."""
    return _domain_document(error)


def problem_json(document: dict[str, Any]) -> JsonResponse:
    """For errors outside of DRF's views."""
    return JsonResponse(document, status=document["status"], content_type=PROBLEM_MEDIA_TYPE)


def _describe(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, DomainError):
        headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Signature realm="hengsuan"'
        return _domain_document(error), headers
    if isinstance(error, SigningError):
        return problem_document(
            code="message_malformed",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            title="A signed message or document is malformed",
            detail=str(error),
            remedy="Build the message as docs/protocol.md describes and sign it again.",
        ), {}
    if isinstance(error, ChainError):
        return _unavailable(error.code, "The chain cannot be asked now", str(error), error.remedy)
    if isinstance(error, OperationalError):
        return _unavailable(
            "database_unavailable",
            "The market's database cannot be asked now",
            "the database did not answer",
            "Send the request again; nothing was half done.",
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error), {}
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    return problem_document(
        code="internal_error",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        title="The market failed to answer",
        detail="an unforeseen error; it has been logged under this request's id",
        remedy="Send the request again; if it fails again, report `instance` to the operator.",
    ), {}


def _unavailable(code: str, title: str, detail: str, remedy: str) -> tuple[dict[str, Any], dict[str, str]]:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return problem_document(code=code, status=status, title=title, detail=detail, remedy=remedy), {
        "Retry-After": "5"
    }


def _invalid(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = _flatten(error.detail, path="")
    detail = "; ".join(f"{item['path'] or 'body'}: {item['message']}" for item in errors)
    return _domain_document(RequestInvalid(detail, errors=errors))


def _domain_document(error: DomainError) -> dict[str, Any]:
    return problem_document(
        code=error.code,
        status=error.status,
        title=error.title,
        detail=error.detail,
        remedy=error.remedy,
        context=error.context,
    )


def _flatten(detail: Any, *, path: str) -> list[dict[str, str]]:
    if isinstance(detail, dict):
        parts = [(f"{path}.{key}".lstrip("."), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = [(f"{path}[{index}]", value) for index, value in enumerate(detail) if value]
    elif isinstance(detail, list):
        return [{"path": path, "message": str(item)} for item in detail]
    else:
        return [{"path": path, "message": str(detail)}]
    return [item for name, value in parts for item in _flatten(value, path=name)]


def _framework(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    code, remedy = _FRAMEWORK_REMEDIES.get(
        error.default_code, (error.default_code, "Correct what the detail names.")
    )
    headers: dict[str, str] = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Signature realm="hengsuan"'
    return problem_document(
        code=code,
        status=error.status_code,
        title=HTTPStatus(error.status_code).phrase,
        detail=str(error.detail),
        remedy=remedy,
    ), headers
