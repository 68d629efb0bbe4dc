"""The native backend: arkworks kernels in Rust, reached with contiguous bytes and without the GIL."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from pathlib import Path

from proofs.backend import kernel
from proofs.backend.base import SCALAR_BYTES, Bases, Buffer
from proofs.backend.codec import encode_signed, require_length, require_pairs, require_scalar
from proofs.backend.kernel import KeyFile, NativeBases

__all__ = ["NativeBackend", "NativeBases"]

# EIP-196 and EIP-197.
_G1_GENERATOR = (1).to_bytes(32) + (2).to_bytes(32)
_G2_GENERATOR = bytes.fromhex(
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
)


def _scalar(k: int) -> bytes:
    return require_scalar(k).to_bytes(SCALAR_BYTES)


class NativeBackend:
    """Implements ``proofs.backend.base.Backend``; uses RAYON_NUM_THREADS threads, by default all."""

    name = "native"

    def __init__(self) -> None:
        self._kernel = kernel.load()

    # scalar vectors ------------------------------------------------------------------------
    def vec_check(self, a: Buffer) -> None:
        self._kernel.vec_check(a)

    def vec_from_i64(self, values: Sequence[int]) -> bytes:
        try:
            words = array("q", values)
        except OverflowError:
            return encode_signed(values)
        return self._kernel.vec_from_i64(words.tobytes())

    def vec_add(self, a: Buffer, b: Buffer) -> bytes:
        return self._kernel.vec_add(a, b)

    def vec_sub(self, a: Buffer, b: Buffer) -> bytes:
        return self._kernel.vec_sub(a, b)

    def vec_mul(self, a: Buffer, b: Buffer) -> bytes:
        return self._kernel.vec_mul(a, b)

    def vec_scale(self, a: Buffer, k: int) -> bytes:
        return self._kernel.vec_scale(a, _scalar(k))

    def vec_combine(self, vectors: Sequence[Buffer], coefficients: Sequence[int]) -> bytes:
        return self._kernel.vec_combine(list(vectors), b"".join(map(_scalar, coefficients)))

    def vec_inner(self, a: Buffer, b: Buffer) -> int:
        return int.from_bytes(self._kernel.vec_inner(a, b))

    def vec_inners(self, vectors: Sequence[Buffer], pairs: Sequence[tuple[int, int]]) -> bytes:
        require_pairs(len(vectors), pairs)
        return self._kernel.vec_inners(list(vectors), list(pairs))

    def vec_sum(self, a: Buffer) -> int:
        return int.from_bytes(self._kernel.vec_sum(a))

    def vec_powers(self, x: int, n: int) -> bytes:
        return self._kernel.vec_powers(_scalar(x), require_length(n))

    def vec_inverse(self, a: Buffer) -> bytes:
        return self._kernel.vec_inverse(a)

    def vec_reduce(self, wide: Buffer) -> bytes:
        return self._kernel.vec_reduce(wide)

    # polynomials ---------------------------------------------------------------------------
    def ntt(self, a: Buffer, *, inverse: bool = False) -> bytes:
        return self._kernel.ntt(a, inverse)

    def poly_eval(self, coefficients: Buffer, x: int) -> int:
        return int.from_bytes(self._kernel.poly_eval(coefficients, _scalar(x)))

    def poly_divide_linear(self, coefficients: Buffer, z: int) -> bytes:
        return self._kernel.poly_divide_linear(coefficients, _scalar(z))

    def quotient(self, a: Buffer, b: Buffer, c: Buffer) -> bytes:
        return self._kernel.quotient(a, b, c)

    # G1 ------------------------------------------------------------------------------------
    def g1_generator(self) -> bytes:
        return _G1_GENERATOR

    def g1_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        self._kernel.g1_check(points, allow_infinity)

    def g1_sum(self, points: Buffer) -> bytes:
        return self._kernel.g1_sum(points)

    def g1_neg(self, points: Buffer) -> bytes:
        return self._kernel.g1_neg(points)

    def g1_mul(self, point: Buffer, k: int) -> bytes:
        return self._kernel.g1_mul(point, _scalar(k))

    def g1_msm(self, points: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g1_msm(points, scalars)

    def g1_multiples(self, point: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g1_multiples(point, scalars)

    def g1_bases(self, points: Buffer) -> Bases:
        return self._kernel.G1Bases(points)

    # G2 ------------------------------------------------------------------------------------
    def g2_generator(self) -> bytes:
        return _G2_GENERATOR

    def g2_check(self, points: Buffer, *, allow_infinity: bool = False) -> None:
        self._kernel.g2_check(points, allow_infinity)

    def g2_sum(self, points: Buffer) -> bytes:
        return self._kernel.g2_sum(points)

    def g2_neg(self, points: Buffer) -> bytes:
        return self._kernel.g2_neg(points)

    def g2_mul(self, point: Buffer, k: int) -> bytes:
        return self._kernel.g2_mul(point, _scalar(k))

    def g2_msm(self, points: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g2_msm(points, scalars)

    def g2_multiples(self, point: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g2_multiples(point, scalars)

    def g2_bases(self, points: Buffer, *, trusted: bool = False) -> Bases:
        return self._kernel.G2Bases(points, trusted)

    # lists of points -----------------------------------------------------------------------
    def g1_add(self, a: Buffer, b: Buffer) -> bytes:
        return self._kernel.g1_add(a, b)

    def g1_scale(self, points: Buffer, k: int) -> bytes:
        return self._kernel.g1_scale(points, _scalar(k))

    def g1_products(self, points: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g1_products(points, scalars)

    def g1_lagrange(self, powers: Buffer) -> bytes:
        return self._kernel.g1_lagrange(powers)

    def g2_add(self, a: Buffer, b: Buffer) -> bytes:
        return self._kernel.g2_add(a, b)

    def g2_scale(self, points: Buffer, k: int) -> bytes:
        return self._kernel.g2_scale(points, _scalar(k))

    def g2_products(self, points: Buffer, scalars: Buffer) -> bytes:
        return self._kernel.g2_products(points, scalars)

    def g2_lagrange(self, powers: Buffer) -> bytes:
        return self._kernel.g2_lagrange(powers)

    # pairing -------------------------------------------------------------------------------
    def pairing_product_is_one(self, g1_points: Buffer, g2_points: Buffer) -> bool:
        return self._kernel.pairing_product_is_one(g1_points, g2_points)

    # key files, see proofs.key_cache -------------------------------------------------------
    def open_key_file(self, path: Path) -> KeyFile:
        """OSError unless it is a file of this user alone and its digest is right."""
        return self._kernel.KeyFile(path, os.geteuid())

    def seal_key_file(self, path: Path) -> None:
        """Appends the digest."""
        self._kernel.seal_key_file(path)

    def worthwhile_levels(self, count: int, most: int) -> int:
        """How many levels of a table pay for so many bases, at most ``most``."""
        return self._kernel.worthwhile_levels(count, most)
