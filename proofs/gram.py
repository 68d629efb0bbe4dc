"""Statistics read off one Gram matrix. PROTOCOL, *From inner products to programs*.

Needs a symmetric program with ``ones`` first, so that sums and the count are inner products with it.
Results are floats in the columns' own units; the integers behind them are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs.columns import ColumnSchema
from proofs.errors import MalformedInput
from proofs.opening import OpenedResult

__all__ = ["GramStatistics", "LeastSquares"]


@dataclass(frozen=True)
class LeastSquares:
    """An ordinary least-squares fit: coefficients by column name; that of ``ones`` is the intercept."""

    target: str
    coefficients: dict[str, float]
    r_squared: float


class GramStatistics:
    """Count, means, (co)variances, correlations and least squares of the columns behind a Gram matrix."""

    def __init__(self, opened: OpenedResult, schemas: Sequence[ColumnSchema]) -> None:
        if not opened.statement.is_symmetric or opened.statement.left[0] != 0:
            raise MalformedInput("these statistics need a symmetric Gram program over all columns")
        self._opened = opened
        self._schemas = tuple(schemas)
        self.names = tuple(schema.name for schema in schemas)
        if len(set(self.names)) != len(self.names):
            raise MalformedInput("column names of one job must differ; rename them in the schemas")

    @property
    def count(self) -> int:
        """<ones, ones>: the number of rows."""
        return self._opened.at(0, 0)

    def moment(self, a: int, b: int) -> Fraction:
        """<column a, column b> in the columns' own units, exact."""
        return Fraction(self._opened.at(a, b), 10 ** (self._schemas[a].scale + self._schemas[b].scale))

    def mean(self, name: str) -> float:
        return float(self.moment(0, self._index(name)) / self.count)

    def covariance(self, first: str, second: str) -> float:
        """Sample covariance (n - 1)."""
        return float(self._centred(self._index(first), self._index(second)) / (self.count - 1))

    def variance(self, name: str) -> float:
        return self.covariance(name, name)

    def correlation(self, first: str, second: str) -> float:
        """Pearson's; NaN if a column is constant."""
        a, b = self._index(first), self._index(second)
        spread = self._centred(a, a) * self._centred(b, b)
        return float(self._centred(a, b)) / math.sqrt(spread) if spread > 0 else math.nan

    def least_squares(self, target: str, regressors: Sequence[str]) -> LeastSquares:
        """Regression of ``target`` on ``ones`` and the regressors by the normal equations, solved exactly.

        Raises MalformedInput if the regressors are linearly dependent.
        """
        t = self._index(target)
        order = [0, *(self._index(name) for name in regressors)]
        matrix = [[self.moment(a, b) for b in order] for a in order]
        solution = _solve(matrix, [self.moment(a, t) for a in order])
        total = self._centred(t, t)
        explained = sum(x * self.moment(a, t) for x, a in zip(solution, order, strict=True))
        residual = self.moment(t, t) - explained
        return LeastSquares(
            target=target,
            coefficients={self.names[a]: float(x) for a, x in zip(order, solution, strict=True)},
            r_squared=float(1 - residual / total) if total else math.nan,
        )

    def _index(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise MalformedInput(f"the job has no column {name!r}; it has {list(self.names)}") from None

    def _centred(self, a: int, b: int) -> Fraction:
        """Sum of (x_a - mean_a)(x_b - mean_b)."""
        return self.moment(a, b) - self.moment(0, a) * self.moment(0, b) / self.count


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss-Jordan elimination over the rationals."""
    size = len(matrix)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = next((i for i in range(column, size) if rows[i][column]), None)
        if pivot is None:
            raise MalformedInput("the regressors are linearly dependent; leave one out")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for i in range(size):
            if i != column and rows[i][column]:
                factor = rows[i][column]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[column], strict=True)]
    return [row[size] for row in rows]
