"""Affine addition of many independent pairs of points with one shared field inversion.

Montgomery's trick makes an affine addition cost about six multiplications, less than any
projective formula, and Python integers make the multiplication the only cost that counts. Both
curves have odd order, so no point has y = 0 and doubling never divides by zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from proofs.backend.codec import G1Affine, G2Affine
from proofs.field import P

__all__ = ["G1", "G2", "Group", "batch_inverse"]

Point = TypeVar("Point")


class _AddPairs(Protocol[Point]):
    def __call__(
        self, lefts: Sequence[Point | None], rights: Sequence[Point | None]
    ) -> list[Point | None]: ...


class _Negate(Protocol[Point]):
    def __call__(self, point: Point) -> Point: ...


@dataclass(frozen=True)
class Group(Generic[Point]):
    """What the algorithms of ``proofs.backend.multiexp`` need of a group; ``None`` is infinity."""

    add_pairs: _AddPairs[Point]
    negate: _Negate[Point]


def batch_inverse(values: Sequence[int], modulus: int) -> list[int]:
    """Inverses of nonzero values with one inversion (Montgomery's trick)."""
    if not values:
        return []
    prefixes = []
    product = 1
    for value in values:
        prefixes.append(product)
        product = product * value % modulus
    inverse = pow(product, -1, modulus)
    result = [0] * len(values)
    for i in range(len(values) - 1, -1, -1):
        result[i] = inverse * prefixes[i] % modulus
        inverse = inverse * values[i] % modulus
    return result


def _g1_add_pairs(
    lefts: Sequence[G1Affine | None], rights: Sequence[G1Affine | None]
) -> list[G1Affine | None]:
    sums: list[G1Affine | None] = [None] * len(lefts)
    work: list[tuple[int, int, int, int, int]] = []
    denominators: list[int] = []
    for i, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        if left is None or right is None:
            sums[i] = left or right
            continue
        x1, y1 = left
        x2, y2 = right
        if x1 != x2:
            work.append((i, x1, y1, x2, y2 - y1))
            denominators.append(x2 - x1)
        elif y1 == y2:
            work.append((i, x1, y1, x1, 3 * x1 * x1))
            denominators.append(2 * y1)
    for (i, x1, y1, x2, numerator), inverse in zip(work, batch_inverse(denominators, P), strict=True):
        slope = numerator * inverse % P
        x3 = (slope * slope - x1 - x2) % P
        sums[i] = (x3, (slope * (x1 - x3) - y1) % P)
    return sums


def _g2_add_pairs(
    lefts: Sequence[G2Affine | None], rights: Sequence[G2Affine | None]
) -> list[G2Affine | None]:
    sums: list[G2Affine | None] = [None] * len(lefts)
    work: list[tuple[int, G2Affine, int, int, int, int, int, int]] = []
    norms: list[int] = []
    for i, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        if left is None or right is None:
            sums[i] = left or right
            continue
        a0, a1, b0, b1 = left
        c0, c1, d0, d1 = right
        if a0 != c0 or a1 != c1:
            n0, n1, m0, m1 = d0 - b0, d1 - b1, c0 - a0, c1 - a1
        elif b0 == d0 and b1 == d1:
            n0, n1, m0, m1 = 3 * (a0 * a0 - a1 * a1), 6 * a0 * a1, 2 * b0, 2 * b1
        else:
            continue
        work.append((i, left, c0, c1, n0, n1, m0, m1))
        norms.append((m0 * m0 + m1 * m1) % P)
    for (i, left, c0, c1, n0, n1, m0, m1), inverse in zip(work, batch_inverse(norms, P), strict=True):
        a0, a1, b0, b1 = left
        # slope = n / m = n * conjugate(m) / norm(m)
        s0 = (n0 * m0 + n1 * m1) % P * inverse % P
        s1 = (n1 * m0 - n0 * m1) % P * inverse % P
        x0 = ((s0 + s1) * (s0 - s1) - a0 - c0) % P
        x1 = (2 * s0 * s1 - a1 - c1) % P
        e0, e1 = a0 - x0, a1 - x1
        sums[i] = (x0, x1, (s0 * e0 - s1 * e1 - b0) % P, (s0 * e1 + s1 * e0 - b1) % P)
    return sums


def _g1_negate(point: G1Affine) -> G1Affine:
    return point[0], P - point[1]


def _g2_negate(point: G2Affine) -> G2Affine:
    x0, x1, y0, y1 = point
    return x0, x1, -y0 % P, -y1 % P


G1: Group[G1Affine] = Group(_g1_add_pairs, _g1_negate)
G2: Group[G2Affine] = Group(_g2_add_pairs, _g2_negate)
