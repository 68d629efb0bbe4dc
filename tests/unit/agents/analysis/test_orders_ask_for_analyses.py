"""An order names its analyses; each is answered or says what is wrong, and a scorecard adds up."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from scheduler.agents.analysis.moments import Moments
from scheduler.agents.analysis.run import KINDS, parse_analysis, run_analyses
from scheduler.agents.errors import MalformedDocument
from scheduler.agents.messages import Speech

MakeMoments = Callable[..., Moments]
ROWS = [(0, 0, 0)] * 40 + [(0, 1, 1)] * 10 + [(1, 0, 0)] * 30 + [(1, 1, 0)] * 20 + [(1, 1, 1)] * 25

WANTED: dict[str, dict[str, Any]] = {
    "least_squares": {"target": "bad", "regressors": ["young", "rich"]},
    "ridge": {"target": "bad", "regressors": ["young", "rich"], "penalty": "0.5"},
    "linear_discriminant": {"label": "bad", "regressors": ["young"]},
    "logistic_step": {"label": "bad", "regressors": ["young"]},
    "inflation_factors": {"regressors": ["young", "rich"]},
    "group_by": {"groups": ["young", "old"], "measures": ["bad"]},
    "cross_table": {"rows": ["young", "old"], "columns": ["rich", "poor"]},
    "label_bands": {"label": "bad", "bands": ["young", "old"]},
    "scorecard": {"label": "bad", "features": {"age": ["young", "old"], "wealth": ["rich", "poor"]}},
    "contributions": {"target": "bad", "parties": {"a": ["young"], "b": ["rich"]}},
}


@pytest.fixture
def data(moments: MakeMoments) -> Moments:
    old, bad, rich = (list(column) for column in zip(*ROWS, strict=True))
    return moments(
        {
            "old": old,
            "young": [1 - one for one in old],
            "rich": rich,
            "poor": [1 - one for one in rich],
            "bad": bad,
        }
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_answered_in_json_and_has_a_title_in_both_languages(data: Moments, kind: str) -> None:
    (found,) = run_analyses(data, [{"kind": kind} | WANTED[kind]])
    assert "error" not in found
    assert json.loads(json.dumps(found, allow_nan=False))["answer"]
    titles = {Speech(language)(f"analysis_{kind}", about="x") for language in ("en", "zh")}
    assert len(titles) == 2


def test_one_that_cannot_be_answered_does_not_harm_the_others(data: Moments) -> None:
    impossible = {"kind": "least_squares", "target": "bad", "regressors": ["young", "old"]}
    first, second = run_analyses(data, [impossible, {"kind": "group_by"} | WANTED["group_by"]])
    assert first["error"]["code"] == "regressors_dependent"
    assert first["error"]["remedy"]
    assert second["answer"][0]["count"] == 50


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "neural_network"},
        {},
        {"kind": "ridge", "target": "y", "regressors": ["x"]},
        {"kind": "group_by", "groups": ["g"], "colour": "red"},
        {"kind": "ridge", "target": "y", "regressors": ["x"], "penalty": "much"},
    ],
)
def test_a_malformed_wish_is_refused_before_it_is_signed(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument):
        parse_analysis(document)


def test_a_scorecard_gives_twenty_points_for_doubled_odds(data: Moments) -> None:
    (found,) = run_analyses(data, [{"kind": "scorecard"} | WANTED["scorecard"]])
    card, model = found["answer"], found["answer"]["model"]
    gap = card["points"]["age"]["young"] - card["points"]["age"]["old"]
    assert gap == pytest.approx(20 / math.log(2) * model["coefficients"]["old"])
    log_odds = model["intercept"] + model["coefficients"]["old"]
    total = card["offset"] + card["points"]["age"]["old"] + card["points"]["wealth"]["rich"]
    assert total == pytest.approx(600 - 20 / math.log(2) * (log_odds + math.log(50)))
