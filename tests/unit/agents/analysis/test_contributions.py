"""Shapley values: they add up, treat equals equally, and give nothing to whoever adds nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from scheduler.agents.analysis.contributions import shapley_r_squared
from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.linear import least_squares
from scheduler.agents.analysis.moments import Moments

MakeMoments = Callable[..., Moments]
RNG = np.random.default_rng(7)
X = RNG.integers(-100, 100, size=(300, 4))
DATA = {f"x{index}": X[:, index].tolist() for index in range(4)} | {
    "y": (3 * X[:, 0] + X[:, 1] - 2 * X[:, 2] + RNG.integers(-50, 50, size=300)).tolist()
}


def test_the_shares_add_up_to_the_whole(moments: MakeMoments) -> None:
    data = moments(DATA)
    shares = shapley_r_squared(data, "y", {"bank": ["x0", "x3"], "operator": ["x1"], "insurer": ["x2"]})
    whole = least_squares(data, "y", ["x0", "x1", "x2", "x3"]).r_squared
    assert sum(shares.values()) == pytest.approx(whole)
    assert shares["bank"] > shares["insurer"] > shares["operator"] > 0


def test_two_parties_get_the_mean_of_first_and_last(moments: MakeMoments) -> None:
    data = moments(DATA)
    alone_a, alone_b, both = (
        least_squares(data, "y", names).r_squared or 0.0 for names in (["x0"], ["x1"], ["x0", "x1"])
    )
    shares = shapley_r_squared(data, "y", {"a": ["x0"], "b": ["x1"]})
    assert shares["a"] == pytest.approx((alone_a + both - alone_b) / 2)
    assert shares["b"] == pytest.approx((alone_b + both - alone_a) / 2)


def test_a_party_without_columns_gets_nothing_and_nobody_is_no_party(moments: MakeMoments) -> None:
    shares = shapley_r_squared(moments(DATA), "y", {"a": ["x0"], "silent": []})
    assert shares["silent"] == 0
    with pytest.raises(AnalysisError, match="between 1 and 12"):
        shapley_r_squared(moments(DATA), "y", {})
