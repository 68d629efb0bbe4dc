"""Which nodes take which jobs: a function of orders and offers, without clock, chance or database.

``decide(market)`` gives the same outcome for the same market on every machine with the same version of the
solver; ``documents`` turns both into the JSON that is kept, and ``replay`` repeats it.
"""

from scheduler.matching.documents import (
    decision_document,
    input_hash,
    market_document,
    market_from,
    outcome_document,
    replay,
)
from scheduler.matching.market import MAX_SEATS, Market, Offer, Order, Resources
from scheduler.matching.reliability import OutcomeKind, Past, failure_ppm, score_permille
from scheduler.matching.round import Decision, Outcome, decide, verdicts
from scheduler.matching.rules import Rule

__all__ = [
    "MAX_SEATS",
    "Decision",
    "Market",
    "Offer",
    "Order",
    "Outcome",
    "OutcomeKind",
    "Past",
    "Resources",
    "Rule",
    "decide",
    "decision_document",
    "failure_ppm",
    "input_hash",
    "market_document",
    "market_from",
    "outcome_document",
    "replay",
    "score_permille",
    "verdicts",
]
