"""Statistics read off one Gram matrix. PROTOCOL, *From inner products to programs*.

Needs a symmetric program with ``ones`` first, so that sums and the count are inner products with it.
Results are floats in the columns' own units; the integers behind them are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from proofs.columns import ColumnSchema
from proofs.errors import MalformedInput
from proofs.opening import OpenedResult

__all__ = ["GramStatistics"]


class GramStatistics:
    """Count, means, (co)variances, and correlations of the columns behind a Gram matrix."""

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

    def _index(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise MalformedInput(f"the job has no column {name!r}; it has {list(self.names)}") from None

    def _centred(self, a: int, b: int) -> Fraction:
        """Sum of (x_a - mean_a)(x_b - mean_b)."""
        return self.moment(a, b) - self.moment(0, a) * self.moment(0, b) / self.count
