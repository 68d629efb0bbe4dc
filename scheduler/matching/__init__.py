"""Which nodes take a job: pure Python, no clock, no randomness, no floats.

``match(request)`` gives the same outcome for the same request on every machine; ``record`` turns both into
the JSON that is kept, and replays it.
"""

from scheduler.matching.engine import match
from scheduler.matching.record import input_hash, outcome_document, replay, request_document, trace_document
from scheduler.matching.request import Candidate, MatchRequest
from scheduler.matching.verdict import Match, Shortfall, Verdict

__all__ = [
    "Candidate",
    "Match",
    "MatchRequest",
    "Shortfall",
    "Verdict",
    "input_hash",
    "match",
    "outcome_document",
    "replay",
    "request_document",
    "trace_document",
]
