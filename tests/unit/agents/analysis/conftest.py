"""Moments as a job would give them, computed here from plain whole-number columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import pytest

from scheduler.agents.analysis.moments import Moments

Columns = Mapping[str, Sequence[int]]


def moments_of(columns: Columns, scales: Mapping[str, int] | None = None) -> Moments:
    """Columns in units of 10^-scale; ``ones`` is put before them."""
    scales = scales or {}
    rows = len(next(iter(columns.values())))
    data = {"ones": [1] * rows} | {name: [int(value) for value in column] for name, column in columns.items()}
    units = {name: 10 ** scales.get(name, 0) for name in data}
    matrix = [
        [
            Fraction(sum(p * q for p, q in zip(data[a], data[b], strict=True)), units[a] * units[b])
            for b in data
        ]
        for a in data
    ]
    return Moments(list(data), matrix, scales)


@pytest.fixture(scope="session")
def moments() -> Callable[..., Moments]:
    return moments_of
