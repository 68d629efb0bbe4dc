"""The connector reads tables by their declared schema and names row and column of what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from scheduler.agents.connector.config import ColumnSection, DatasetSection
from scheduler.agents.connector.ingest import read_table
from scheduler.agents.errors import ConfigurationError, IngestError

TABLE = DatasetSection(
    name="calls",
    title="Calls",
    source="calls.csv",
    columns=(
        ColumnSection(name="minutes", minimum=0, maximum=100, scale=0),
        ColumnSection(name="charge", minimum="-5.50", maximum=99.5, scale=2, source="amount"),
    ),
)


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text("id,minutes,amount\n" + "".join(line + "\n" for line in lines))
    return path


def test_values_become_integers_in_units_of_the_scale(tmp_path: Path) -> None:
    assert read_table(TABLE, write(tmp_path, "1,10,1.25", "2,0,-5.5", "3,100,7")) == [
        [10, 0, 100],
        [125, -550, 700],
    ]


def test_rows_are_brought_into_the_order_of_the_key(tmp_path: Path) -> None:
    path = write(tmp_path, "b,1,1", "a,2,2", "c,3,3")
    assert read_table(replace(TABLE, order_by="id"), path)[0] == [2, 1, 3]


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    csv, parquet = write(tmp_path, "1,10,1.25", "2,0,2.5"), tmp_path / "calls.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{parquet}' (FORMAT parquet)")
    assert read_table(TABLE, parquet) == read_table(TABLE, csv)


@pytest.mark.parametrize(
    ("line", "code", "row", "column"),
    [
        ("2,101,1", "value_out_of_range", 2, "minutes"),
        ("2,-1,1", "value_out_of_range", 2, "minutes"),
        ("2,1,99.51", "value_out_of_range", 2, "charge"),
        ("2,,1", "value_missing", 2, "minutes"),
        ("2,1,", "value_missing", 2, "charge"),
        ("2,many,1", "value_not_number", 2, "minutes"),
        ("2,1,NaN", "value_not_number", 2, "charge"),
        ("2,1,Infinity", "value_not_number", 2, "charge"),
        ("2,1,0.001", "value_too_fine", 2, "charge"),
        ("2,1.5,1", "value_too_fine", 2, "minutes"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_to_do(
    tmp_path: Path, line: str, code: str, row: int, column: str
) -> None:
    with pytest.raises(IngestError) as caught:
        read_table(TABLE, write(tmp_path, "1,10,1", line))
    assert caught.value.code == code
    assert caught.value.context == {"row": row, "column": column}
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("section", "code"),
    [
        (replace(TABLE, rows=3), "row_count_wrong"),
        (replace(TABLE, order_by="customer"), "column_missing"),
        (replace(TABLE, order_by="minutes"), "order_ambiguous"),
        (replace(TABLE, columns=(ColumnSection(name="age", minimum=0, maximum=1),)), "column_missing"),
    ],
)
def test_a_table_of_another_shape_is_refused(tmp_path: Path, section: DatasetSection, code: str) -> None:
    with pytest.raises(IngestError) as caught:
        read_table(section, write(tmp_path, "1,10,1", "2,10,1"))
    assert caught.value.code == code


def test_a_source_that_is_missing_empty_or_of_unknown_kind_is_reported(tmp_path: Path) -> None:
    for path, code in (
        (tmp_path / "none.csv", "source_missing"),
        (write(tmp_path), "table_empty"),
        (Path(__file__), "source_unknown"),
    ):
        with pytest.raises(IngestError) as caught:
            read_table(TABLE, path)
        assert caught.value.code == code


def test_a_damaged_file_is_reported_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(IngestError) as caught:
        read_table(TABLE, path)
    assert caught.value.code == "source_unreadable"


def test_a_column_name_with_quotes_cannot_change_the_query(tmp_path: Path) -> None:
    column = ColumnSection(name="x", minimum=0, maximum=1, source='minutes" FROM other; --')
    with pytest.raises(IngestError) as caught:
        read_table(replace(TABLE, columns=(column,)), write(tmp_path, "1,1,1"))
    assert caught.value.code == "column_missing"


@pytest.mark.parametrize("bound", ["0.5", "many", "Infinity"])
def test_a_bound_that_the_scale_cannot_hold_is_a_configuration_error(bound: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ColumnSection(name="x", minimum=bound, maximum=10).schema()
    assert caught.value.code == "schema_invalid"


def indicator(**rule: object) -> ColumnSection:
    return ColumnSection(name="flag", minimum=0, maximum=1, **rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"source": "id", "equals": "b"}, [0, 1, 0]),
        ({"source": "amount", "equals": ""}, [0, 0, 1]),
        ({"source": "minutes", "at_least": 10}, [1, 0, 1]),
        ({"source": "minutes", "below": "10.0"}, [0, 1, 0]),
        ({"source": "minutes", "at_least": 9, "below": 11}, [1, 0, 0]),
    ],
)
def test_categories_and_bands_become_indicators(
    tmp_path: Path, rule: dict[str, object], expected: list[int]
) -> None:
    table = replace(TABLE, columns=(indicator(**rule),))
    assert read_table(table, write(tmp_path, "a,10,1.5", "b,3,1", "c,11,")) == [expected]


def test_a_band_needs_a_number(tmp_path: Path) -> None:
    for line, code in (("b,many,1", "value_not_number"), ("b,,1", "value_missing")):
        with pytest.raises(IngestError) as refusal:
            read_table(
                replace(TABLE, columns=(indicator(source="minutes", below=3),)),
                write(tmp_path, "a,1,1", line),
            )
        assert (refusal.value.code, refusal.value.context["row"]) == (code, 2)


def test_an_indicator_declares_0_and_1_and_one_rule() -> None:
    with pytest.raises(ConfigurationError, match="indicator"):
        ColumnSection(name="flag", minimum=0, maximum=5, equals="x")
    with pytest.raises(ConfigurationError, match="both"):
        indicator(equals="x", below=3)
