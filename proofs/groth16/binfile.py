"""The container of iden3's binary files: ``.r1cs``, ``.wtns``, ``.zkey``, ``.ptau``.

Four magic bytes, version (u32), number of sections (u32), then for each section its type (u32), its size
in bytes (u64) and its content. All integers are little-endian. Field elements are little-endian too, in
zkey and ptau in Montgomery form (x·2^256 mod m).

Source: iden3 r1cs_bin_format.md and snarkjs' binfileutils.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from proofs.errors import MalformedInput, NonCanonicalCoordinate, WrongLength
from proofs.field import P, R

__all__ = ["Reader", "Sections", "g1_from_montgomery", "g2_from_montgomery"]

_MONTGOMERY = 1 << 256
_COORDINATE_FROM_MONTGOMERY = pow(_MONTGOMERY, -1, P)
FIELD_BYTES = 32


class Reader:
    """Reads little-endian values from one section and refuses to read past its end."""

    def __init__(self, content: memoryview, name: str) -> None:
        self._content = content
        self._at = 0
        self._name = name

    def take(self, size: int) -> memoryview:
        if size > len(self._content) - self._at:
            raise WrongLength(f"{self._name} ends early: {size} bytes wanted at offset {self._at}")
        part = self._content[self._at : self._at + size]
        self._at += size
        return part

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def modulus(self, expected: int) -> None:
        """A length-prefixed modulus, which must be the one of BN254."""
        size = self.u32()
        if size != FIELD_BYTES or int.from_bytes(self.take(size), "little") != expected:
            raise MalformedInput(f"{self._name} is for another curve than BN254 (alt_bn128)")

    def scalar(self) -> int:
        value = int.from_bytes(self.take(FIELD_BYTES), "little")
        if value >= R:
            raise MalformedInput(f"{self._name} has a scalar that is not below the group order")
        return value

    def finish(self) -> None:
        if self._at != len(self._content):
            raise WrongLength(f"{self._name} has {len(self._content) - self._at} bytes too many")


class Sections:
    """The sections of one file, by type. A file that is not of the given kind raises MalformedInput."""

    def __init__(self, path: Path, magic: bytes, versions: Sequence[int]) -> None:
        try:
            content = memoryview(path.read_bytes())
        except OSError as error:
            raise MalformedInput(f"{path.name} cannot be read: {error.strerror}") from error
        if bytes(content[:4]) != magic:
            raise MalformedInput(
                f"{path.name} is no .{magic.decode()} file: its first bytes are {bytes(content[:4])!r}"
            )
        reader = Reader(content[4:], path.name)
        if (version := reader.u32()) not in versions:
            raise MalformedInput(f"{path.name} has format version {version}; known are {list(versions)}")
        self._path = path
        self._sections: dict[int, memoryview] = {}
        for _ in range(reader.u32()):
            kind, size = reader.u32(), reader.u64()
            if kind in self._sections:
                raise MalformedInput(f"{path.name} has section {kind} twice")
            self._sections[kind] = reader.take(size)
        reader.finish()

    def __contains__(self, kind: int) -> bool:
        return kind in self._sections

    def raw(self, kind: int) -> memoryview:
        if kind not in self._sections:
            raise MalformedInput(f"{self._path.name} lacks section {kind}")
        return self._sections[kind]

    def reader(self, kind: int) -> Reader:
        return Reader(self.raw(kind), f"section {kind} of {self._path.name}")


def _coordinates(raw: memoryview, what: str) -> list[bytes]:
    """Montgomery little-endian coordinates to canonical big-endian ones."""
    if len(raw) % FIELD_BYTES:
        raise WrongLength(f"{what}: {len(raw)} bytes are no whole number of coordinates")
    out = []
    for words in struct.iter_unpack("<4Q", raw):
        value = words[0] | words[1] << 64 | words[2] << 128 | words[3] << 192
        if value >= P:
            raise NonCanonicalCoordinate(f"{what}: a coordinate is not below the field modulus")
        out.append((value * _COORDINATE_FROM_MONTGOMERY % P).to_bytes(FIELD_BYTES, "big"))
    return out


def g1_from_montgomery(raw: memoryview, what: str, count: int | None = None) -> bytes:
    """G1 points of zkey and ptau to this package's encoding; not yet checked to be on the curve."""
    coordinates = _coordinates(raw, what)
    _require_count(len(coordinates), 2, count, what)
    return b"".join(coordinates)


def g2_from_montgomery(raw: memoryview, what: str, count: int | None = None) -> bytes:
    """G2 points (x0, x1, y0, y1) to EIP-197's order (x1, x0, y1, y0)."""
    coordinates = _coordinates(raw, what)
    _require_count(len(coordinates), 4, count, what)
    for at in range(0, len(coordinates), 2):
        coordinates[at], coordinates[at + 1] = coordinates[at + 1], coordinates[at]
    return b"".join(coordinates)


def _require_count(coordinates: int, each: int, count: int | None, what: str) -> None:
    if coordinates % each or (count is not None and coordinates != each * count):
        wanted = "a whole number of" if count is None else str(count)
        raise WrongLength(f"{what}: {coordinates} coordinates are not those of {wanted} points")
