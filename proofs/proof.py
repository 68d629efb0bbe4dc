"""The proof object and its bytes.

A || B || C is 256 bytes (public result); A || B || C || Y || P || pi is 448 bytes (sealed result); points as
in docs/protocol.md, *Encodings*.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.backend.base import G1_BYTES, G2_BYTES
from proofs.errors import WrongLength

__all__ = ["Proof", "ResultBinding"]

_CORE_SIZES = (G1_BYTES, G2_BYTES, G1_BYTES)
_BINDING_SIZES = (G1_BYTES, G1_BYTES, G1_BYTES)


@dataclass(frozen=True)
class ResultBinding:
    """Ties a sealed result's commitment F_M to the Groth16 proof (PROTOCOL, Circuit 1 and Gram matrix)."""

    y: bytes
    """Y = y [L_0]1 + mu [eta]1."""
    p: bytes
    """P = y [kappa' L_0]1 + mu [kappa' eta]1."""
    pi: bytes
    """KZG opening of F_M at z."""


@dataclass(frozen=True)
class Proof:
    """A Groth16 proof over committed columns; ``binding`` is present exactly for a sealed result."""

    a: bytes
    b: bytes
    c: bytes
    binding: ResultBinding | None = None

    @property
    def is_sealed(self) -> bool:
        return self.binding is not None

    def to_bytes(self) -> bytes:
        core = self.a + self.b + self.c
        return core if self.binding is None else core + self.binding.y + self.binding.p + self.binding.pi

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """Splits by length; points are checked by the verifier. WrongLength for anything else."""
        if len(data) == sum(_CORE_SIZES):
            a, b, c = _split(data, _CORE_SIZES)
            return cls(a, b, c)
        if len(data) == sum(_CORE_SIZES) + sum(_BINDING_SIZES):
            a, b, c, y, p, pi = _split(data, _CORE_SIZES + _BINDING_SIZES)
            return cls(a, b, c, ResultBinding(y, p, pi))
        raise WrongLength(f"a proof has 256 bytes (public) or 448 (sealed), not {len(data)}")


def _split(data: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    parts = []
    start = 0
    for size in sizes:
        parts.append(bytes(data[start : start + size]))
        start += size
    return parts
