"""``connector.toml``: datasets with their schemas, and the licences that are offered on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from proofs.columns import ColumnSchema
from proofs.errors import SchemaInvalid
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.errors import ConfigurationError

__all__ = ["ColumnSection", "ConnectorConfig", "DatasetSection", "OfferSection", "ProgramSection"]


@dataclass(frozen=True)
class ColumnSection:
    """A column: minimum and maximum in the data's own unit, exactly representable with ``scale`` decimals."""

    name: str
    minimum: Any
    maximum: Any
    scale: int = 0
    title: str = ""
    type: str = "integer"
    grade: int = 0
    source: str = ""
    """Name in the table; empty: the column's name."""
    equals: Any = None
    """Makes an indicator: 1 where the table has this value ("" for no value), else 0."""
    at_least: Any = None
    below: Any = None
    """Make an indicator: 1 where at_least ≤ value < below (each may be left out), else 0."""

    def __post_init__(self) -> None:
        if self.is_indicator and (self.scale, str(self.minimum), str(self.maximum)) != (0, "0", "1"):
            raise ConfigurationError(
                "schema_invalid",
                f"Column {self.name!r} is an indicator, so its minimum is 0, its maximum 1, its scale 0.",
                "Correct the column.",
            )
        if self.equals is not None and (self.at_least is not None or self.below is not None):
            raise ConfigurationError(
                "schema_invalid",
                f"Column {self.name!r} has both equals and a range.",
                "Keep one of them.",
            )

    @property
    def is_indicator(self) -> bool:
        """Whether the column is 0/1 by a rule on the table's values: a category, or a band."""
        return any(rule is not None for rule in (self.equals, self.at_least, self.below))

    def schema(self) -> ColumnSchema:
        """As committed and published. Raises ConfigurationError."""
        try:
            return ColumnSchema(
                name=self.name,
                title=self.title,
                scale=self.scale,
                minimum=self._bound(self.minimum),
                maximum=self._bound(self.maximum),
                data_type=self.type,
                grade=self.grade,
            )
        except SchemaInvalid as error:
            raise ConfigurationError("schema_invalid", f"{error}.", "Correct the column.") from None

    def _bound(self, value: Any) -> int:
        try:
            scaled = Decimal(str(value)).scaleb(self.scale)
            if scaled != scaled.to_integral_value():
                raise InvalidOperation
            return int(scaled)
        except (InvalidOperation, OverflowError, ValueError):
            raise ConfigurationError(
                "schema_invalid",
                f"The bound {value!r} of column {self.name!r} is no number with {self.scale} decimals.",
                "Correct the bound or raise the scale.",
            ) from None


@dataclass(frozen=True)
class DatasetSection:
    """A table: CSV or Parquet file, or a query on a DuckDB database file."""

    name: str
    title: str
    source: str
    columns: tuple[ColumnSection, ...]
    grade: int = 0
    rows: int | None = None
    """Expected number of rows; another number is an error."""
    order_by: str = ""
    """Column by which rows are ordered, the same for every party of a joint job; empty: as in the file."""
    setup_id: str = ""
    capacity: int = 0
    """Which of the market's setups, if ``setup_id`` is not given."""

    def schemas(self) -> tuple[ColumnSchema, ...]:
        """Schemas of columns 1, 2, …"""
        return tuple(column.schema() for column in self.columns)


@dataclass(frozen=True)
class ProgramSection:
    """A Gram program of the dataset's setup."""

    left_count: int = 0
    right_start: int = 0


@dataclass(frozen=True)
class OfferSection:
    """A licence that this provider signs by itself, once."""

    name: str
    dataset: str
    consumer: str
    """Address of the consumer, or the organisation whose only consumer party is meant."""
    columns: tuple[str, ...]
    runs: int
    price_per_run: int
    cells: int = 0
    """0: enough for all runs on all licensed columns."""
    outputs: int = 0
    """0: 4096 for each run."""
    valid_days: int = 365
    programs: tuple[ProgramSection, ...] = (ProgramSection(),)
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConnectorConfig(PartyConfig):
    """A connector's configuration."""

    datasets: tuple[DatasetSection, ...] = ()
    offers: tuple[OfferSection, ...] = ()
    allow_development_setup: bool = True
    drain_seconds: float = 20.0
