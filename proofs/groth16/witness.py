"""Circom's ``.wtns``: the value of every wire; wire 0 is the constant 1, the public signals come next."""

from __future__ import annotations

from pathlib import Path

from proofs.errors import MalformedInput
from proofs.field import R
from proofs.groth16.binfile import Sections

__all__ = ["read_witness"]

_HEADER, _VALUES = 1, 2


def read_witness(path: Path) -> list[int]:
    """All wire values, each in [0, r). MalformedInput if the file is not a witness over BN254."""
    sections = Sections(path, b"wtns", versions=(2,))
    header = sections.reader(_HEADER)
    header.modulus(R)
    count = header.u32()
    header.finish()
    reader = sections.reader(_VALUES)
    values = [reader.scalar() for _ in range(count)]
    reader.finish()
    if not values or values[0] != 1:
        raise MalformedInput(f"{path.name}: wire 0 of a witness is the constant 1")
    return values
