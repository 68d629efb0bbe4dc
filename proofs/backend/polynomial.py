"""Number-theoretic transforms and polynomial division over F_r, in Python integers."""

from __future__ import annotations

from functools import lru_cache

from proofs.errors import InvalidProof, WrongLength
from proofs.field import COSET_GENERATOR, TWO_ADICITY, R, root_of_unity

__all__ = ["divide_linear", "evaluate", "powers", "quotient", "require_domain", "transform"]


def require_domain(size: int) -> None:
    """WrongLength unless ``size`` is a power of two between 1 and 2^28."""
    if size < 1 or size & (size - 1) or size > 1 << TWO_ADICITY:
        raise WrongLength(f"{size} values do not fill a domain; the length is a power of two up to 2^28")


def powers(x: int, n: int, start: int = 1) -> list[int]:
    """start * x^i for i < n."""
    result = []
    value = start % R
    for _ in range(n):
        result.append(value)
        value = value * x % R
    return result


@lru_cache(maxsize=16)
def _twiddles(size: int, inverse: bool) -> tuple[int, ...]:
    root = root_of_unity(size)
    return tuple(powers(pow(root, -1, R) if inverse else root, max(size // 2, 1)))


def transform(values: list[int], *, inverse: bool = False) -> list[int]:
    """Coefficients to values on H in natural order, or back (Cooley-Tukey, decimation in time)."""
    size = len(values)
    require_domain(size)
    twiddles = _twiddles(size, inverse)
    bits = size.bit_length() - 1
    result = [values[int(f"{i:0{bits}b}"[::-1], 2)] for i in range(size)] if bits else list(values)
    half = 1
    while half < size:
        step = twiddles[:: size // (2 * half)]
        for start in range(0, size, 2 * half):
            for low, twiddle in zip(range(start, start + half), step, strict=True):
                even = result[low]
                odd = result[low + half] * twiddle % R
                result[low] = even + odd
                result[low + half] = even - odd
        half *= 2
    # Sums are left unreduced between rounds: they grow by one bit a round, odd terms not at all.
    scale = pow(size, -1, R) if inverse else 1
    return [value * scale % R for value in result]


def evaluate(coefficients: list[int], x: int) -> int:
    """f(x) by Horner's rule; the empty polynomial is 0."""
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % R
    return value


def divide_linear(coefficients: list[int], z: int) -> list[int]:
    """Coefficients of (f(X) - f(z)) / (X - z) by synthetic division; WrongLength if f is empty."""
    if not coefficients:
        raise WrongLength("an empty coefficient vector cannot be divided; pass at least one scalar")
    result = [0] * (len(coefficients) - 1)
    carry = 0
    for i in range(len(coefficients) - 1, 0, -1):
        carry = (carry * z + coefficients[i]) % R
        result[i - 1] = carry
    return result


def quotient(a: list[int], b: list[int], c: list[int]) -> list[int]:
    """The n-1 coefficients of (a*b - c) / (X^n - 1) from values on H; InvalidProof on a remainder.

    The quotient has degree n-2, so its values on the coset 5*H determine it; there X^n - 1 is the
    constant 5^n - 1.
    """
    n = len(a)
    require_domain(n)
    for row, (x, y, z) in enumerate(zip(a, b, c, strict=True)):
        if (x * y - z) % R:
            raise InvalidProof(f"row {row} has a*b != c; the witness does not satisfy the circuit")
    shift = powers(COSET_GENERATOR, n)

    def on_coset(values: list[int]) -> list[int]:
        coefficients = transform(values, inverse=True)
        return transform([f * s % R for f, s in zip(coefficients, shift, strict=True)])

    product = [x * y % R for x, y in zip(on_coset(a), on_coset(b), strict=True)]
    vanishing = pow(pow(COSET_GENERATOR, n, R) - 1, -1, R)
    unshift = powers(pow(COSET_GENERATOR, -1, R), n, start=vanishing)
    # c has degree below n, so it is subtracted as coefficients and needs no transform to the coset.
    shifted, out = transform(product, inverse=True), transform(c, inverse=True)
    rows = zip(shifted, unshift, out, strict=True)
    return [(h * s - z * vanishing) % R for h, s, z in rows][:-1]
