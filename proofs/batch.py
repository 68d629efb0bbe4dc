"""Many pairing products in one: random weights, one multi-pairing, and the bad one by bisection.

Small-exponent batching (Bellare-Garay-Rabin, EUROCRYPT 1998) with weights of full size: a false relation
passes with probability 1/r. Factors that share their point of G2 are added up in G1 first, so k proofs under
one key cost k pairings for their B and one for each point of the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs.backend.base import G1_BYTES, G2_BYTES, Backend
from proofs.errors import PairingFailed, WrongLength
from proofs.inner_product import scalar_bytes
from proofs.randomness import OsRandom, Random, draw_scalar

__all__ = ["Relation", "hold", "require_all"]


@dataclass(frozen=True)
class Relation:
    """The product of e(g1[i], g2[i]) is 1; ``name`` is what is wrong if not. Points are checked before."""

    name: str
    g1: bytes
    g2: bytes

    def __post_init__(self) -> None:
        if len(self.g1) % G1_BYTES or len(self.g1) // G1_BYTES * G2_BYTES != len(self.g2):
            raise WrongLength(f"{self.name}: a pairing product needs as many points of G2 as of G1")

    def factors(self) -> list[tuple[bytes, bytes]]:
        count = len(self.g1) // G1_BYTES
        return [
            (self.g1[i * G1_BYTES : (i + 1) * G1_BYTES], self.g2[i * G2_BYTES : (i + 1) * G2_BYTES])
            for i in range(count)
        ]


def hold(backend: Backend, relations: Sequence[Relation], random: Random | None = None) -> bool:
    """Whether all relations hold; error probability 1/r."""
    source = random or OsRandom()
    merged: dict[bytes, tuple[bytearray, bytearray]] = {}
    for index, relation in enumerate(relations):
        weight = scalar_bytes(draw_scalar(source) if index else 1)
        for point, partner in relation.factors():
            points, weights = merged.setdefault(partner, (bytearray(), bytearray()))
            points += point
            weights += weight
    one = scalar_bytes(1)
    sums = b"".join(
        bytes(points) if weights == one else backend.g1_msm(points, weights)
        for points, weights in merged.values()
    )
    return backend.pairing_product_is_one(sums, b"".join(merged))


def require_all(backend: Backend, relations: Sequence[Relation], random: Random | None = None) -> None:
    """PairingFailed naming the first relation that does not hold, found by about log2(number) products."""
    if hold(backend, relations, random):
        return
    suspects = list(relations)
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        suspects = suspects[len(half) :] if hold(backend, half, random) else half
    raise PairingFailed(f"{suspects[0].name}: the pairing equation does not hold")
