"""Linear models from the scatter matrix: least squares, ridge, discriminant, a logistic first step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.moments import Moments, Vector

__all__ = [
    "LinearModel",
    "inflation_factors",
    "least_squares",
    "linear_discriminant",
    "logistic_step",
    "ridge",
]

MAX_CONDITION = 1e12
"""Condition number of the correlation matrix beyond which regressors count as linearly dependent."""


@dataclass(frozen=True)
class LinearModel:
    """Score = intercept + Σ coefficient · regressor, in the regressors' own units."""

    kind: str
    target: str
    intercept: float
    coefficients: dict[str, float]
    standard_errors: dict[str, float] | None = None
    """Least squares only: of the coefficients, without that of the intercept."""
    r_squared: float | None = None
    """Share of the target's variance that the score explains; None for a constant target or a log-odds."""


def least_squares(moments: Moments, target: str, regressors: Sequence[str]) -> LinearModel:
    """Ordinary least squares with an intercept. AnalysisError if regressors are linearly dependent."""
    scatter, right = _normal_equations(moments, target, regressors)
    inverse = _inverse(scatter)
    coefficients = inverse @ right
    total = float(moments.scatter(target, target))
    residual = max(total - float(coefficients @ right), 0.0)
    freedom = moments.count - len(regressors) - 1
    errors = None
    if freedom > 0:
        errors = dict(zip(regressors, np.sqrt(np.diag(inverse) * residual / freedom).tolist(), strict=True))
    return _model(
        "least_squares", moments, target, regressors, coefficients, errors, _explained(residual, total)
    )


def ridge(moments: Moments, target: str, regressors: Sequence[str], penalty: float) -> LinearModel:
    """Minimises Σ (y - intercept - x·w)² + penalty · |w|²; the intercept is not penalised.

    As ``sklearn.linear_model.Ridge(alpha=penalty)``. AnalysisError for a negative penalty.
    """
    if not (math.isfinite(penalty) and penalty >= 0):
        raise AnalysisError(
            "penalty_invalid", f"The penalty {penalty} is negative or not finite.", "Give 0 or more."
        )
    scatter, right = _normal_equations(moments, target, regressors)
    coefficients = _inverse(scatter + penalty * np.eye(len(regressors))) @ right
    total = float(moments.scatter(target, target))
    residual = total - 2 * float(coefficients @ right) + float(coefficients @ scatter @ coefficients)
    return _model("ridge", moments, target, regressors, coefficients, None, _explained(residual, total))


def linear_discriminant(moments: Moments, label: str, regressors: Sequence[str]) -> LinearModel:
    """Fisher's discriminant of a 0/1 label with the pooled covariance and the classes' frequencies as priors.

    The score is the log-odds of label 1. As ``sklearn`` ``LinearDiscriminantAnalysis(solver="lsqr")``.
    """
    count, positives = moments.count, _positives(moments, label)
    negatives = count - positives
    upper = np.array([float(moments.inner(name, label) / positives) for name in regressors])
    lower = np.array(
        [float((moments.total(name) - moments.inner(name, label)) / negatives) for name in regressors]
    )
    gap = upper - lower
    scatter, _ = _normal_equations(moments, label, regressors)
    within = scatter - np.outer(gap, gap) * positives * negatives / count
    coefficients = _inverse(within / count) @ gap
    intercept = math.log(positives / negatives) - 0.5 * float((upper + lower) @ coefficients)
    named = dict(zip(regressors, coefficients.tolist(), strict=True))
    return LinearModel("linear_discriminant", label, intercept, named)


def logistic_step(moments: Moments, label: str, regressors: Sequence[str]) -> LinearModel:
    """One Newton step of logistic regression from the model without regressors.

    The score is an approximate log-odds of label 1.
    Exact where the label does not depend on the regressors; shrunk where it depends on them strongly.
    """
    share = _positives(moments, label) / moments.count
    scatter, right = _normal_equations(moments, label, regressors)
    coefficients = _inverse(scatter) @ right / (share * (1 - share))
    intercept = math.log(share / (1 - share)) - float(moments.means(regressors) @ coefficients)
    return LinearModel(
        "logistic_step", label, intercept, dict(zip(regressors, coefficients.tolist(), strict=True))
    )


def inflation_factors(moments: Moments, regressors: Sequence[str]) -> dict[str, float]:
    """Variance inflation factor of each regressor: 1 / (1 - R² of it on the others)."""
    scatter = moments.scatter_matrix(regressors)
    diagonal = np.diag(scatter)
    _require_spread(regressors, diagonal)
    return dict(zip(regressors, (np.diag(_inverse(scatter)) * diagonal).tolist(), strict=True))


def _normal_equations(moments: Moments, target: str, regressors: Sequence[str]) -> tuple[Vector, Vector]:
    if not regressors or target in regressors or len(set(regressors)) != len(regressors):
        raise AnalysisError(
            "regressors_invalid",
            "A model needs regressors that differ from each other and from its target.",
            "Name each column once.",
        )
    scatter = moments.scatter_matrix(regressors)
    _require_spread(regressors, np.diag(scatter))
    return scatter, moments.scatter_matrix(regressors, [target])[:, 0]


def _require_spread(regressors: Sequence[str], diagonal: Vector) -> None:
    for name, spread in zip(regressors, diagonal, strict=True):
        if spread <= 0:
            raise AnalysisError(
                "column_constant",
                f"Column {name!r} has the same value in every row.",
                "Leave it out.",
                column=name,
            )


def _inverse(scatter: Vector) -> Vector:
    """Inverse by way of the correlation matrix, so that units of very different size do no harm."""
    scale = np.sqrt(np.diag(scatter))
    correlations = scatter / np.outer(scale, scale)
    if np.linalg.cond(correlations) > MAX_CONDITION:
        raise AnalysisError(
            "regressors_dependent",
            "The regressors are linearly dependent, so their coefficients are not determined.",
            "Leave one out: of a full set of categories always one.",
        )
    inverse: Vector = np.linalg.inv(correlations) / np.outer(scale, scale)
    return inverse


def _positives(moments: Moments, label: str) -> int:
    """Number of rows with label 1. AnalysisError unless the label is 0/1 and both occur."""
    total = moments.total(label)
    if not moments.is_indicator(label) or not 0 < total < moments.count:
        raise AnalysisError(
            "label_not_binary",
            f"Column {label!r} is not 0 and 1 with both of them present.",
            "Use a 0/1 column as label.",
            column=label,
        )
    return int(total)


def _explained(residual: float, total: float) -> float | None:
    """R², or None for a target that has one value only."""
    return 1 - residual / total if total > 0 else None


def _model(
    kind: str,
    moments: Moments,
    target: str,
    regressors: Sequence[str],
    coefficients: Vector,
    errors: dict[str, float] | None,
    r_squared: float | None,
) -> LinearModel:
    intercept = moments.mean(target) - float(moments.means(regressors) @ coefficients)
    named = dict(zip(regressors, coefficients.tolist(), strict=True))
    return LinearModel(kind, target, intercept, named, errors, r_squared)
