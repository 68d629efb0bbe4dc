"""The analyses that an order asks for, by name, from the result that was opened.

``analyses`` of an order is a list of documents, each with ``kind`` and the members of that kind below. They
are part of the signed order's details. An analysis that the result does not allow gives its error in place
of its answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from scheduler.agents.analysis.contributions import shapley_r_squared
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
from scheduler.agents.analysis.scorecard import ScorecardScale, scorecard
from scheduler.agents.analysis.tables import cross_table, group_by, label_bands
from scheduler.agents.decoding import decode
from scheduler.agents.errors import MalformedDocument

__all__ = ["KINDS", "Analysis", "parse_analysis", "run_analyses"]


class Analysis(Protocol):
    """An analysis with its members filled in."""

    def run(self, moments: Moments) -> Any:
        """Its answer as a JSON document. Raises AnalysisError."""
        ...


@dataclass(frozen=True)
class LeastSquares:
    target: str
    regressors: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return asdict(least_squares(moments, self.target, self.regressors))


@dataclass(frozen=True)
class Ridge:
    target: str
    regressors: tuple[str, ...]
    penalty: float

    def run(self, moments: Moments) -> Any:
        return asdict(ridge(moments, self.target, self.regressors, self.penalty))


@dataclass(frozen=True)
class LinearDiscriminant:
    label: str
    regressors: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return asdict(linear_discriminant(moments, self.label, self.regressors))


@dataclass(frozen=True)
class LogisticStep:
    label: str
    regressors: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return asdict(logistic_step(moments, self.label, self.regressors))


@dataclass(frozen=True)
class InflationFactors:
    regressors: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return inflation_factors(moments, self.regressors)


@dataclass(frozen=True)
class GroupBy:
    groups: tuple[str, ...]
    measures: tuple[str, ...] = ()

    def run(self, moments: Moments) -> Any:
        return [asdict(row) for row in group_by(moments, self.groups, self.measures)]


@dataclass(frozen=True)
class CrossTable:
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return asdict(cross_table(moments, self.rows, self.columns))


@dataclass(frozen=True)
class LabelBands:
    """Weight of evidence, information value, KS and AUC of a feature's bands, in their order."""

    label: str
    bands: tuple[str, ...]

    def run(self, moments: Moments) -> Any:
        return asdict(label_bands(moments, self.bands, self.label))


@dataclass(frozen=True)
class Scorecard:
    """Features in bands, the first band of each left out of the model as the base."""

    label: str
    features: dict[str, tuple[str, ...]]
    model: str = "logistic_step"
    scale: ScorecardScale = field(default_factory=ScorecardScale)

    def run(self, moments: Moments) -> Any:
        regressors = [band for bands in self.features.values() for band in bands[1:]]
        model = self._fit(moments, regressors)
        return {"model": asdict(model)} | asdict(scorecard(model, self.features, self.scale))

    def _fit(self, moments: Moments, regressors: Sequence[str]) -> LinearModel:
        if self.model == "logistic_step":
            return logistic_step(moments, self.label, regressors)
        if self.model == "linear_discriminant":
            return linear_discriminant(moments, self.label, regressors)
        raise AnalysisError(
            "model_unknown",
            f"A scorecard cannot be made of the model {self.model!r}.",
            "Choose logistic_step or linear_discriminant.",
        )


@dataclass(frozen=True)
class Contributions:
    """Shapley values of R², by party."""

    target: str
    parties: dict[str, tuple[str, ...]]

    def run(self, moments: Moments) -> Any:
        return shapley_r_squared(moments, self.target, self.parties)


KINDS: dict[str, type[Analysis]] = {
    "least_squares": LeastSquares,
    "ridge": Ridge,
    "linear_discriminant": LinearDiscriminant,
    "logistic_step": LogisticStep,
    "inflation_factors": InflationFactors,
    "group_by": GroupBy,
    "cross_table": CrossTable,
    "label_bands": LabelBands,
    "scorecard": Scorecard,
    "contributions": Contributions,
}


def parse_analysis(document: dict[str, Any]) -> Analysis:
    """Strict: a known kind and exactly its members, else MalformedDocument."""
    kind = document.get("kind")
    if kind not in KINDS:
        raise MalformedDocument(
            "analysis_unknown", f"There is no analysis {kind!r}.", f"Known kinds are: {', '.join(KINDS)}."
        )
    members = {name: value for name, value in document.items() if name != "kind"}
    return decode(KINDS[kind], members, where=f"analysis {kind}", strict=True)


def run_analyses(moments: Moments, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each document as ``wanted``, with its ``answer``, or ``error`` with code, detail and remedy."""
    return [_run(moments, document) for document in wanted]


def _run(moments: Moments, document: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"wanted": document, "answer": parse_analysis(document).run(moments)}
    except (AnalysisError, MalformedDocument) as error:
        trouble = {"code": error.code, "detail": error.detail, "remedy": error.remedy}
        return {"wanted": document, "error": trouble}
