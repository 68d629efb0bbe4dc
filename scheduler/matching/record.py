"""Requests and outcomes as JSON, and the replay that shows a recorded decision to be the engine's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from typing import Any

from scheduler.matching.engine import match
from scheduler.matching.request import Candidate, MatchRequest
from scheduler.matching.verdict import Match

__all__ = ["input_hash", "outcome_document", "replay", "request_document", "request_from", "trace_document"]

_MONEY = {"fee", "fixed_price", "max_price"}


def request_document(request: MatchRequest) -> dict[str, Any]:
    """Everything that the decision depends on: candidates by node id, sets sorted, money as text."""
    document = _plain(request)
    document["candidates"] = sorted(
        (_plain(node) for node in request.candidates), key=lambda node: node["node_id"]
    )
    return document


def request_from(document: dict[str, Any]) -> MatchRequest:
    """The inverse of ``request_document``."""
    values = _typed(MatchRequest, document)
    values["candidates"] = tuple(Candidate(**_typed(Candidate, node)) for node in document["candidates"])
    return MatchRequest(**values)


def input_hash(request: MatchRequest) -> str:
    """sha256 of the canonical JSON of the request, as 0x hex. The order of candidates does not matter."""
    text = json.dumps(request_document(request), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def trace_document(outcome: Match) -> list[dict[str, Any]]:
    """One entry for each candidate."""
    return [
        {
            "node_id": verdict.node_id,
            "seat": verdict.seat,
            "rule": verdict.rule.value if verdict.rule else None,
            "detail": verdict.detail,
            "score": asdict(verdict.score) if verdict.score else None,
        }
        for verdict in outcome.verdicts
    ]


def outcome_document(outcome: Match) -> dict[str, Any]:
    return {
        "is_matched": outcome.is_matched,
        "seats": list(outcome.seats),
        "price": str(outcome.price),
        "shortfall": outcome.shortfall.value,
    }


def replay(document: dict[str, Any]) -> Match:
    """Decide again from a recorded request; must equal the recorded outcome and trace."""
    return match(request_from(document))


def _plain(value: MatchRequest | Candidate) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for item in fields(value):
        content = getattr(value, item.name)
        if item.name in _MONEY:
            content = str(content)
        elif isinstance(content, frozenset):
            content = sorted(content)
        elif isinstance(content, tuple):
            content = list(content)
        document[item.name] = content
    return document


def _typed(cls: type[MatchRequest] | type[Candidate], document: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in fields(cls):
        content = document[item.name]
        if item.name in _MONEY:
            content = int(content)
        elif str(item.type).startswith("frozenset"):
            content = frozenset(content)
        elif isinstance(content, list):
            content = tuple(content)
        values[item.name] = content
    return values
