"""From a node's record to the probability that it fails a seat, and from that to the number of spare nodes.

Each outcome counts ``GOOD`` or ``BAD`` below, halved every ``HALF_LIFE_DAYS``. With prior Beta(b = 1, a = 19)
the probability of failure is the posterior mean (b + Σ bad) / (a + b + Σ good + Σ bad): one in twenty for a
node that nobody knows, and again after long silence. An attempt may fail for want of nodes with probability
at most ``RISK_PPM``; a failed attempt is repeated twice (MAX_ATTEMPTS), so a job fails so with less than 0.4
%.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from math import comb

__all__ = ["MOST_SPARES", "OutcomeKind", "Past", "failure_ppm", "highest_failure_ppm", "score_permille"]

MILLION = 1_000_000
HALF_LIFE_DAYS = 30
PRIOR_GOOD, PRIOR_BAD = 19, 1
RISK_PPM = 150_000
MOST_SPARES = 3
SCALE = 1 << 20


class OutcomeKind(StrEnum):
    FINISHED = "finished"
    LATE = "late"
    FAILED = "failed"
    FAULTED = "faulted"
    SLASHED = "slashed"


GOOD = {OutcomeKind.FINISHED: 2, OutcomeKind.LATE: 1}
"""In halves: a late answer is half a good one and half a bad one."""
BAD = {OutcomeKind.LATE: 1, OutcomeKind.FAILED: 2, OutcomeKind.FAULTED: 20, OutcomeKind.SLASHED: 40}


@dataclass(frozen=True, slots=True)
class Past:
    """``count`` outcomes of one kind, ``age_days`` whole days ago."""

    kind: OutcomeKind
    age_days: int
    count: int = 1


def failure_ppm(past: Iterable[Past]) -> int:
    """The posterior mean of the probability of failure, in millionths. Integers only: every machine
    agrees."""
    good, bad = 2 * PRIOR_GOOD * SCALE, 2 * PRIOR_BAD * SCALE
    for item in past:
        weight = _weight(item.age_days) * item.count
        good += GOOD.get(item.kind, 0) * weight
        bad += BAD.get(item.kind, 0) * weight
    return bad * MILLION // (good + bad)


def score_permille(failure: int) -> int:
    """What people see: the probability of an answer, 0 to 1000."""
    return (MILLION - failure) // 1000


@cache
def _weight(age_days: int) -> int:
    """2^(−age / half-life) in units of 1/SCALE, between whole half-lives on a straight line."""
    lives, days = divmod(max(age_days, 0), HALF_LIFE_DAYS)
    if lives >= SCALE.bit_length():
        return 0
    whole = SCALE >> lives
    return whole - (whole // 2) * days // HALF_LIFE_DAYS


@cache
def highest_failure_ppm(answers: int, seats: int) -> int:
    """The largest probability of failure p of each node with which P(fewer than ``answers`` of ``seats``
    answer) stays within the risk. Nodes of different operators are taken to fail independently.
    """
    low, high = 0, MILLION
    while low < high:
        middle = (low + high + 1) // 2
        if _shortfall(answers, seats, middle) * MILLION <= RISK_PPM:
            low = middle
        else:
            high = middle - 1
    return low


def _shortfall(answers: int, seats: int, failure: int) -> Fraction:
    """P(more than seats − answers of ``seats`` fail)."""
    p = Fraction(failure, MILLION)
    return sum(
        (comb(seats, k) * p**k * (1 - p) ** (seats - k) for k in range(seats - answers + 1, seats + 1)),
        Fraction(0),
    )
