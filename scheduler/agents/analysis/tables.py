"""Counts and tables over one-hot columns: groups, cross tables, weight of evidence, KS and AUC over bands.

A *grouping* is a list of 0/1 columns of which each row has exactly one at 1; the matrix itself shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.moments import Moments

__all__ = [
    "Band",
    "Bands",
    "CrossTable",
    "GroupRow",
    "cross_table",
    "group_by",
    "label_bands",
]


@dataclass(frozen=True)
class GroupRow:
    """One group: rows in it, and sum and mean of each measured column (mean None for an empty group)."""

    group: str
    count: int
    totals: dict[str, float]
    means: dict[str, float | None]


def group_by(moments: Moments, grouping: Sequence[str], measures: Sequence[str]) -> list[GroupRow]:
    """``SELECT group, count(*), sum(m), avg(m) … GROUP BY group``."""
    _check_grouping(moments, grouping)
    rows = []
    for group in grouping:
        count = int(moments.total(group))
        sums = {name: moments.inner(group, name) for name in measures}
        rows.append(
            GroupRow(
                group=group,
                count=count,
                totals={name: float(value) for name, value in sums.items()},
                means={name: float(value / count) if count else None for name, value in sums.items()},
            )
        )
    return rows


@dataclass(frozen=True)
class CrossTable:
    """Counts by two groupings, Pearson's chi-square, Cramér's V (None if a margin is a single group)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    chi_square: float
    cramers_v: float | None


def cross_table(moments: Moments, rows: Sequence[str], columns: Sequence[str]) -> CrossTable:
    """Counts <row group, column group>; empty groups stay in the table and out of the statistics."""
    _check_grouping(moments, rows)
    _check_grouping(moments, columns)
    counts = tuple(tuple(int(moments.inner(row, column)) for column in columns) for row in rows)
    height = [sum(line) for line in counts]
    width = [sum(line[index] for line in counts) for index in range(len(columns))]
    chi_square = sum(
        (count - height[a] * width[b] / moments.count) ** 2 / (height[a] * width[b] / moments.count)
        for a, line in enumerate(counts)
        for b, count in enumerate(line)
        if height[a] and width[b]
    )
    freedom = min(sum(map(bool, height)), sum(map(bool, width))) - 1
    v = math.sqrt(chi_square / (moments.count * freedom)) if freedom > 0 else None
    return CrossTable(tuple(rows), tuple(columns), counts, chi_square, v)


@dataclass(frozen=True)
class Band:
    """One band: rows with label 0 (good) and 1 (bad), weight of evidence, share of the IV."""

    band: str
    good: int
    bad: int
    weight_of_evidence: float
    information_value: float

    @property
    def bad_rate(self) -> float | None:
        count = self.good + self.bad
        return self.bad / count if count else None


@dataclass(frozen=True)
class Bands:
    """A feature in bands against a 0/1 label.

    ``ks`` is the largest distance of the two cumulative distributions in the bands' order; ``auc`` the
    chance that a random bad row lies in a later band than a random good one, ties counted half.
    """

    bands: tuple[Band, ...]
    information_value: float
    ks: float
    auc: float


SMOOTHING = 0.5
"""Added to both counts of a band in which one of them is 0, so that its weight of evidence is finite."""


def label_bands(moments: Moments, grouping: Sequence[str], label: str) -> Bands:
    """Weight of evidence ln(good share / bad share) of each band, information value, KS and AUC.

    Siddiqi, *Credit Risk Scorecards* (2006). AnalysisError unless the label is 0/1 with both present.
    """
    _check_grouping(moments, grouping)
    total_bad = int(moments.total(label))
    if not moments.is_indicator(label) or not 0 < total_bad < moments.count:
        raise AnalysisError(
            "label_not_binary",
            f"Column {label!r} is not 0 and 1 with both of them present.",
            "Use a 0/1 column as label.",
            column=label,
        )
    total_good = moments.count - total_bad
    bands = []
    for group in grouping:
        bad = int(moments.inner(group, label))
        bands.append(_band(group, int(moments.total(group)) - bad, bad, total_good, total_bad))
    ks, auc = _order_statistics(bands, total_good, total_bad)
    return Bands(tuple(bands), sum(band.information_value for band in bands), ks, auc)


def _band(group: str, good: int, bad: int, total_good: int, total_bad: int) -> Band:
    if good + bad == 0:
        return Band(group, 0, 0, 0.0, 0.0)
    extra = SMOOTHING if 0 in (good, bad) else 0.0
    good_share, bad_share = (good + extra) / total_good, (bad + extra) / total_bad
    weight = math.log(good_share / bad_share)
    return Band(group, good, bad, weight, (good_share - bad_share) * weight)


def _order_statistics(bands: Sequence[Band], total_good: int, total_bad: int) -> tuple[float, float]:
    good_before = bad_before = 0
    ks = pairs = 0.0
    for band in bands:
        pairs += band.bad * (good_before + band.good / 2)
        good_before += band.good
        bad_before += band.bad
        ks = max(ks, abs(good_before / total_good - bad_before / total_bad))
    return ks, pairs / (total_good * total_bad)


def _check_grouping(moments: Moments, grouping: Sequence[str]) -> None:
    """Exactly one is 1 in each row: no row has two (orthogonal), and the totals leave none without."""
    binary = all(map(moments.is_indicator, grouping))
    apart = all(
        moments.inner(first, second) == 0
        for index, first in enumerate(grouping)
        for second in grouping[index + 1 :]
    )
    if not grouping or not binary or not apart or sum(map(moments.total, grouping)) != moments.count:
        raise AnalysisError(
            "grouping_invalid",
            f"The columns {', '.join(grouping)} are no grouping: each row must have exactly one at 1.",
            "List all 0/1 columns of one grouping, with one for all other values.",
        )
