"""Statistics from a Gram matrix agree with those computed from the data itself."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proofs.columns import ONES_SCHEMA, ColumnSchema
from proofs.errors import MalformedInput
from proofs.gram import GramStatistics
from proofs.inner_product import NO_BLINDING
from proofs.opening import OpenedResult
from proofs.statement import Program, Statement

SCHEMAS = (
    ONES_SCHEMA,
    ColumnSchema("x", 0, -1000, 1000),
    ColumnSchema("w", 1, -1000, 1000),
    ColumnSchema("y", 2, -1000, 1000),
)


def gram(*columns: list[int], program: Program | None = None) -> GramStatistics:
    rows = len(columns[0])
    data = [[1] * rows, *columns]
    points = tuple(bytes([i]) * 64 for i in range(len(data)))
    statement = Statement.of_program(program or Program(bytes(32)), points, rows)
    outputs = tuple(
        sum(p * q for p, q in zip(data[a], data[b], strict=True))
        for a in statement.left
        for b in statement.right
    )
    return GramStatistics(OpenedResult(statement, outputs, NO_BLINDING), SCHEMAS[: len(data)])


INTEGERS = st.lists(
    st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-1000, 1000)),
    min_size=5,
    max_size=30,
)


@given(INTEGERS)
def test_moments_agree_with_the_data(rows: list[tuple[int, int, int]]) -> None:
    x, w, y = (list(column) for column in zip(*rows, strict=True))
    real_x, real_y = [float(v) for v in x], [v / 100 for v in y]
    result = gram(x, w, y)
    assert result.count == len(rows)
    assert result.mean("y") == pytest.approx(statistics.fmean(real_y), abs=1e-9)
    assert result.variance("x") == pytest.approx(statistics.variance(real_x), abs=1e-6)
    assert result.covariance("x", "y") == pytest.approx(statistics.covariance(real_x, real_y), abs=1e-6)
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    expected = statistics.correlation(real_x, real_y)
    assert result.correlation("x", "y") == pytest.approx(expected, abs=1e-9)


def test_a_constant_column_has_no_correlation() -> None:
    assert math.isnan(gram([1, 1, 1], [1, 2, 3], [3, 1, 2]).correlation("x", "w"))


def test_unknown_columns_and_unfit_programs_are_refused() -> None:
    with pytest.raises(MalformedInput, match="no column 'z'"):
        gram([1, 2], [2, 4], [3, 1]).mean("z")
    with pytest.raises(MalformedInput, match="symmetric"):
        gram([1, 2], [2, 4], [3, 1], program=Program(bytes(32), right_start=1))
    statement = Statement.of_program(Program(bytes(32)), (bytes(64), bytes(64)), 1)
    opened = OpenedResult(statement, (1, 1, 1, 1), NO_BLINDING)
    with pytest.raises(MalformedInput, match="must differ"):
        GramStatistics(opened, [ONES_SCHEMA, ONES_SCHEMA])
