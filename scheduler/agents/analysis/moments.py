"""The proven inner products of a job's columns, exact, in the columns' own units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduler.agents.analysis.errors import AnalysisError

__all__ = ["Moments", "Vector"]

ONES = "ones"
Vector = npt.NDArray[np.float64]


class Moments:
    """Inner products <a, b> of named columns; the first column is ``ones``.

    ``matrix`` is square and symmetric, one line for each name; ``scales`` holds the decimals of columns
    that are not whole numbers. Raises AnalysisError for another shape.
    """

    def __init__(
        self,
        names: Sequence[str],
        matrix: Sequence[Sequence[Fraction]],
        scales: Mapping[str, int] | None = None,
    ) -> None:
        self.names = tuple(names)
        self._scales = dict(scales or {})
        self._matrix = tuple(tuple(line) for line in matrix)
        self._index = {name: index for index, name in enumerate(self.names)}
        if not self.names or self.names[0] != ONES:
            raise AnalysisError(
                "moments_need_ones", "The first column must be 'ones'.", "Run the Gram program."
            )
        if len(self._index) != len(self.names):
            raise AnalysisError(
                "column_names_repeat",
                "Two columns of the job have the same name.",
                "Rename one in its schema.",
            )
        if any(len(line) != len(self.names) for line in self._matrix) or len(self._matrix) != len(self.names):
            raise AnalysisError(
                "moments_not_square",
                "These analyses need the inner products of all columns with all columns.",
                "Run the Gram program over one list of columns.",
            )
        if self.count <= 0:
            raise AnalysisError("no_rows", "The job has no rows.", "Check the datasets.")

    @classmethod
    def of_result(cls, result: dict[str, Any]) -> Moments:
        """From a result document (``consumer/result.py``) of a symmetric Gram program."""
        if result["left"] != result["right"]:
            raise AnalysisError(
                "moments_not_square",
                "This program's result has other columns to the left than to the right.",
                "Run the Gram program over one list of columns.",
            )
        matrix = [[Fraction(value) for value in line] for line in result["outputs"]]
        return cls(result["left"], matrix, {column["name"]: column["scale"] for column in result["columns"]})

    @property
    def count(self) -> int:
        """<ones, ones>: the number of rows."""
        return int(self._matrix[0][0])

    def inner(self, first: str, second: str) -> Fraction:
        """<first, second>, exact."""
        return self._matrix[self._at(first)][self._at(second)]

    def is_whole(self, name: str) -> bool:
        """Whether the column's values are whole numbers by its schema."""
        self._at(name)
        return self._scales.get(name, 0) == 0

    def is_indicator(self, name: str) -> bool:
        """Whether every value is 0 or 1: Σ v² = Σ v, and v² > v for every other whole number."""
        return self.is_whole(name) and self.inner(name, name) == self.total(name)

    def total(self, name: str) -> Fraction:
        """The sum of a column."""
        return self.inner(ONES, name)

    def mean(self, name: str) -> float:
        return float(self.total(name) / self.count)

    def means(self, names: Sequence[str]) -> Vector:
        return np.array([self.mean(name) for name in names], dtype=np.float64)

    def scatter(self, first: str, second: str) -> Fraction:
        """Σ (a - mean a)(b - mean b), exact: nothing cancels in floating point."""
        return self.inner(first, second) - self.total(first) * self.total(second) / self.count

    def scatter_matrix(self, names: Sequence[str], others: Sequence[str] | None = None) -> Vector:
        """Scatter of ``names`` with ``others`` (the same, if not given); shape (names, others)."""
        against = names if others is None else others
        lines = [[float(self.scatter(first, second)) for second in against] for first in names]
        return np.array(lines, dtype=np.float64).reshape(len(names), len(against))

    def _at(self, name: str) -> int:
        try:
            return self._index[name]
        except KeyError:
            raise AnalysisError(
                "column_unknown",
                f"The job has no column {name!r}; it has {', '.join(self.names)}.",
                "Name one of these.",
                column=name,
            ) from None
