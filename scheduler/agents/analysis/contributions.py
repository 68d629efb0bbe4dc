"""How much each party's columns contribute to a model: exact Shapley values of R². Shapley 1953."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.linear import least_squares
from scheduler.agents.analysis.moments import Moments

__all__ = ["shapley_r_squared"]

MAX_PARTIES = 12
"""2^12 fits; every one is exact, none is sampled."""


def shapley_r_squared(
    moments: Moments, target: str, columns_by_party: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Each party's share of the R² of least squares on all columns; the shares add up to it.

    The value of a coalition is the R² that its columns alone reach; that of nobody is 0.
    """
    parties = tuple(columns_by_party)
    if not 1 <= len(parties) <= MAX_PARTIES:
        raise AnalysisError(
            "parties_invalid", f"There are {len(parties)} parties.", f"Give between 1 and {MAX_PARTIES}."
        )
    value = {
        frozenset(coalition): _r_squared(moments, target, coalition, columns_by_party)
        for size in range(len(parties) + 1)
        for coalition in combinations(parties, size)
    }
    return {party: _shapley(party, parties, value) for party in parties}


def _r_squared(
    moments: Moments, target: str, coalition: Sequence[str], columns_by_party: Mapping[str, Sequence[str]]
) -> float:
    regressors = [name for party in coalition for name in columns_by_party[party]]
    if not regressors:
        return 0.0
    explained = least_squares(moments, target, regressors).r_squared
    if explained is None:
        raise AnalysisError(
            "column_constant", f"The target {target!r} has one value only.", "Choose another.", column=target
        )
    return explained


def _shapley(party: str, parties: Sequence[str], value: Mapping[frozenset[str], float]) -> float:
    others = [other for other in parties if other != party]
    share = 0.0
    for size in range(len(others) + 1):
        weight = 1 / (len(parties) * math.comb(len(others), size))
        for coalition in combinations(others, size):
            without = frozenset(coalition)
            share += weight * (value[without | {party}] - value[without])
    return share
