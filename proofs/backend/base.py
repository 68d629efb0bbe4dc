"""The interface of a curve backend for BN254 (alt_bn128).

Encodings, the same in every backend and on the wire:

- scalar: 32 bytes, big-endian, below r; a vector of n scalars is n*32 contiguous bytes
- G1 point: 64 bytes, x || y, big-endian, below p; infinity is all zeros (EIP-196)
- G2 point: 128 bytes, x1 || x0 || y1 || y0 where x = x0 + x1*i (EIP-197); infinity is all zeros

Every function accepts any bytes-like object and checks it: length, canonical encoding, curve.
G2 subgroup membership is checked by ``g2_check``, ``g2_bases`` and ``pairing_product_is_one``; the
other G2 functions assume it, and what they return for a scalar above r/2 is unspecified without it.
Python integers given as scalars must be in [0, r), else ``NonCanonicalScalar``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview

SCALAR_BYTES = 32
G1_BYTES = 64
G2_BYTES = 128


class Bases(Protocol):
    """Fixed points that many multi-scalar multiplications use; checked once, when made.

    A backend may keep tables or a memory map behind this; callers must not care.
    """

    def __len__(self) -> int: ...

    def msm(self, scalars: Buffer, offset: int = 0) -> bytes:
        """Sum of scalars[i] * bases[offset + i]; scalars may be shorter than the bases."""
        ...


class Backend(Protocol):
    """What the protocol needs of a curve library. All methods are pure."""

    name: str
    """``py_ecc`` or ``native``."""

    # scalar vectors ------------------------------------------------------------------------
    def vec_check(self, a: Buffer) -> None:
        """Raise WrongLength or NonCanonicalScalar (naming the index)."""
        ...

    def vec_from_i64(self, values: Sequence[int]) -> bytes:
        """Signed integers (any size below r/2) to scalars; a negative v is r - |v|."""
        ...

    def vec_add(self, a: Buffer, b: Buffer) -> bytes: ...
    def vec_sub(self, a: Buffer, b: Buffer) -> bytes: ...
    def vec_mul(self, a: Buffer, b: Buffer) -> bytes: ...
    def vec_scale(self, a: Buffer, k: int) -> bytes: ...

    def vec_combine(self, vectors: Sequence[Buffer], coefficients: Sequence[int]) -> bytes:
        """Sum of coefficients[j] * vectors[j]; all vectors have one length."""
        ...

    def vec_inner(self, a: Buffer, b: Buffer) -> int: ...

    def vec_inners(self, vectors: Sequence[Buffer], pairs: Sequence[tuple[int, int]]) -> bytes:
        """The inner product of vectors[i] and vectors[j] for every pair (i, j), as a vector of scalars."""
        ...

    def vec_sum(self, a: Buffer) -> int: ...

    def vec_powers(self, x: int, n: int) -> bytes:
        """1, x, x^2 ... x^(n-1)."""
        ...

    def vec_inverse(self, a: Buffer) -> bytes:
        """Element-wise inverse; a zero raises ZeroDivisionError."""
        ...

    def vec_reduce(self, wide: Buffer) -> bytes:
        """64-byte big-endian integers to scalars modulo r: uniform scalars from a CSPRNG."""
        ...

    # polynomials ---------------------------------------------------------------------------
    def ntt(self, a: Buffer, *, inverse: bool = False) -> bytes:
        """Coefficients to evaluations on H = {w^i}, w = 5^((r-1)/n), natural order; or back."""
        ...

    def poly_eval(self, coefficients: Buffer, x: int) -> int: ...

    def poly_divide_linear(self, coefficients: Buffer, z: int) -> bytes:
        """Coefficients of (f(X) - f(z)) / (X - z); one scalar shorter than f."""
        ...

    def quotient(self, a: Buffer, b: Buffer, c: Buffer) -> bytes:
        """The n-1 coefficients of (a*b - c) / (X^n - 1), all three given by values on H.

        Raises InvalidProof if some row has a_i * b_i != c_i (the division leaves a remainder).
        """
        ...

    # groups --------------------------------------------------------------------------------
    def g1_generator(self) -> bytes: ...
    def g2_generator(self) -> bytes: ...

    def g1_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        """Raise WrongLength, NonCanonicalCoordinate, NotOnCurve or UnexpectedInfinity."""
        ...

    def g2_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        """As g1_check, and NotInSubgroup."""
        ...

    def g1_sum(self, points: Buffer) -> bytes: ...
    def g1_neg(self, points: Buffer) -> bytes:
        """Element-wise."""
        ...

    def g1_mul(self, point: Buffer, k: int) -> bytes: ...
    def g1_msm(self, points: Buffer, scalars: Buffer) -> bytes: ...

    def g1_multiples(self, point: Buffer, scalars: Buffer) -> bytes:
        """scalars[i] * point for every i: one base, many scalars."""
        ...

    def g1_bases(self, points: Buffer) -> Bases:
        """Checked bases; infinity is allowed."""
        ...

    def g2_sum(self, points: Buffer) -> bytes: ...
    def g2_neg(self, points: Buffer) -> bytes: ...
    def g2_mul(self, point: Buffer, k: int) -> bytes: ...
    def g2_msm(self, points: Buffer, scalars: Buffer) -> bytes: ...
    def g2_multiples(self, point: Buffer, scalars: Buffer) -> bytes: ...

    def g2_bases(self, points: Buffer, *, trusted: bool = False) -> Bases:
        """``trusted`` skips the subgroup check, for keys whose check was recorded on disk."""
        ...

    # lists of points, element by element ---------------------------------------------------
    def g1_add(self, a: Buffer, b: Buffer) -> bytes:
        """a[i] + b[i] for every i."""
        ...

    def g1_scale(self, points: Buffer, k: int) -> bytes:
        """k * points[i] for every i: many bases, one scalar."""
        ...

    def g1_products(self, points: Buffer, scalars: Buffer) -> bytes:
        """scalars[i] * points[i] for every i."""
        ...

    def g1_lagrange(self, powers: Buffer) -> bytes:
        """[tau^i], i < n, to [L_i(tau)] on H: an inverse ``ntt`` of points; n is a power of two."""
        ...

    def g2_add(self, a: Buffer, b: Buffer) -> bytes: ...
    def g2_scale(self, points: Buffer, k: int) -> bytes: ...
    def g2_products(self, points: Buffer, scalars: Buffer) -> bytes: ...
    def g2_lagrange(self, powers: Buffer) -> bytes: ...

    # pairing -------------------------------------------------------------------------------
    def pairing_product_is_one(self, g1_points: Buffer, g2_points: Buffer) -> bool:
        """Whether the product of e(P_i, Q_i) is 1. Checks every point, subgroups included.

        Infinity is allowed on either side (that factor is 1).
        """
        ...
