"""Django's own error pages: problem documents under /api/, the default pages elsewhere."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from marketplace.rest.problems import problem_document, problem_json

__all__ = ["bad_request", "not_found", "permission_denied", "server_error"]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, "bad_request", "the request is malformed", "Read docs/api.md.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return _problem(
        HTTPStatus.FORBIDDEN,
        "permission_denied",
        "this is not allowed for you",
        "Send the request as the party whose matter it is.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return _problem(
        HTTPStatus.NOT_FOUND,
        "not_found",
        f"there is nothing at {request.path}",
        "Check the address and the id.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    if not _is_api(request):
        return defaults.server_error(request)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "an unforeseen error; it has been logged under this request's id",
        "Send the request again; if it fails again, report `instance` to the operator.",
    )


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus, code: str, detail: str, remedy: str) -> HttpResponse:
    return problem_json(
        problem_document(code=code, status=status, title=status.phrase, detail=detail, remedy=remedy)
    )
