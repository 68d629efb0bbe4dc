"""Groups, cross tables and bands from inner products equal those counted row by row."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from scheduler.agents.analysis.errors import AnalysisError
from scheduler.agents.analysis.moments import Moments
from scheduler.agents.analysis.tables import cross_table, group_by, label_bands

MakeMoments = Callable[..., Moments]
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(-50, 50)), min_size=2, max_size=40
)


def one_hot(prefix: str, values: list[int], size: int) -> dict[str, list[int]]:
    return {f"{prefix}{level}": [int(value == level) for value in values] for level in range(size)}


def table(moments: MakeMoments, rows: list[tuple[int, int, int]]) -> Moments:
    group, label, amount = (list(column) for column in zip(*rows, strict=True))
    return moments(
        one_hot("g", group, 3) | one_hot("l", label, 2) | {"label": label, "amount": amount}, {"amount": 1}
    )


@given(rows=ROWS)
def test_groups(moments: MakeMoments, rows: list[tuple[int, int, int]]) -> None:
    for level, found in enumerate(group_by(table(moments, rows), ["g0", "g1", "g2"], ["amount"])):
        amounts = [amount / 10 for group, _, amount in rows if group == level]
        assert found.count == len(amounts)
        assert found.totals["amount"] == pytest.approx(sum(amounts))
        mean = found.means["amount"]
        assert mean == pytest.approx(sum(amounts) / len(amounts)) if amounts else mean is None


@given(rows=ROWS)
def test_cross_tables(moments: MakeMoments, rows: list[tuple[int, int, int]]) -> None:
    found = cross_table(table(moments, rows), ["g0", "g1", "g2"], ["l0", "l1"])
    for group in range(3):
        for label in range(2):
            expected = sum((g, one) == (group, label) for g, one, _ in rows)
            assert found.counts[group][label] == expected
    assert found.cramers_v is None or 0 <= found.cramers_v <= 1 + 1e-12


def test_chi_square_of_a_textbook_table(moments: MakeMoments) -> None:
    """Independence of handedness and sex, 43, 9, 44, 4: chi-square 1.7774."""
    rows = [(0, 0)] * 43 + [(0, 1)] * 9 + [(1, 0)] * 44 + [(1, 1)] * 4
    first, second = (list(column) for column in zip(*rows, strict=True))
    data = moments(one_hot("a", first, 2) | one_hot("b", second, 2))
    assert cross_table(data, ["a0", "a1"], ["b0", "b1"]).chi_square == pytest.approx(1.7774, abs=1e-4)


@given(rows=ROWS.filter(lambda rows: len({label for _, label, _ in rows}) == 2))
def test_ks_and_auc_are_those_of_the_bands_as_scores(
    moments: MakeMoments, rows: list[tuple[int, int, int]]
) -> None:
    found = label_bands(table(moments, rows), ["g0", "g1", "g2"], "label")
    labels, scores = [label for _, label, _ in rows], [group for group, _, _ in rows]
    assert found.auc == pytest.approx(roc_auc_score(labels, scores))
    false_rate, true_rate, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert found.ks == pytest.approx(max(abs(true_rate - false_rate)))
    assert found.information_value == pytest.approx(sum(band.information_value for band in found.bands))


def test_weight_of_evidence_by_hand(moments: MakeMoments) -> None:
    rows = [(0, 0, 0)] * 30 + [(0, 1, 0)] * 10 + [(1, 0, 0)] * 20 + [(1, 1, 0)] * 40
    first, second, third = label_bands(table(moments, rows), ["g0", "g1", "g2"], "label").bands
    assert first.weight_of_evidence == pytest.approx(math.log(0.6 / 0.2))
    assert second.information_value == pytest.approx((0.4 - 0.8) * math.log(0.4 / 0.8))
    assert (third.good, third.bad, third.weight_of_evidence, third.bad_rate) == (0, 0, 0.0, None)


def test_a_band_without_bad_rows_has_a_finite_weight(moments: MakeMoments) -> None:
    rows = [(0, 0, 0)] * 5 + [(1, 1, 0)] * 5
    first, *_ = label_bands(table(moments, rows), ["g0", "g1", "g2"], "label").bands
    assert first.weight_of_evidence == pytest.approx(math.log((5.5 / 5) / (0.5 / 5)))


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [1, 0, 0], "b": [0, 1, 0]},  # a row without a group
        {"a": [1, 1, 0], "b": [0, 1, 1]},  # a row with two
        {"a": [2, 0, 0], "b": [-1, 1, 1]},  # adds up, but is not 0 and 1
    ],
)
def test_what_is_no_grouping_is_refused(moments: MakeMoments, columns: dict[str, list[int]]) -> None:
    with pytest.raises(AnalysisError) as refusal:
        group_by(moments(columns), ["a", "b"], [])
    assert refusal.value.code == "grouping_invalid"


def test_halves_do_not_pass_as_indicators(moments: MakeMoments) -> None:
    """In tenths, 0.5, 0.5, -0.2 and 1.2… add up like their squares without being 0 or 1."""
    data = moments({"a": [5, 5, 15, -5], "b": [5, 5, -5, 15]}, {"a": 1, "b": 1})
    with pytest.raises(AnalysisError):
        group_by(data, ["a", "b"], [])
