"""Membership of twist points in G2, the subgroup of order r.

The untwist-Frobenius-twist endomorphism psi satisfies psi^2 - t*psi + p = 0 on the twist, where
t = 6u^2 + 1. If psi(Q) = [t-1]Q, that relation becomes [p + 1 - t]Q = [r]Q = 0; and on G2 psi acts
as p = t - 1 modulo r. So psi(Q) = [6u^2]Q decides membership exactly (Scott, eprint 2021/1130).
"""

from __future__ import annotations

from collections.abc import Sequence

from proofs.backend.affine import G2
from proofs.backend.codec import G2Affine
from proofs.backend.multiexp import scale_all
from proofs.errors import NotInSubgroup
from proofs.field import BN_U_NAF, P

__all__ = ["require_subgroup"]

Fp2 = tuple[int, int]


def _multiply(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def _power(base: Fp2, exponent: int) -> Fp2:
    result: Fp2 = (1, 0)
    for bit in bin(exponent)[2:]:
        result = _multiply(result, result)
        if bit == "1":
            result = _multiply(result, base)
    return result


_PSI_X = _power((9, 1), (P - 1) // 3)
_PSI_Y = _power((9, 1), (P - 1) // 2)


def _psi(point: G2Affine) -> G2Affine:
    """(x, y) to (conj(x) * xi^((p-1)/3), conj(y) * xi^((p-1)/2)), xi = 9 + i."""
    x0, x1, y0, y1 = point
    return _multiply((x0, -x1), _PSI_X) + _multiply((y0, -y1), _PSI_Y)


def require_subgroup(points: Sequence[G2Affine | None]) -> None:
    """Raise NotInSubgroup naming the first point outside G2; infinity is inside."""
    by_u = scale_all(G2, points, BN_U_NAF)
    by_u_squared = scale_all(G2, by_u, BN_U_NAF)
    doubled = G2.add_pairs(by_u_squared, by_u_squared)
    six_u_squared = G2.add_pairs(G2.add_pairs(doubled, doubled), doubled)
    for index, (point, multiple) in enumerate(zip(points, six_u_squared, strict=True)):
        if point is not None and _psi(point) != multiple:
            raise NotInSubgroup(f"point {index} is on the twist but outside the subgroup of order r")
