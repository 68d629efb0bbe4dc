"""A scorecard: points for each band of each feature, from a model of the log-odds of label 1 (bad)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.linear import LinearModel

__all__ = ["Scorecard", "ScorecardScale", "scorecard"]


@dataclass(frozen=True)
class ScorecardScale:
    """``base_points`` at ``base_odds`` good to 1 bad; ``doubling_points`` more for twice the odds."""

    base_points: float = 600.0
    base_odds: float = 50.0
    doubling_points: float = 20.0

    def __post_init__(self) -> None:
        if self.base_odds <= 0 or self.doubling_points <= 0:
            raise AnalysisError(
                "scale_invalid", "Odds and points for twice the odds must be above 0.", "Correct the scale."
            )


@dataclass(frozen=True)
class Scorecard:
    """Points of each band by feature; they add up to the score of a person."""

    points: dict[str, dict[str, float]]
    offset: float
    """Points that everyone gets."""

    def score(self, bands: Mapping[str, str]) -> float:
        """Total points of somebody in these bands, one for each feature."""
        return self.offset + sum(self.points[feature][band] for feature, band in bands.items())


def scorecard(
    model: LinearModel, groupings: Mapping[str, Sequence[str]], scale: ScorecardScale | None = None
) -> Scorecard:
    """Points = base - factor·(log-odds of bad + ln base odds), factor = doubling points / ln 2.

    Each grouping lists all bands of a feature; the one that the model leaves out has coefficient 0.
    Siddiqi, *Credit Risk Scorecards* (2006). AnalysisError if a regressor belongs to no feature.
    """
    scale = scale or ScorecardScale()
    banded = {band for bands in groupings.values() for band in bands}
    if stray := sorted(set(model.coefficients) - banded):
        raise AnalysisError(
            "regressor_without_bands",
            f"The model's column {stray[0]!r} is a band of no feature, so it has no points.",
            "Fit the model on bands only.",
            column=stray[0],
        )
    factor = scale.doubling_points / math.log(2)
    points = {
        feature: {band: -factor * model.coefficients.get(band, 0.0) for band in bands}
        for feature, bands in groupings.items()
    }
    offset = scale.base_points - factor * (model.intercept + math.log(scale.base_odds))
    return Scorecard(points, offset)
