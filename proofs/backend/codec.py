"""Strict decoding and encoding between bytes and Python integers.

The encodings are those of ``proofs.backend.base``. An affine G1 point is ``(x, y)``, an affine G2
point ``(x0, x1, y0, y1)`` with x = x0 + x1*i; infinity is ``None``. Nothing is reduced silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index
from typing import TypeAlias

from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES, Buffer
from proofs.errors import (
    NonCanonicalCoordinate,
    NonCanonicalScalar,
    NotOnCurve,
    UnexpectedInfinity,
    WrongLength,
)
from proofs.field import TWO_ADICITY, P, R

__all__ = [
    "G1Affine",
    "G2Affine",
    "decode_g1",
    "decode_g2",
    "decode_scalars",
    "encode_g1",
    "encode_g2",
    "encode_scalars",
    "encode_signed",
    "require_length",
    "require_pairs",
    "require_scalar",
    "split",
]

G1Affine: TypeAlias = tuple[int, int]
G2Affine: TypeAlias = tuple[int, int, int, int]

_G1_B = 3
# b / (9 + i): the coefficient of the twist y^2 = x^3 + 3/(9 + i) (EIP-197).
_G2_B0 = 19485874751759354771024239261021720505790618469301721065564631296452457478373
_G2_B1 = 266929791119991161246907387137283842545076965332900288569378510910307636690


def split(buffer: Buffer, size: int, what: str) -> list[bytes]:
    """Cut a buffer into items of ``size`` bytes; WrongLength if it does not divide."""
    # Through memoryview, because bytes() would take an integer or a list for something else.
    raw = bytes(memoryview(buffer))
    if len(raw) % size:
        raise WrongLength(f"{what}: {len(raw)} bytes are not a multiple of {size}; pass whole elements")
    return [raw[start : start + size] for start in range(0, len(raw), size)]


def require_scalar(k: int) -> int:
    """A Python integer that is a canonical scalar; else NonCanonicalScalar."""
    if not 0 <= k < R:
        raise NonCanonicalScalar("scalar is not in [0, r); reduce it modulo r where that is meant")
    return k


def decode_scalars(buffer: Buffer) -> list[int]:
    """Scalars as integers below r; WrongLength or NonCanonicalScalar naming the index."""
    values = [int.from_bytes(item) for item in split(buffer, SCALAR_BYTES, "scalars")]
    if values and max(values) >= R:
        position = next(i for i, value in enumerate(values) if value >= R)
        raise NonCanonicalScalar(f"scalar {position} is not below the group order r")
    return values


def encode_scalars(values: Iterable[int]) -> bytes:
    """Integers in [0, r), already reduced, to 32-byte big-endian scalars."""
    return b"".join([value.to_bytes(SCALAR_BYTES) for value in values])


def encode_signed(values: Sequence[int]) -> bytes:
    """Signed integers between -r/2 and r/2 to scalars; else NonCanonicalScalar naming the index."""
    numbers = [index(value) for value in values]
    for position, number in enumerate(numbers):
        if abs(number) > R // 2:
            raise NonCanonicalScalar(f"integer {position} is not between -r/2 and r/2")
    return encode_scalars(number % R for number in numbers)


def require_length(n: int) -> int:
    """A number of elements to make; WrongLength if it is negative or beyond the largest domain."""
    if not 0 <= n <= 1 << TWO_ADICITY:
        raise WrongLength(f"{n} elements cannot be made; the number is between 0 and 2^{TWO_ADICITY}")
    return n


def require_pairs(count: int, pairs: Sequence[tuple[int, int]]) -> None:
    """Positions of vectors; WrongLength for one that is not there."""
    for i, j in pairs:
        if not (0 <= i < count and 0 <= j < count):
            raise WrongLength(f"there is no pair ({i}, {j}) of {count} vectors")


def _coordinates(item: bytes, position: int) -> tuple[int, ...]:
    numbers = tuple(int.from_bytes(item[i : i + 32]) for i in range(0, len(item), 32))
    if max(numbers) >= P:
        raise NonCanonicalCoordinate(f"point {position} has a coordinate not below the field modulus p")
    return numbers


def decode_g1(buffer: Buffer, *, allow_infinity: bool = True) -> list[G1Affine | None]:
    """Points of G1, all checked to be on the curve (whose order is r, so also in the subgroup)."""
    points: list[G1Affine | None] = []
    for position, item in enumerate(split(buffer, G1_BYTES, "G1 points")):
        x, y = _coordinates(item, position)
        if not x and not y:
            _require_infinity_allowed(allow_infinity, position)
            points.append(None)
            continue
        if (y * y - x * x * x - _G1_B) % P:
            raise NotOnCurve(f"point {position} does not satisfy y^2 = x^3 + 3")
        points.append((x, y))
    return points


def decode_g2(buffer: Buffer, *, allow_infinity: bool = True) -> list[G2Affine | None]:
    """Points on the twist; whether they lie in the subgroup is for ``proofs.backend.subgroup``."""
    points: list[G2Affine | None] = []
    for position, item in enumerate(split(buffer, G2_BYTES, "G2 points")):
        x1, x0, y1, y0 = _coordinates(item, position)
        if not (x0 or x1 or y0 or y1):
            _require_infinity_allowed(allow_infinity, position)
            points.append(None)
            continue
        # y^2 = x^3 + b, by parts: (u + v*i)^2 = u^2 - v^2 + 2uv*i.
        s0, s1 = (x0 * x0 - x1 * x1) % P, 2 * x0 * x1 % P
        real = y0 * y0 - y1 * y1 - (s0 * x0 - s1 * x1) - _G2_B0
        imaginary = 2 * y0 * y1 - (s0 * x1 + s1 * x0) - _G2_B1
        if real % P or imaginary % P:
            raise NotOnCurve(f"point {position} does not satisfy the equation of the twist")
        points.append((x0, x1, y0, y1))
    return points


def _require_infinity_allowed(allow_infinity: bool, position: int) -> None:
    if not allow_infinity:
        raise UnexpectedInfinity(
            f"point {position} is the point at infinity where a proper point is required"
        )


def encode_g1(points: Sequence[G1Affine | None]) -> bytes:
    """Affine points to 64 bytes each."""
    zero = bytes(G1_BYTES)
    return b"".join([zero if q is None else q[0].to_bytes(32) + q[1].to_bytes(32) for q in points])


def encode_g2(points: Sequence[G2Affine | None]) -> bytes:
    """Affine points to 128 bytes each, imaginary parts first (EIP-197)."""
    zero = bytes(G2_BYTES)
    order = (1, 0, 3, 2)
    return b"".join([zero if q is None else b"".join(q[i].to_bytes(32) for i in order) for q in points])
