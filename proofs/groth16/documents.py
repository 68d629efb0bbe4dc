"""snarkjs' JSON documents: verification_key.json, proof.json, public.json; read strictly, written alike.

Numbers are decimal strings. G1: [x, y, "1"]; G2: [[x0, x1], [y0, y1], ["1", "0"]] with x = x0 + x1·i.
snarkjs itself accepts projective coordinates and numbers beyond the modulus; here they are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs.backend.base import G1_BYTES
from proofs.errors import (
    MalformedInput,
    NonCanonicalCoordinate,
    NonCanonicalScalar,
    UnexpectedInfinity,
    WrongLength,
)
from proofs.field import P, R
from proofs.formats import parse_json

__all__ = ["Groth16Proof", "Groth16VerifyingKey", "public_from_json", "public_to_json", "read_json"]

_WORD = 32


@dataclass(frozen=True)
class Groth16Proof:
    """A (G1), B (G2), C (G1) in this package's encoding."""

    a: bytes
    b: bytes
    c: bytes

    @classmethod
    def from_json(cls, document: Any) -> Groth16Proof:
        _require_protocol(document)
        return cls(_g1(document, "pi_a"), _g2(document, "pi_b"), _g1(document, "pi_c"))

    def to_json(self) -> dict[str, Any]:
        return {
            "pi_a": _g1_json(self.a),
            "pi_b": _g2_json(self.b),
            "pi_c": _g1_json(self.c),
            "protocol": "groth16",
            "curve": "bn128",
        }


@dataclass(frozen=True)
class Groth16VerifyingKey:
    """The verifying key of one circuit; ``ic`` has one G1 point more than there are public signals."""

    alpha_1: bytes
    beta_2: bytes
    gamma_2: bytes
    delta_2: bytes
    ic: bytes

    @property
    def public_signals(self) -> int:
        return len(self.ic) // G1_BYTES - 1

    @classmethod
    def from_json(cls, document: Any) -> Groth16VerifyingKey:
        _require_protocol(document)
        points = document.get("IC")
        if not isinstance(points, list) or not points:
            raise MalformedInput("the verifying key lacks its list IC")
        if document.get("nPublic") != len(points) - 1:
            raise WrongLength(f"nPublic is {document.get('nPublic')!r}, but IC has {len(points)} points")
        return cls(
            _g1(document, "vk_alpha_1"),
            _g2(document, "vk_beta_2"),
            _g2(document, "vk_gamma_2"),
            _g2(document, "vk_delta_2"),
            b"".join(_g1({"IC": point}, "IC") for point in points),
        )

    def to_json(self) -> dict[str, Any]:
        points = [self.ic[at : at + G1_BYTES] for at in range(0, len(self.ic), G1_BYTES)]
        return {
            "protocol": "groth16",
            "curve": "bn128",
            "nPublic": self.public_signals,
            "vk_alpha_1": _g1_json(self.alpha_1),
            "vk_beta_2": _g2_json(self.beta_2),
            "vk_gamma_2": _g2_json(self.gamma_2),
            "vk_delta_2": _g2_json(self.delta_2),
            "IC": [_g1_json(point) for point in points],
        }


def read_json(path: Path) -> Any:
    """A JSON file's content; MalformedInput when it cannot be read or is no JSON."""
    try:
        return parse_json(path.read_bytes())
    except OSError as error:
        raise MalformedInput(f"{path} cannot be read: {error.strerror}") from error
    except MalformedInput as error:
        raise MalformedInput(f"{path} is no JSON document: {error}") from None


def public_from_json(document: Any) -> list[int]:
    """The public signals, each in [0, r)."""
    if not isinstance(document, list):
        raise MalformedInput("public signals are a JSON list of decimal strings")
    values = [_decimal(item, "a public signal") for item in document]
    for index, value in enumerate(values):
        if value >= R:
            raise NonCanonicalScalar(f"public signal {index} is not below the group order r")
    return values


def public_to_json(values: list[int]) -> list[str]:
    return [str(value) for value in values]


def _require_protocol(document: Any) -> None:
    if not isinstance(document, dict):
        raise MalformedInput("the document is no JSON object")
    if document.get("protocol") != "groth16" or document.get("curve") not in ("bn128", "bn254"):
        raise MalformedInput(
            f"protocol {document.get('protocol')!r} on {document.get('curve')!r} is not groth16 on bn128"
        )


def _decimal(item: Any, what: str) -> int:
    if not isinstance(item, str) or not item.isascii() or not item.isdigit() or len(item) > 78:
        raise MalformedInput(f"{what} is {str(item)[:40]!r}, not a decimal string")
    return int(item)


def _coordinate(item: Any, what: str) -> bytes:
    value = _decimal(item, what)
    if value >= P:
        raise NonCanonicalCoordinate(f"a coordinate of {what} is not below the field modulus p")
    return value.to_bytes(_WORD, "big")


def _g1(document: dict[str, Any], name: str) -> bytes:
    point = document.get(name)
    if not isinstance(point, list) or len(point) != 3:
        raise MalformedInput(f"{name} is no G1 point: three decimal strings are expected")
    if point[2] == "0":
        raise UnexpectedInfinity(f"{name} is the point at infinity")
    if point[2] != "1":
        raise MalformedInput(f"{name} is not affine: its third coordinate must be 1")
    return _coordinate(point[0], name) + _coordinate(point[1], name)


def _g2(document: dict[str, Any], name: str) -> bytes:
    point = document.get(name)
    if (
        not isinstance(point, list)
        or len(point) != 3
        or any(not isinstance(c, list) or len(c) != 2 for c in point)
    ):
        raise MalformedInput(f"{name} is no G2 point: three pairs of decimal strings are expected")
    (x0, x1), (y0, y1), z = point
    if z == ["0", "0"]:
        raise UnexpectedInfinity(f"{name} is the point at infinity")
    if z != ["1", "0"]:
        raise MalformedInput(f"{name} is not affine: its third coordinate must be [1, 0]")
    return b"".join(_coordinate(item, name) for item in (x1, x0, y1, y0))


def _words(point: bytes) -> list[str]:
    return [str(int.from_bytes(point[at : at + _WORD], "big")) for at in range(0, len(point), _WORD)]


def _g1_json(point: bytes) -> list[str]:
    return [*_words(point), "1"]


def _g2_json(point: bytes) -> list[list[str]]:
    x1, x0, y1, y0 = _words(point)
    return [[x0, x1], [y0, y1], ["1", "0"]]
