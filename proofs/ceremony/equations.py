"""Many pairing equations e(A, B) = e(C, D) as one product, with random weights; the culprit by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs.backend.base import SCALAR_BYTES, Backend
from proofs.ceremony.errors import ParametersInvalid
from proofs.randomness import Random, draw_scalar

__all__ = ["Equation", "require_all"]


@dataclass(frozen=True)
class Equation:
    """e(left) = e(right), each a point of G1 and one of G2; ``name`` is what is wrong if it fails."""

    name: str
    left: tuple[bytes, bytes]
    right: tuple[bytes, bytes]


def require_all(backend: Backend, equations: Sequence[Equation], random: Random) -> None:
    """ParametersInvalid naming the first equation that fails; error probability 1/r.

    Factors that share their point of G2 are added up in G1 first, so there are as many pairings as
    different points of G2.
    """
    if _hold(backend, equations, random):
        return
    for equation in equations:
        if not _hold(backend, [equation], random):
            raise ParametersInvalid(f"{equation.name} is not what the proven scalars make of it")
    raise ParametersInvalid("the points do not belong together")  # pragma: no cover - probability 1/r


def _hold(backend: Backend, equations: Sequence[Equation], random: Random) -> bool:
    factors: dict[bytes, tuple[bytearray, bytearray]] = {}
    for equation in equations:
        weight = draw_scalar(random).to_bytes(SCALAR_BYTES, "big")
        for (point, partner), sign in ((equation.left, True), (equation.right, False)):
            points, weights = factors.setdefault(partner, (bytearray(), bytearray()))
            points += point if sign else backend.g1_neg(point)
            weights += weight
    sums = b"".join(backend.g1_msm(points, weights) for points, weights in factors.values())
    return backend.pairing_product_is_one(sums, b"".join(factors))
