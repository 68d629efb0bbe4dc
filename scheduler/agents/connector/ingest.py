"""Reading a table by its declared schema, through DuckDB. Nothing is guessed, rounded or filled in.

CSV fields are read as text, so that decimals are exact. Every value must be present, a finite number,
without more decimals than the scale keeps, and inside the declared range; the first one that is not is
named by row and column. Rows are counted from 1, without the header.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from proofs.columns import ColumnSchema
from scheduler.agents.connector.config import ColumnSection, DatasetSection
from scheduler.agents.errors import IngestError

__all__ = ["read_table"]


def read_table(section: DatasetSection, path: Path) -> list[list[int]]:
    """One list of fixed-point integers for each declared column. Raises IngestError."""
    rows = _fetch(section, path)
    if not rows:
        raise IngestError("table_empty", f"{path.name} has no rows.", "Check the source.")
    if section.rows is not None and len(rows) != section.rows:
        raise IngestError(
            "row_count_wrong",
            f"{path.name} has {len(rows)} rows, the configuration expects {section.rows}.",
            "Complete the table, or correct rows in the configuration.",
            rows=len(rows),
        )
    return [
        _fixed_column(column, column.schema(), [row[index] for row in rows])
        for index, column in enumerate(section.columns)
    ]


def _fetch(section: DatasetSection, path: Path) -> list[tuple[Any, ...]]:
    if not path.is_file():
        raise IngestError(
            "source_missing", f"There is no file {path}.", "Correct source in the configuration."
        )
    names = [column.source or column.name for column in section.columns]
    wanted = names + ([section.order_by] if section.order_by else [])
    with duckdb.connect(":memory:", config={"threads": 1}) as database:
        try:
            table = _table(path)
            describe = f"DESCRIBE SELECT * FROM {table}"  # noqa: S608 - one of two constants
            present = [row[0] for row in _query(database, describe, path)]
            if missing := [name for name in wanted if name not in present]:
                raise IngestError(
                    "column_missing",
                    f"{path.name} has no column {missing[0]!r}; it has {', '.join(present)}.",
                    "Correct the column's source in the configuration.",
                    column=missing[0],
                )
            query = f"SELECT {', '.join(map(_quoted, names))} FROM {table}"  # noqa: S608 - quoted names
            if section.order_by:
                _refuse_ambiguous_order(database, table, section.order_by, path)
                query += f" ORDER BY {_quoted(section.order_by)}"
            return _query(database, query, path)
        except duckdb.Error as error:
            raise IngestError(
                "source_unreadable",
                f"{path.name} cannot be read: {str(error).splitlines()[0]}",
                "It must be CSV with a header, or Parquet.",
            ) from None


def _table(path: Path) -> str:
    """DuckDB's table function for the file; the path itself is a parameter of the query."""
    if path.suffix.lower() in (".parquet", ".pq"):
        return "read_parquet(?)"
    if path.suffix.lower() in (".csv", ".tsv", ".gz", ".txt"):
        return "read_csv(?, header = true, all_varchar = true)"
    raise IngestError(
        "source_unknown", f"{path.name} is neither CSV nor Parquet by its name.", "Name it .csv or .parquet."
    )


def _query(database: duckdb.DuckDBPyConnection, query: str, path: Path) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = database.execute(query, [str(path)]).fetchall()
    return rows


def _refuse_ambiguous_order(database: duckdb.DuckDBPyConnection, table: str, key: str, path: Path) -> None:
    """Parties must bring their rows into the same order, so the key must be there and unique."""
    quoted = _quoted(key)
    query = f"SELECT count(*), count({quoted}), count(DISTINCT {quoted}) FROM {table}"  # noqa: S608
    if len(set(_query(database, query, path)[0])) != 1:
        raise IngestError(
            "order_ambiguous",
            f"{path.name}: {key!r} is not there or not different in every row, so the order is not fixed.",
            "Order by a key that every row has once.",
            column=key,
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fixed_column(column: ColumnSection, schema: ColumnSchema, values: Sequence[Any]) -> list[int]:
    return [_fixed(column, schema, row, value) for row, value in enumerate(values, start=1)]


def _in_band(column: ColumnSection, value: Decimal) -> bool:
    """at_least ≤ value < below."""
    return (column.at_least is None or value >= Decimal(str(column.at_least))) and (
        column.below is None or value < Decimal(str(column.below))
    )


def _fixed(column: ColumnSection, schema: ColumnSchema, row: int, value: Any) -> int:
    place = {"row": row, "column": column.name}
    where = f"Row {row} of column {column.name!r}"
    if column.equals is not None:
        return int(("" if value is None else str(value)) == str(column.equals))
    if value is None or value == "":
        raise IngestError(
            "value_missing",
            f"{where} is empty.",
            "Fill it by a rule that you state, or leave the row out for every party.",
            **place,
        )
    try:
        exact = Decimal(str(int(value) if isinstance(value, bool) else value))
        scaled = exact.scaleb(schema.scale)
        number = int(scaled)
    except (InvalidOperation, OverflowError, ValueError):
        raise IngestError(
            "value_not_number", f"{where} is {value!r}, not a finite number.", "Clean the data.", **place
        ) from None
    if column.is_indicator:
        return int(_in_band(column, exact))
    if scaled != number:
        raise IngestError(
            "value_too_fine",
            f"{where} is {value}, which has more than {schema.scale} decimals.",
            "Raise the column's scale, or round the data by a rule that you state.",
            **place,
        )
    if not schema.minimum <= number <= schema.maximum:
        raise IngestError(
            "value_out_of_range",
            f"{where} is {value}, outside the declared range {column.minimum} to {column.maximum}.",
            "Widen the range in the schema, or clean the data.",
            **place,
        )
    return number
