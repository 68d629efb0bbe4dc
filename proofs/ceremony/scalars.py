"""The secret scalars, the phases that make them, and the group of each one's principal point.

The principal point of a scalar x is [x]1 or [x]2. It is the one that the key publishes anyway: a [kappa']1
would let a prover get round the check of P (PROTOCOL, *Circuit 1*), an [eta]2 is needed by nobody. So the
ceremony never shows a point of a step's own secret, only principal points times it.
"""

from __future__ import annotations

from proofs.backend.base import G1_BYTES, G2_BYTES, Backend, Buffer

__all__ = ["CLOSED", "G1", "G2", "KEYS", "POWERS", "PRINCIPALS", "G", "principals_at_one"]

POWERS, KEYS, CLOSED = "powers", "keys", "closed"


class G:
    """One of the two groups, so that a proof is written once for both."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size

    def generator(self, backend: Backend) -> bytes:
        return backend.g1_generator() if self is G1 else backend.g2_generator()

    def check(self, backend: Backend, points: Buffer) -> None:
        """On the curve, in the subgroup, not infinity."""
        (backend.g1_check if self is G1 else backend.g2_check)(points)

    def multiply(self, backend: Backend, point: Buffer, k: int) -> bytes:
        return (backend.g1_mul if self is G1 else backend.g2_mul)(point, k)

    def msm(self, backend: Backend, points: Buffer, scalars: Buffer) -> bytes:
        return (backend.g1_msm if self is G1 else backend.g2_msm)(points, scalars)


G1 = G("G1", G1_BYTES)
G2 = G("G2", G2_BYTES)

PRINCIPALS: dict[str, dict[str, G]] = {
    POWERS: {"tau": G1},
    KEYS: {"alpha": G2, "beta": G2, "delta": G2, "eta": G1, "kappa": G2, "kappa_prime": G2},
}
"""Phase to scalar to group, in the order in which secrets are drawn."""


def principals_at_one(backend: Backend, phase: str) -> dict[str, bytes]:
    """Where every scalar of a phase starts: x = 1."""
    return {scalar: group.generator(backend) for scalar, group in PRINCIPALS[phase].items()}
