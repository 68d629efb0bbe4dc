"""A round's inputs and outcome as JSON, and the replay that shows a recorded outcome to be the engine's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any

from scheduler.matching.market import Market, Offer, Order, Resources
from scheduler.matching.round import Decision, Outcome, decide

__all__ = [
    "decision_document",
    "input_hash",
    "market_document",
    "market_from",
    "outcome_document",
    "replay",
]

_MONEY = {"fee", "fixed_price", "max_price", "stake", "min_stake"}
_FORMS = {"resources": Resources, "resources_taken": Resources, "needs": Resources}


def market_document(market: Market) -> dict[str, Any]:
    """Everything that the outcome depends on: orders and offers by id, sets sorted, money as text."""
    return {
        "fee_bps": market.fee_bps,
        "orders": sorted(map(_plain, market.orders), key=lambda order: (order["job_id"], order["attempt"])),
        "offers": sorted(map(_plain, market.offers), key=lambda offer: offer["node_id"]),
    }


def market_from(document: dict[str, Any]) -> Market:
    """The inverse of ``market_document``."""
    return Market(
        fee_bps=document["fee_bps"],
        orders=tuple(Order(**_typed(Order, order)) for order in document["orders"]),
        offers=tuple(Offer(**_typed(Offer, offer)) for offer in document["offers"]),
    )


def input_hash(document: dict[str, Any]) -> str:
    """sha256 of a market document's canonical JSON, as 0x hex."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    return {
        "solver": outcome.solver,
        "decisions": [decision_document(decision) for decision in outcome.decisions],
    }


def decision_document(decision: Decision) -> dict[str, Any]:
    return {
        "job_id": decision.job_id,
        "attempt": decision.attempt,
        "seats": list(decision.seats),
        "price": str(decision.price),
        "clause": decision.clause.value if decision.clause else None,
        "detail": decision.detail,
        "is_risk_met": decision.is_risk_met,
        "held": list(decision.held),
        "funnel": [
            {"rule": step.rule.value, "removed": step.removed, "operators_left": step.coalitions_left}
            for step in decision.funnel
        ],
    }


def replay(document: dict[str, Any], *, solver: str) -> Outcome:
    """Decide again from recorded inputs, by the recorded solver; must equal the recorded outcome."""
    return decide(market_from(document), solver=solver)


def _plain(value: Order | Offer | Resources) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for item in fields(value):
        content = getattr(value, item.name)
        if item.name in _MONEY:
            content = str(content)
        elif isinstance(content, Resources):
            content = _plain(content)
        elif isinstance(content, frozenset):
            content = sorted(content)
        elif isinstance(content, tuple):
            content = list(content)
        document[item.name] = content
    return document


def _typed(cls: type[Order] | type[Offer], document: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in fields(cls):
        content = document[item.name]
        if item.name in _MONEY:
            content = int(content)
        elif item.name in _FORMS:
            content = Resources(**content)
        elif str(item.type).startswith("frozenset"):
            content = frozenset(content)
        elif isinstance(content, list):
            content = tuple(content)
        values[item.name] = content
    return values
