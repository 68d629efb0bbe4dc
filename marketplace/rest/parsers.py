"""JSON bodies, strictly: one object, no duplicate keys, no NaN, no deep nesting.

Depth is counted before parsing: the parser recurses in C, and py_ecc raises Python's recursion limit so far
that a deeply nested body would overflow the stack and end the process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from marketplace.rest.errors import BodyMalformed, BodyTooLarge

__all__ = ["StrictJsonParser"]

MAX_DEPTH = 32
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


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
            _check_depth(raw)
            document = json.loads(
                raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
            )
        except ValueError as error:
            raise BodyMalformed(f"the body is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise BodyMalformed(f"the body is a {type(document).__name__}, not an object")
        return document


def _check_depth(raw: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH}")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
