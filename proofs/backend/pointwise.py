"""Lists of points, element by element: products, and the inverse transform of points.

Every element shares the field inversions of ``Group.add_pairs``. Double and add; not constant-time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from proofs.backend.affine import Group
from proofs.backend.polynomial import powers, require_domain
from proofs.field import R, root_of_unity

__all__ = ["lagrange", "products"]

Point = TypeVar("Point")


def products(
    group: Group[Point], points: Sequence[Point | None], scalars: Sequence[int]
) -> list[Point | None]:
    """scalars[i] * points[i] for every i; both have one length."""
    sums: list[Point | None] = [None] * len(points)
    for bit in reversed(range(max((k.bit_length() for k in scalars), default=0))):
        sums = group.add_pairs(sums, sums)
        chosen = [point if k >> bit & 1 else None for point, k in zip(points, scalars, strict=True)]
        sums = group.add_pairs(sums, chosen)
    return sums


def lagrange(group: Group[Point], values: Sequence[Point | None]) -> list[Point | None]:
    """[tau^i] to [L_i(tau)]: the sum of w^(-ij) / n times point j, for every i.

    The butterflies of ``polynomial.transform``, with points for values and the inverse root.
    """
    size = len(values)
    require_domain(size)
    bits = size.bit_length() - 1
    result = [values[int(f"{i:0{bits}b}"[::-1], 2)] for i in range(size)] if bits else list(values)
    half = 1
    while half < size:
        twiddles = powers(pow(root_of_unity(2 * half), -1, R), half) * (size // (2 * half))
        lows = [i for i in range(size) if not i & half]
        evens = [result[i] for i in lows]
        odds = products(group, [result[i + half] for i in lows], twiddles)
        opposites = [None if point is None else group.negate(point) for point in odds]
        sums, differences = group.add_pairs(evens, odds), group.add_pairs(evens, opposites)
        for i, total, difference in zip(lows, sums, differences, strict=True):
            result[i], result[i + half] = total, difference
        half *= 2
    return products(group, result, [pow(size, -1, R)] * size)
