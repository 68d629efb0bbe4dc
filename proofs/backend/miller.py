"""A Miller loop shared by many pairs of points, for the reference backend.

The optimal ate pairing of BN254 (Vercauteren, eprint 2008/096) in the tower of py_ecc: F_p^12 is
F_p[w] / (w^12 - 18 w^6 + 82) with i = w^6 - 9, and the twist is undone by (x, y) -> (x w^2, y w^3). The
line of slope m (in F_p^2, on the twist) through (x, y), at P, is then y_P - m x_P w + (m x - y) w^3: five
of twelve coefficients. All pairs share each squaring and each inversion, which is what py_ecc's own loop,
one pair at a time with numerators and denominators apart, cannot do. The final exponentiation is py_ecc's,
and a test compares the whole with py_ecc's pairing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from proofs.backend.affine import batch_inverse
from proofs.backend.codec import G1Affine, G2Affine
from proofs.backend.subgroup import psi
from proofs.field import BN_U_NAF, P

__all__ = ["multi_miller_loop"]

Coefficients: TypeAlias = list[int]
"""Of 1, w ... w^11."""

_LOOP = 6 * sum(digit << position for position, digit in enumerate(BN_U_NAF)) + 2


def _signed_digits(number: int) -> list[int]:
    """Non-adjacent form, lowest digit first."""
    digits = []
    while number:
        digit = 2 - number % 4 if number & 1 else 0
        digits.append(digit)
        number = (number - digit) // 2
    return digits


_DIGITS = _signed_digits(_LOOP)


def multi_miller_loop(pairs: Sequence[tuple[G1Affine, G2Affine]]) -> Coefficients:
    """The product of the Miller values of (P, Q), all Q in the subgroup, as coefficients of w^0 ... w^11."""
    evaluated_at = [left for left, _ in pairs]
    rights = [right for _, right in pairs]
    opposites = [_negated(right) for right in rights]
    running = list(rights)
    value = [1] + [0] * 11

    def step(others: Sequence[G2Affine]) -> None:
        nonlocal value, running
        slopes = _slopes(running, others)
        for (x, y), slope, point in zip(evaluated_at, slopes, running, strict=True):
            value = _times_line(value, x, y, slope, point)
        running = [_third(*each) for each in zip(slopes, running, others, strict=True)]

    for digit in reversed(_DIGITS[:-1]):
        value = _squared(value)
        step(running)
        if digit:
            step(rights if digit > 0 else opposites)
    once = [psi(right) for right in rights]
    step(once)
    step([_negated(psi(point)) for point in once])
    return value


def _negated(point: G2Affine) -> G2Affine:
    x0, x1, y0, y1 = point
    return x0, x1, -y0 % P, -y1 % P


def _slopes(lefts: Sequence[G2Affine], rights: Sequence[G2Affine]) -> list[tuple[int, int]]:
    """Of chords and tangents. Points of order r meet no vertical line before the last step's end."""
    fractions = []
    for (a0, a1, b0, b1), (c0, c1, d0, d1) in zip(lefts, rights, strict=True):
        if (a0, a1) != (c0, c1):
            fractions.append((d0 - b0, d1 - b1, c0 - a0, c1 - a1))
        else:
            fractions.append((3 * (a0 * a0 - a1 * a1), 6 * a0 * a1, 2 * b0, 2 * b1))
    inverses = batch_inverse([(m0 * m0 + m1 * m1) % P for _, _, m0, m1 in fractions], P)
    # n / m = n * conjugate(m) / norm(m)
    return [
        ((n0 * m0 + n1 * m1) % P * inverse % P, (n1 * m0 - n0 * m1) % P * inverse % P)
        for (n0, n1, m0, m1), inverse in zip(fractions, inverses, strict=True)
    ]


def _third(slope: tuple[int, int], left: G2Affine, right: G2Affine) -> G2Affine:
    """The sum of two points by the slope of their line."""
    (s0, s1), (a0, a1, b0, b1) = slope, left
    x0 = ((s0 + s1) * (s0 - s1) - a0 - right[0]) % P
    x1 = (2 * s0 * s1 - a1 - right[1]) % P
    e0, e1 = a0 - x0, a1 - x1
    return x0, x1, (s0 * e0 - s1 * e1 - b0) % P, (s0 * e1 + s1 * e0 - b1) % P


def _times_line(f: Coefficients, x: int, y: int, slope: tuple[int, int], point: G2Affine) -> Coefficients:
    """f * (y - slope x w + (slope x_T - y_T) w^3)."""
    (s0, s1), (a0, a1, b0, b1) = slope, point
    m0, m1 = -s0 * x, -s1 * x
    k0, k1 = s0 * a0 - s1 * a1 - b0, s0 * a1 + s1 * a0 - b1
    # c0 + c1 i = (c0 - 9 c1) + c1 w^6
    at1, at7, at3, at9 = (m0 - 9 * m1) % P, m1 % P, (k0 - 9 * k1) % P, k1 % P
    wide = [0] * 21
    for i, c in enumerate(f):
        wide[i] += c * y
        wide[i + 1] += c * at1
        wide[i + 3] += c * at3
        wide[i + 7] += c * at7
        wide[i + 9] += c * at9
    return _reduced(wide)


def _squared(f: Coefficients) -> Coefficients:
    wide = [0] * 23
    for i, c in enumerate(f):
        wide[2 * i] += c * c
        double = 2 * c
        for j in range(i + 1, 12):
            wide[i + j] += double * f[j]
    return _reduced(wide)


def _reduced(wide: list[int]) -> Coefficients:
    """Modulo w^12 = 18 w^6 - 82 and p."""
    for i in range(len(wide) - 1, 11, -1):
        wide[i - 6] += 18 * wide[i]
        wide[i - 12] -= 82 * wide[i]
    return [c % P for c in wide[:12]]
