"""Models read off inner products are those that scikit-learn fits on the pooled data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.linear import (
    LinearModel,
    inflation_factors,
    least_squares,
    linear_discriminant,
    logistic_step,
    ridge,
)
from scheduler.agents.analysis.moments import Moments

MakeMoments = Callable[..., Moments]
SCALE = 4
"""Decimals that a column keeps; both sides see the rounded data."""


class Table:
    """A public data set in fixed point: features x0, x1, … and a target y."""

    def __init__(self, make: MakeMoments, features: Any, target: Any, decimals_of_target: int = 0) -> None:
        self.names = [f"x{index}" for index in range(features.shape[1])]
        fixed = np.rint(features * 10**SCALE).astype(object)
        goal = np.rint(target * 10**decimals_of_target).astype(object)
        columns = {name: list(fixed[:, index]) for index, name in enumerate(self.names)}
        scales = dict.fromkeys(self.names, SCALE) | {"y": decimals_of_target}
        self.moments = make(columns | {"y": list(goal)}, scales)
        self.features = fixed.astype(float) / 10**SCALE
        self.target = goal.astype(float) / 10**decimals_of_target

    def scores(self, model: LinearModel) -> Any:
        return model.intercept + self.features @ np.array([model.coefficients[name] for name in self.names])


@pytest.fixture(scope="module")
def diabetes(moments: MakeMoments) -> Table:
    data = load_diabetes()
    return Table(moments, data.data * 100, data.target)


@pytest.fixture(scope="module")
def cancer(moments: MakeMoments) -> Table:
    """Ten of its thirty features: the others repeat them nearly."""
    data = load_breast_cancer()
    return Table(moments, data.data[:, [0, 1, 4, 5, 8, 9, 10, 11, 14, 18]], 1 - data.target)


@pytest.fixture(scope="module")
def wine(moments: MakeMoments) -> Table:
    data = load_wine()
    return Table(moments, data.data, (data.target == 1).astype(int))


def agrees(model: LinearModel, coefficients: Any, intercept: float) -> None:
    found = list(model.coefficients.values())
    assert found == pytest.approx(list(np.ravel(coefficients)), rel=1e-6)
    assert model.intercept == pytest.approx(float(np.ravel(intercept)[0]), rel=1e-6)


@pytest.mark.parametrize("name", ["diabetes", "cancer", "wine"])
def test_least_squares(name: str, request: pytest.FixtureRequest) -> None:
    table: Table = request.getfixturevalue(name)
    model = least_squares(table.moments, "y", table.names)
    expected = LinearRegression().fit(table.features, table.target)
    agrees(model, expected.coef_, expected.intercept_)
    assert model.r_squared == pytest.approx(expected.score(table.features, table.target))


@pytest.mark.parametrize("penalty", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("name", ["diabetes", "wine"])
def test_ridge(name: str, penalty: float, request: pytest.FixtureRequest) -> None:
    table: Table = request.getfixturevalue(name)
    model = ridge(table.moments, "y", table.names, penalty)
    expected = Ridge(alpha=penalty, solver="cholesky").fit(table.features, table.target)
    agrees(model, expected.coef_, expected.intercept_)
    assert model.r_squared == pytest.approx(expected.score(table.features, table.target))


@pytest.mark.parametrize("name", ["cancer", "wine"])
def test_linear_discriminant(name: str, request: pytest.FixtureRequest) -> None:
    table: Table = request.getfixturevalue(name)
    model = linear_discriminant(table.moments, "y", table.names)
    expected = LinearDiscriminantAnalysis(solver="lsqr").fit(table.features, table.target)
    agrees(model, expected.coef_, expected.intercept_)


@pytest.mark.parametrize("name", ["cancer", "wine"])
def test_the_first_logistic_step_ranks_nearly_as_the_optimum(
    name: str, request: pytest.FixtureRequest
) -> None:
    table: Table = request.getfixturevalue(name)
    standard = (table.features - table.features.mean(0)) / table.features.std(0)
    optimum = LogisticRegression(C=1.0).fit(standard, table.target)
    best = roc_auc_score(table.target, optimum.decision_function(standard))
    found = roc_auc_score(table.target, table.scores(logistic_step(table.moments, "y", table.names)))
    assert found == pytest.approx(best, abs=0.01)


def test_standard_errors_are_those_of_the_textbook(diabetes: Table) -> None:
    model = least_squares(diabetes.moments, "y", diabetes.names)
    design = np.column_stack([np.ones(len(diabetes.target)), diabetes.features])
    residual = diabetes.target - design @ np.linalg.lstsq(design, diabetes.target)[0]
    variance = residual @ residual / (len(design) - design.shape[1])
    expected = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))[1:]
    assert model.standard_errors is not None
    assert list(model.standard_errors.values()) == pytest.approx(list(expected), rel=1e-6)


def test_inflation_factors_are_those_of_regressing_each_on_the_others(diabetes: Table) -> None:
    found = inflation_factors(diabetes.moments, diabetes.names)
    for index, name in enumerate(diabetes.names):
        others = np.delete(diabetes.features, index, axis=1)
        explained = LinearRegression().fit(others, diabetes.features[:, index])
        share = explained.score(others, diabetes.features[:, index])
        assert found[name] == pytest.approx(1 / (1 - share), rel=1e-6)


def test_large_offsets_do_not_cancel(moments: MakeMoments) -> None:
    """Sums of squares near 10^30 with a spread of 1: floats would have lost the spread."""
    base = 10**14
    model = least_squares(moments({"x": [base, base + 1, base + 2], "y": [1, 3, 5]}), "y", ["x"])
    assert model.coefficients["x"] == pytest.approx(2, rel=1e-9)


def test_what_has_no_answer_is_refused_with_the_column(moments: MakeMoments) -> None:
    table = moments({"x": [1, 2, 3], "w": [2, 4, 6], "c": [7, 7, 7], "y": [3, 1, 2]})
    for regressors, code in (
        (["x", "w"], "regressors_dependent"),
        (["c"], "column_constant"),
        (["x", "x"], "regressors_invalid"),
        (["y"], "regressors_invalid"),
        ([], "regressors_invalid"),
        (["z"], "column_unknown"),
    ):
        with pytest.raises(AnalysisError) as refusal:
            least_squares(table, "y", regressors)
        assert refusal.value.code == code
    with pytest.raises(AnalysisError, match="not 0 and 1"):
        linear_discriminant(table, "y", ["x"])
    with pytest.raises(AnalysisError, match="negative"):
        ridge(table, "y", ["x"], -1.0)
    assert least_squares(table, "c", ["x"]).r_squared is None
