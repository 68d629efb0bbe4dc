"""Columns: schemas, fixed-point encoding, blinding rows, commitments, checks. PROTOCOL, *Columns*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.clock import timed
from proofs.errors import (
    ColumnValueOutOfRange,
    CommitmentInvalid,
    SchemaInvalid,
    TooManyRows,
    WrongLength,
)
from proofs.keys import ProvingKey, VerifyingKey
from proofs.randomness import Random, draw_scalars

__all__ = [
    "ONES_SCHEMA",
    "ColumnCommitment",
    "ColumnSchema",
    "blind",
    "check_commitment",
    "check_commitments",
    "check_ones",
    "commit",
    "encode_integers",
    "ones_column",
    "ones_commitment",
]

BLINDING_ROWS = 2
MAX_SCALE = 18


@dataclass(frozen=True)
class ColumnSchema:
    """Name, fixed-point scale and range of a column; minimum and maximum in units of 10^-scale."""

    name: str
    scale: int
    minimum: int
    maximum: int
    title: str = ""
    data_type: str = "integer"
    grade: int = 0

    def __post_init__(self) -> None:
        if not self.name:
            raise SchemaInvalid("a column needs a name")
        if not 0 <= self.scale <= MAX_SCALE:
            raise SchemaInvalid(f"column {self.name!r}: scale {self.scale} is not between 0 and {MAX_SCALE}")
        if self.minimum > self.maximum:
            raise SchemaInvalid(
                f"column {self.name!r}: minimum {self.minimum} is above maximum {self.maximum}"
            )
        if max(abs(self.minimum), abs(self.maximum)) >= 1 << 63:
            raise SchemaInvalid(f"column {self.name!r}: the range exceeds 64-bit integers; lower the scale")

    def document(self) -> dict[str, object]:
        """The column's entry in the dataset's schema document."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, object]) -> ColumnSchema:
        """Strict: exactly the documented keys and types, else SchemaInvalid."""
        kinds = {
            "name": str,
            "title": str,
            "scale": int,
            "minimum": int,
            "maximum": int,
            "data_type": str,
            "grade": int,
        }
        if set(document) != set(kinds):
            raise SchemaInvalid(
                f"a column's schema has exactly the keys {sorted(kinds)}, not {sorted(document)}"
            )
        for key, kind in kinds.items():
            if type(document[key]) is not kind:
                raise SchemaInvalid(
                    f"{key} of a column's schema must be {kind.__name__}, not {document[key]!r}"
                )
        return cls(**document)  # type: ignore[arg-type]  # each key's type was just checked

    def to_fixed(self, values: Sequence[object]) -> list[int]:
        """Decimal numbers to integers in units of 10^-scale (half to even). Names row and column on failure.

        Accepts int, Decimal, str and float (a float by its shortest decimal form). Does not round away
        more digits than the scale keeps silently: that is what the scale declares.
        """
        factor = Decimal(10) ** self.scale
        fixed = []
        for row, value in enumerate(values):
            try:
                number = Decimal(str(value)) * factor
                fixed.append(int(number.to_integral_value(rounding=ROUND_HALF_EVEN)))
            except (InvalidOperation, ValueError, OverflowError):
                raise ColumnValueOutOfRange(
                    f"row {row} of column {self.name!r}: {value!r} is not a finite number; clean the data"
                ) from None
        return fixed

    def check_range(self, fixed: Sequence[int]) -> None:
        """ColumnValueOutOfRange, naming the row, unless every integer lies in [minimum, maximum]."""
        if not fixed or (min(fixed) >= self.minimum and max(fixed) <= self.maximum):
            return
        row, value = next((i, v) for i, v in enumerate(fixed) if not self.minimum <= v <= self.maximum)
        raise ColumnValueOutOfRange(
            f"row {row} of column {self.name!r}: {value} is outside the schema's range "
            f"[{self.minimum}, {self.maximum}], units of 10^-{self.scale}; widen the schema or clean the data"
        )


ONES_SCHEMA = ColumnSchema(name="ones", title="Rows", scale=0, minimum=0, maximum=1)


@dataclass(frozen=True)
class ColumnCommitment:
    """What is registered for a column: F in G1, F2 the same in G2, F_kappa its proof of knowledge."""

    f: bytes
    f2: bytes
    f_kappa: bytes


def encode_integers(backend: Backend, schema: ColumnSchema, fixed: Sequence[int], n: int) -> bytes:
    """Fixed-point integers, checked against the schema, to n scalars; blinding rows are still 0.

    A negative v is r - |v|. Raises TooManyRows for more than n - 2 rows, ColumnValueOutOfRange.
    """
    if len(fixed) > n - BLINDING_ROWS:
        raise TooManyRows(
            f"column {schema.name!r} has {len(fixed)} rows, the setup holds {n - BLINDING_ROWS}; "
            "cut it into chunks or use a larger setup"
        )
    schema.check_range(fixed)
    return backend.vec_from_i64(fixed) + bytes((n - len(fixed)) * SCALAR_BYTES)


def blind(backend: Backend, column: Buffer, random: Random) -> bytes:
    """Puts two uniform scalars into rows n-2 and n-1, which makes the commitment hiding."""
    data = memoryview(column)[: len(column) - BLINDING_ROWS * SCALAR_BYTES]
    return bytes(data) + draw_scalars(backend, random, BLINDING_ROWS)


def ones_column(n: int, rows: int) -> bytes:
    """1 on the rows that are present, 0 elsewhere, no blinding: the public column 0 of every dataset."""
    if not 1 <= rows <= n - BLINDING_ROWS:
        raise TooManyRows(f"{rows} rows are not between 1 and {n - BLINDING_ROWS}, what the setup holds")
    one = (1).to_bytes(SCALAR_BYTES, "big")
    return one * rows + bytes((n - rows) * SCALAR_BYTES)


@timed
def commit(key: ProvingKey, column: Buffer) -> ColumnCommitment:
    """F = [f(tau)]1, F2 = [f(tau)]2 and F_kappa = [kappa f(tau)]1 of n scalars."""
    if len(column) != key.n * SCALAR_BYTES:
        raise WrongLength(f"a column has {key.n} scalars of 32 bytes, not {len(column)} bytes")
    return ColumnCommitment(
        f=key.lagrange.msm(column),
        f2=key.lagrange_g2.msm(column),
        f_kappa=key.lagrange_kappa.msm(column),
    )


@lru_cache(maxsize=32)
def ones_commitment(key: ProvingKey, rows: int) -> ColumnCommitment:
    """The commitment of ``ones``, a function of setup and number of rows only."""
    return commit(key, ones_column(key.n, rows))


def check_ones(key: ProvingKey, rows: int, commitment: bytes) -> None:
    """CommitmentInvalid unless ``commitment`` (F) is that of ``ones`` with this many rows."""
    if ones_commitment(key, rows).f != commitment:
        raise CommitmentInvalid(f"column 0 is not the commitment of ones over {rows} rows")


def check_commitment(backend: Backend, verifying: VerifyingKey, commitment: ColumnCommitment) -> None:
    """e(F, G2) = e(G1, F2) and e(F_kappa, G2) = e(F, [kappa]2); no point may be infinity."""
    check_commitments(backend, verifying, [commitment])


@timed
def check_commitments(
    backend: Backend, verifying: VerifyingKey, commitments: Sequence[ColumnCommitment]
) -> None:
    """All commitments; raises a MalformedInput for a bad point, CommitmentInvalid naming the column."""
    g1, g2 = backend.g1_generator(), backend.g2_generator()
    for index, commitment in enumerate(commitments):
        backend.g1_check(commitment.f + commitment.f_kappa)
        backend.g2_check(commitment.f2)
        minus_f = backend.g1_neg(commitment.f)
        if not backend.pairing_product_is_one(minus_f + g1, g2 + commitment.f2):
            raise CommitmentInvalid(f"column {index}: F2 commits to another column than F")
        check_knowledge(backend, verifying, commitment.f, commitment.f_kappa, index)


def check_knowledge(
    backend: Backend, verifying: VerifyingKey, f: bytes, f_kappa: bytes, index: int = 0
) -> None:
    """e(F_kappa, G2) = e(F, [kappa]2): whoever made F knows the column. CommitmentInvalid otherwise."""
    minus_f = backend.g1_neg(f)
    if not backend.pairing_product_is_one(f_kappa + minus_f, backend.g2_generator() + verifying.kappa2):
        raise CommitmentInvalid(f"column {index}: the proof of knowledge F_kappa does not belong to F")
