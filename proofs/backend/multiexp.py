"""Sums, multi-scalar multiplication and fixed-base multiples over a ``Group``.

Pippenger's bucket method with signed digits (Bernstein-Doumen-Lange-Oosterwijk, INDOCRYPT 2012).
A scalar k > r/2 counts as -(r-k) with the point negated, and windows reach only to the longest
scalar that is there, so columns of small signed integers are fast. For points of G2 outside the
subgroup of order r the result of such a negated scalar is unspecified.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from proofs.backend.affine import Group
from proofs.field import signed

__all__ = ["multiples", "multiply_sum", "scale_all", "total"]

Point = TypeVar("Point")


def total(group: Group[Point], points: Sequence[Point | None]) -> Point | None:
    """Sum of all points; ``None`` for an empty list."""
    bucket = [point for point in points if point is not None]
    _collapse(group, [bucket])
    return bucket[0] if bucket else None


def multiply_sum(group: Group[Point], points: Sequence[Point | None], scalars: Sequence[int]) -> Point | None:
    """Sum of scalars[i] * points[i]; both have one length."""
    terms = [
        (point, group.negate(point), signed(scalar))
        for point, scalar in zip(points, scalars, strict=True)
        if point is not None and scalar
    ]
    if not terms:
        return None
    bits = max(abs(scalar).bit_length() for _, _, scalar in terms)
    width = _bucket_width(len(terms), bits)
    half, windows = 1 << (width - 1), _window_count(bits, width)
    buckets: list[list[Point]] = [[] for _ in range(windows * half)]
    for point, opposite, scalar in terms:
        for window, digit in enumerate(_digits(scalar, width, windows)):
            if digit > 0:
                buckets[window * half + digit - 1].append(point)
            elif digit:
                buckets[window * half - digit - 1].append(opposite)
    _collapse(group, buckets)
    columns = [[bucket[0] if bucket else None for bucket in buckets[d::half]] for d in range(half)]
    sums = _weighted(group, columns)
    return _horner(group, sums, width)


def multiples(group: Group[Point], point: Point, scalars: Sequence[int]) -> list[Point | None]:
    """scalars[i] * point for every i, through a table of the point's window multiples."""
    shorts = [signed(scalar) for scalar in scalars]
    bits = max((abs(scalar).bit_length() for scalar in shorts), default=0)
    if not bits:
        return [None] * len(shorts)
    width = _table_width(len(shorts), bits)
    half, windows = 1 << (width - 1), _window_count(bits, width)
    starts: list[Point | None] = [point]
    for _ in range(windows - 1):
        starts.append(_double(group, starts[-1], width))
    rows: list[list[Point | None]] = [[None] * windows, starts]
    for _ in range(half - 1):
        rows.append(group.add_pairs(rows[-1], starts))
    rows += [[None if q is None else group.negate(q) for q in row] for row in rows[:0:-1]]
    digits = [_digits(scalar, width, windows) for scalar in shorts]
    sums: list[Point | None] = [None] * len(shorts)
    for window in range(windows):
        # rows[-d] holds the negative multiples, so a digit is itself the index.
        sums = group.add_pairs(sums, [rows[own[window]][window] for own in digits])
    return sums


def scale_all(group: Group[Point], points: Sequence[Point | None], naf: Sequence[int]) -> list[Point | None]:
    """The same constant times every point; ``naf`` holds its digits -1, 0, 1, lowest first."""
    sums: list[Point | None] = [None] * len(points)
    opposites = [None if point is None else group.negate(point) for point in points]
    for digit in reversed(naf):
        sums = group.add_pairs(sums, sums)
        if digit:
            sums = group.add_pairs(sums, points if digit > 0 else opposites)
    return sums


def _collapse(group: Group[Point], buckets: Sequence[list[Point]]) -> None:
    """Reduce every bucket in place to at most one point, pairs from all of them at once."""
    crowded = [bucket for bucket in buckets if len(bucket) > 1]
    while crowded:
        lefts: list[Point] = []
        rights: list[Point] = []
        for bucket in crowded:
            even = len(bucket) & ~1
            lefts += bucket[0:even:2]
            rights += bucket[1:even:2]
        sums = group.add_pairs(lefts, rights)
        start = 0
        for bucket in crowded:
            half = len(bucket) // 2
            bucket[: 2 * half] = [point for point in sums[start : start + half] if point is not None]
            start += half
        crowded = [bucket for bucket in crowded if len(bucket) > 1]


def _weighted(group: Group[Point], columns: Sequence[Sequence[Point | None]]) -> list[Point | None]:
    """Per window the sum of (d+1) * columns[d][window], by running sums from the top digit."""
    running: list[Point | None] = [None] * len(columns[0])
    weighted = running
    for column in reversed(columns):
        running = group.add_pairs(running, column)
        weighted = group.add_pairs(weighted, running)
    return weighted


def _horner(group: Group[Point], windows: Sequence[Point | None], width: int) -> Point | None:
    result: Point | None = None
    for window in reversed(windows):
        result = group.add_pairs([_double(group, result, width)], [window])[0]
    return result


def _double(group: Group[Point], point: Point | None, times: int) -> Point | None:
    for _ in range(times):
        point = group.add_pairs([point], [point])[0]
    return point


def _digits(scalar: int, width: int, windows: int) -> list[int]:
    """Digits d_w in [-2^(width-1), 2^(width-1)] with the sum of d_w * 2^(width*w) = scalar."""
    sign, rest = (-1, -scalar) if scalar < 0 else (1, scalar)
    base, half = 1 << width, 1 << (width - 1)
    digits = [0] * windows
    for window in range(windows):
        if not rest:
            break
        digit = rest & (base - 1)
        rest >>= width
        if digit > half:
            digit -= base
            rest += 1
        digits[window] = sign * digit
    return digits


def _window_count(bits: int, width: int) -> int:
    # One spare bit takes the carry of the highest digit.
    return -(-(bits + 1) // width)


def _bucket_width(count: int, bits: int) -> int:
    """Window with the fewest additions; an inversion is worth about twelve of them."""

    def additions(width: int) -> int:
        windows = _window_count(bits, width)
        return windows * (count + (1 << width)) + 12 * ((1 << width) + windows)

    return min(range(2, 17), key=additions)


def _table_width(count: int, bits: int) -> int:
    def additions(width: int) -> int:
        return _window_count(bits, width) * (count + (1 << (width - 1))) + 12 * (1 << (width - 1))

    return min(range(2, 13), key=additions)
