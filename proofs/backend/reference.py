"""The reference backend: curve constants and pairing from py_ecc, everything else Python integers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128 import optimized_curve, optimized_pairing

from proofs.backend import affine, codec, multiexp, pointwise, polynomial
from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES, Bases, Buffer
from proofs.backend.codec import (
    G1Affine,
    G2Affine,
    decode_g1,
    decode_g2,
    decode_scalars,
    encode_g1,
    encode_g2,
    encode_scalars,
    encode_signed,
    require_length,
    require_pairs,
    require_scalar,
)
from proofs.backend.miller import multi_miller_loop
from proofs.backend.subgroup import require_subgroup
from proofs.errors import WrongLength
from proofs.field import R

__all__ = ["PyEccBackend"]


def _same_length(a: Sequence[object], b: Sequence[object]) -> None:
    if len(a) != len(b):
        raise WrongLength(f"{len(a)} and {len(b)} elements; both sides need the same number")


def _pair(a: Buffer, b: Buffer) -> zip[tuple[int, int]]:
    left, right = decode_scalars(a), decode_scalars(b)
    _same_length(left, right)
    return zip(left, right, strict=True)


def _window(size: int, scalars: list[int], offset: int) -> slice:
    if offset < 0 or offset + len(scalars) > size:
        raise WrongLength(f"{len(scalars)} scalars at offset {offset} do not fit {size} bases")
    return slice(offset, offset + len(scalars))


class _G1Bases:
    def __init__(self, points: list[G1Affine | None]) -> None:
        self._points = points

    def __len__(self) -> int:
        return len(self._points)

    def msm(self, scalars: Buffer, offset: int = 0) -> bytes:
        numbers = decode_scalars(scalars)
        points = self._points[_window(len(self), numbers, offset)]
        return encode_g1([multiexp.multiply_sum(affine.G1, points, numbers)])


class _G2Bases:
    def __init__(self, points: list[G2Affine | None]) -> None:
        self._points = points

    def __len__(self) -> int:
        return len(self._points)

    def msm(self, scalars: Buffer, offset: int = 0) -> bytes:
        numbers = decode_scalars(scalars)
        points = self._points[_window(len(self), numbers, offset)]
        return encode_g2([multiexp.multiply_sum(affine.G2, points, numbers)])


class PyEccBackend:
    """Implements ``proofs.backend.base.Backend``; slow, and the judge of the native kernel."""

    name = "py_ecc"

    # scalar vectors ------------------------------------------------------------------------
    def vec_check(self, a: Buffer) -> None:
        decode_scalars(a)

    def vec_from_i64(self, values: Sequence[int]) -> bytes:
        return encode_signed(values)

    def vec_add(self, a: Buffer, b: Buffer) -> bytes:
        return encode_scalars((x + y) % R for x, y in _pair(a, b))

    def vec_sub(self, a: Buffer, b: Buffer) -> bytes:
        return encode_scalars((x - y) % R for x, y in _pair(a, b))

    def vec_mul(self, a: Buffer, b: Buffer) -> bytes:
        return encode_scalars(x * y % R for x, y in _pair(a, b))

    def vec_scale(self, a: Buffer, k: int) -> bytes:
        require_scalar(k)
        return encode_scalars(x * k % R for x in decode_scalars(a))

    def vec_combine(self, vectors: Sequence[Buffer], coefficients: Sequence[int]) -> bytes:
        _same_length(vectors, coefficients)
        columns = [decode_scalars(vector) for vector in vectors]
        for column in columns:
            _same_length(columns[0], column)
        for k in coefficients:
            require_scalar(k)
        rows = zip(*columns, strict=True)
        return encode_scalars(sum(k * x for k, x in zip(coefficients, row, strict=True)) % R for row in rows)

    def vec_inner(self, a: Buffer, b: Buffer) -> int:
        return sum(x * y for x, y in _pair(a, b)) % R

    def vec_inners(self, vectors: Sequence[Buffer], pairs: Sequence[tuple[int, int]]) -> bytes:
        require_pairs(len(vectors), pairs)
        columns = [decode_scalars(vector) for vector in vectors]
        for i, j in pairs:
            _same_length(columns[i], columns[j])
        return encode_scalars(sum(map(mul, columns[i], columns[j])) % R for i, j in pairs)

    def vec_sum(self, a: Buffer) -> int:
        return sum(decode_scalars(a)) % R

    def vec_powers(self, x: int, n: int) -> bytes:
        return encode_scalars(polynomial.powers(require_scalar(x), require_length(n)))

    def vec_inverse(self, a: Buffer) -> bytes:
        numbers = decode_scalars(a)
        if 0 in numbers:
            raise ZeroDivisionError(f"scalar {numbers.index(0)} is zero and has no inverse")
        return encode_scalars(affine.batch_inverse(numbers, R))

    def vec_reduce(self, wide: Buffer) -> bytes:
        items = codec.split(wide, 2 * SCALAR_BYTES, "wide integers")
        return encode_scalars(int.from_bytes(item) % R for item in items)

    # polynomials ---------------------------------------------------------------------------
    def ntt(self, a: Buffer, *, inverse: bool = False) -> bytes:
        return encode_scalars(polynomial.transform(decode_scalars(a), inverse=inverse))

    def poly_eval(self, coefficients: Buffer, x: int) -> int:
        return polynomial.evaluate(decode_scalars(coefficients), require_scalar(x))

    def poly_divide_linear(self, coefficients: Buffer, z: int) -> bytes:
        return encode_scalars(polynomial.divide_linear(decode_scalars(coefficients), require_scalar(z)))

    def quotient(self, a: Buffer, b: Buffer, c: Buffer) -> bytes:
        left, right, out = decode_scalars(a), decode_scalars(b), decode_scalars(c)
        _same_length(left, right)
        _same_length(left, out)
        return encode_scalars(polynomial.quotient(left, right, out))

    # G1 ------------------------------------------------------------------------------------
    def g1_generator(self) -> bytes:
        x, y = optimized_curve.normalize(optimized_curve.G1)
        return encode_g1([(int(x), int(y))])

    def g1_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        decode_g1(points, allow_infinity=allow_infinity)

    def g1_sum(self, points: Buffer) -> bytes:
        return encode_g1([multiexp.total(affine.G1, decode_g1(points))])

    def g1_neg(self, points: Buffer) -> bytes:
        return encode_g1([q if q is None else affine.G1.negate(q) for q in decode_g1(points)])

    def g1_mul(self, point: Buffer, k: int) -> bytes:
        return encode_g1([multiexp.multiply_sum(affine.G1, [_one_g1(point)], [require_scalar(k)])])

    def g1_msm(self, points: Buffer, scalars: Buffer) -> bytes:
        bases, numbers = decode_g1(points), decode_scalars(scalars)
        _same_length(bases, numbers)
        return encode_g1([multiexp.multiply_sum(affine.G1, bases, numbers)])

    def g1_multiples(self, point: Buffer, scalars: Buffer) -> bytes:
        base, numbers = _one_g1(point), decode_scalars(scalars)
        if base is None:
            return bytes(G1_BYTES * len(numbers))
        products = multiexp.multiples(affine.G1, base, numbers)
        return encode_g1(products)

    def g1_bases(self, points: Buffer) -> Bases:
        return _G1Bases(decode_g1(points))

    # G2 ------------------------------------------------------------------------------------
    def g2_generator(self) -> bytes:
        x, y = optimized_curve.normalize(optimized_curve.G2)
        (x0, x1), (y0, y1) = x.coeffs, y.coeffs
        return encode_g2([(int(x0), int(x1), int(y0), int(y1))])

    def g2_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        require_subgroup(decode_g2(points, allow_infinity=allow_infinity))

    def g2_sum(self, points: Buffer) -> bytes:
        return encode_g2([multiexp.total(affine.G2, decode_g2(points))])

    def g2_neg(self, points: Buffer) -> bytes:
        return encode_g2([q if q is None else affine.G2.negate(q) for q in decode_g2(points)])

    def g2_mul(self, point: Buffer, k: int) -> bytes:
        return encode_g2([multiexp.multiply_sum(affine.G2, [_one_g2(point)], [require_scalar(k)])])

    def g2_msm(self, points: Buffer, scalars: Buffer) -> bytes:
        bases, numbers = decode_g2(points), decode_scalars(scalars)
        _same_length(bases, numbers)
        return encode_g2([multiexp.multiply_sum(affine.G2, bases, numbers)])

    def g2_multiples(self, point: Buffer, scalars: Buffer) -> bytes:
        base, numbers = _one_g2(point), decode_scalars(scalars)
        if base is None:
            return bytes(G2_BYTES * len(numbers))
        products = multiexp.multiples(affine.G2, base, numbers)
        return encode_g2(products)

    def g2_bases(self, points: Buffer, *, trusted: bool = False) -> Bases:
        bases = decode_g2(points)
        if not trusted:
            require_subgroup(bases)
        return _G2Bases(bases)

    # lists of points -----------------------------------------------------------------------
    def g1_add(self, a: Buffer, b: Buffer) -> bytes:
        left, right = decode_g1(a), decode_g1(b)
        _same_length(left, right)
        return encode_g1(affine.G1.add_pairs(left, right))

    def g1_scale(self, points: Buffer, k: int) -> bytes:
        bases = decode_g1(points)
        scaled = pointwise.products(affine.G1, bases, [require_scalar(k)] * len(bases))
        return encode_g1(scaled)

    def g1_products(self, points: Buffer, scalars: Buffer) -> bytes:
        bases, numbers = decode_g1(points), decode_scalars(scalars)
        _same_length(bases, numbers)
        products = pointwise.products(affine.G1, bases, numbers)
        return encode_g1(products)

    def g1_lagrange(self, powers: Buffer) -> bytes:
        values = pointwise.lagrange(affine.G1, decode_g1(powers))
        return encode_g1(values)

    def g2_add(self, a: Buffer, b: Buffer) -> bytes:
        left, right = decode_g2(a), decode_g2(b)
        _same_length(left, right)
        return encode_g2(affine.G2.add_pairs(left, right))

    def g2_scale(self, points: Buffer, k: int) -> bytes:
        bases = decode_g2(points)
        scaled = pointwise.products(affine.G2, bases, [require_scalar(k)] * len(bases))
        return encode_g2(scaled)

    def g2_products(self, points: Buffer, scalars: Buffer) -> bytes:
        bases, numbers = decode_g2(points), decode_scalars(scalars)
        _same_length(bases, numbers)
        products = pointwise.products(affine.G2, bases, numbers)
        return encode_g2(products)

    def g2_lagrange(self, powers: Buffer) -> bytes:
        values = pointwise.lagrange(affine.G2, decode_g2(powers))
        return encode_g2(values)

    # pairing -------------------------------------------------------------------------------
    def pairing_product_is_one(self, g1_points: Buffer, g2_points: Buffer) -> bool:
        lefts, rights = decode_g1(g1_points), decode_g2(g2_points)
        _same_length(lefts, rights)
        require_subgroup(rights)
        pairs = [
            (left, right)
            for left, right in zip(lefts, rights, strict=True)
            if left is not None and right is not None
        ]
        product = FQ12(multi_miller_loop(pairs))
        return bool(optimized_pairing.final_exponentiate(product) == FQ12.one())


def _one_g1(point: Buffer) -> G1Affine | None:
    points = decode_g1(point)
    if len(points) != 1:
        raise WrongLength(f"{len(points)} G1 points where one is required")
    return points[0]


def _one_g2(point: Buffer) -> G2Affine | None:
    points = decode_g2(point)
    if len(points) != 1:
        raise WrongLength(f"{len(points)} G2 points where one is required")
    return points[0]
