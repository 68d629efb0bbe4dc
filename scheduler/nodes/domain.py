"""What a node declares that it can do. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.nodes.errors import CapabilitiesInvalid

__all__ = ["Capabilities"]

BACKENDS = ("native", "py_ecc")
MAX_CAPACITY = 2**28


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capacities n of setups whose keys it holds, its curve backend, its size. 0 cores or bytes: not told."""

    capacities: tuple[int, ...]
    backend: str
    cores: int
    memory_bytes: int

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Capabilities:
        """Strict reading; CapabilitiesInvalid names the field."""
        if unknown := set(document) - {"capacities", "backend", "cores", "memory_bytes"}:
            raise CapabilitiesInvalid(f"capabilities have unknown fields {sorted(unknown)}")
        capacities = document.get("capacities")
        if not isinstance(capacities, list) or not capacities or not all(map(_is_capacity, capacities)):
            raise CapabilitiesInvalid("capacities must be a list of powers of two from 8 to 2^28")
        backend = document.get("backend")
        if backend not in BACKENDS:
            raise CapabilitiesInvalid(f"backend must be one of {', '.join(BACKENDS)}")
        return cls(
            capacities=tuple(sorted(set(capacities))),
            backend=backend,
            cores=_count(document, "cores"),
            memory_bytes=_count(document, "memory_bytes"),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "capacities": list(self.capacities),
            "backend": self.backend,
            "cores": self.cores,
            "memory_bytes": self.memory_bytes,
        }


def _is_capacity(value: object) -> bool:
    return type(value) is int and 8 <= value <= MAX_CAPACITY and value & (value - 1) == 0


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name, 0)
    if type(value) is not int or not 0 <= value < 2**63:
        raise CapabilitiesInvalid(f"{name} must be a whole number, not negative")
    return value
