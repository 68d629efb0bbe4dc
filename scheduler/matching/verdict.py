"""What the matcher answers: the seats, the price, and a verdict on every candidate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Match", "Rule", "Score", "Shortfall", "Verdict"]


class Rule(StrEnum):
    """Why a candidate was left out. The first rule that applies is recorded."""

    NOT_REGISTERED = "not_registered"
    NOT_AVAILABLE = "not_available"
    NOT_SEEN = "not_seen"
    EXCLUDED_BEFORE = "excluded_before"
    PARTY_TO_JOB = "party_to_job"
    CAPACITY_MISSING = "capacity_missing"
    REGION_NOT_ALLOWED = "region_not_allowed"
    TIER_NOT_ALLOWED = "tier_not_allowed"
    FEE_ABOVE_LIMIT = "fee_above_limit"
    SAME_OPERATOR = "same_operator"
    SAME_ORGANISATION = "same_organisation"
    LEAVES_TOO_LITTLE = "leaves_too_little"
    NOT_NEEDED = "not_needed"


class Shortfall(StrEnum):
    """Why no set of nodes was found."""

    NONE = ""
    TOO_FEW_NODES = "too_few_nodes"
    PRICE_ABOVE_LIMIT = "price_above_limit"


@dataclass(frozen=True, slots=True)
class Score:
    """Parts from 0 to 1000 and their weighted sum."""

    price: int
    record: int
    speed: int
    load: int
    total: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``seat`` ≥ 1: chosen for it. Otherwise ``rule`` says why not; ``score`` is there if it was compared."""

    node_id: str
    seat: int = 0
    rule: Rule | None = None
    detail: str = ""
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """``seats``: node ids of seat 1 … N; empty with a shortfall. Verdicts are ordered by node id."""

    seats: tuple[str, ...]
    price: int
    shortfall: Shortfall
    verdicts: tuple[Verdict, ...]

    @property
    def is_matched(self) -> bool:
        return self.shortfall is Shortfall.NONE
