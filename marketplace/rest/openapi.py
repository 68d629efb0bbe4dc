"""What drf-spectacular cannot know by itself: signed requests, idempotency keys, problem documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from marketplace.rest.problems import PROBLEM_MEDIA_TYPE

__all__ = ["PartyApiSchema", "add_problem_responses"]

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 128 printable characters, new for each new wish",
)
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "code", "detail", "remedy", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; docs/api.md lists them"},
        "detail": {"type": "string", "description": "what happened and why"},
        "remedy": {"type": "string", "description": "what to do"},
        "instance": {"type": "string", "description": "names the request in the market's log"},
    },
    "additionalProperties": True,
}


class PartyApiSchema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, self.method.lower(), None)
        return [IDEMPOTENCY_KEY] if getattr(handler, "is_idempotent", False) else []


class SignedRequestScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "marketplace.rest.authentication.SignedRequestAuthentication"
    name = "signed_request"
    description = "RFC 9421 with Ed25519, label sig1; docs/api.md, Signed requests"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "header", "name": "Signature", "description": self.description}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "marketplace.rest.authentication.ApiKeyAuthentication"
    name = "api_key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "reads only; docs/api.md, API keys"}


class SignedStreamScheme(SignedRequestScheme):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "marketplace.rest.authentication.SignedStreamAuthentication"
    name = "signed_stream"
    description = "as signed_request; the body is compared with the signed Content-Digest as it arrives"


class NewKeyScheme(SignedRequestScheme):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "marketplace.rest.authentication.NewKeyAuthentication"
    name = "signed_by_new_key"
    description = "as signed_request, with keyid = 0x hex of the Ed25519 key that enrols"


def add_problem_responses(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with a problem document."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    answer = {
        "description": "Refused; `code` says why",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = answer
    return result
