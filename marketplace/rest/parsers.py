"""JSON bodies, strictly: one object, no duplicate keys, no NaN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from marketplace.rest.errors import BodyMalformed, BodyTooLarge

__all__ = ["StrictJsonParser"]


class StrictJsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        raw = stream.read(settings.MAX_JSON_BYTES + 1)
        if len(raw) > settings.MAX_JSON_BYTES:
            raise BodyTooLarge(
                f"the body has more than {settings.MAX_JSON_BYTES} bytes", limit_bytes=settings.MAX_JSON_BYTES
            )
        try:
            document = json.loads(
                raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            raise BodyMalformed(f"the body is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise BodyMalformed(f"the body is a {type(document).__name__}, not an object")
        return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
