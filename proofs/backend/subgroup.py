"""Membership of twist points in G2, the subgroup of order r.

With psi the untwist-Frobenius-twist endomorphism, Q lies in G2 exactly if

    [u+1]Q + psi([u]Q) + psi^2([u]Q) = psi^3([2u]Q)

(Dai, Lin, Zhao, Zhou, eprint 2022/348). On the twist psi^2 - t*psi + p = 0 with t = 6u^2 + 1; the
relation, reduced by it to a + b*psi, kills only points of order dividing a^2 + a*b*t + b^2*p, and
that number has only r in common with the order r*(2p - r) of the twist (a test computes this).
"""

from __future__ import annotations

from collections.abc import Sequence

from proofs.backend.affine import G2
from proofs.backend.codec import G2Affine
from proofs.backend.multiexp import scale_all
from proofs.errors import NotInSubgroup
from proofs.field import BN_U_NAF, P

__all__ = ["psi", "require_subgroup"]

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


def psi(point: G2Affine) -> G2Affine:
    """(x, y) to (conj(x) * xi^((p-1)/3), conj(y) * xi^((p-1)/2)), xi = 9 + i."""
    x0, x1, y0, y1 = point
    return _multiply((x0, -x1), _PSI_X) + _multiply((y0, -y1), _PSI_Y)


def _psi_all(points: Sequence[G2Affine | None]) -> list[G2Affine | None]:
    return [None if point is None else psi(point) for point in points]


def require_subgroup(points: Sequence[G2Affine | None]) -> None:
    """Raise NotInSubgroup naming the first point outside G2; infinity is inside.

    The last members that were found in short lists are remembered: a verifying key's points come again with
    every proof, and a proof's point is checked by itself before it is paired.
    """
    if len(points) > _SHORT:
        _require_all(points)
        return
    unknown = [point for point in points if point is not None and point not in _members]
    if unknown:
        _require_all(points)
    for point in points:
        _remember(point)


_SHORT = 16
_REMEMBERED = 64
_members: dict[G2Affine, None] = {}
"""The most recently used last."""


def _remember(point: G2Affine | None) -> None:
    if point is not None:
        _members.pop(point, None)
        _members[point] = None
        while len(_members) > _REMEMBERED:
            _members.pop(next(iter(_members)), None)


def _require_all(points: Sequence[G2Affine | None]) -> None:
    by_u = scale_all(G2, points, BN_U_NAF)
    once = _psi_all(by_u)
    twice = _psi_all(once)
    lefts = G2.add_pairs(G2.add_pairs(points, by_u), G2.add_pairs(once, twice))
    rights = _psi_all(_psi_all(_psi_all(G2.add_pairs(by_u, by_u))))
    for position, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        if left != right:
            raise NotInSubgroup(f"point {position} is on the twist but outside the subgroup of order r")
