"""What a node declares that it can do. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.nodes.errors import CapabilitiesInvalid

__all__ = ["DEFAULT_SEATS", "Capabilities"]

BACKENDS = ("native", "py_ecc")
MAX_CAPACITY = 2**28
SIZES = ("cores", "memory_bytes", "storage_bytes", "bandwidth_bps", "latency_ms")
DEFAULT_SEATS, MOST_SEATS = 4, 1024


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capacities n of setups whose keys it holds, its curve backend, its size, and how many jobs it takes at
    a time.

    0 cores, bytes, bits a second or milliseconds (to the market and back): not told.
    """

    capacities: tuple[int, ...]
    backend: str
    cores: int
    memory_bytes: int
    storage_bytes: int = 0
    bandwidth_bps: int = 0
    latency_ms: int = 0
    seats: int = DEFAULT_SEATS

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Capabilities:
        """Strict reading; CapabilitiesInvalid names the field."""
        if unknown := set(document) - {"capacities", "backend", "seats", *SIZES}:
            raise CapabilitiesInvalid(f"capabilities have unknown fields {sorted(unknown)}")
        capacities = document.get("capacities")
        if not isinstance(capacities, list) or not capacities or not all(map(_is_capacity, capacities)):
            raise CapabilitiesInvalid("capacities must be a list of powers of two from 8 to 2^28")
        backend = document.get("backend")
        if backend not in BACKENDS:
            raise CapabilitiesInvalid(f"backend must be one of {', '.join(BACKENDS)}")
        seats = document.get("seats", DEFAULT_SEATS)
        if type(seats) is not int or not 1 <= seats <= MOST_SEATS:
            raise CapabilitiesInvalid(f"seats must be from 1 to {MOST_SEATS}: the jobs it takes at a time")
        return cls(
            capacities=tuple(sorted(set(capacities))),
            backend=backend,
            seats=seats,
            **{name: _count(document, name) for name in SIZES},
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "capacities": list(self.capacities),
            "backend": self.backend,
            "cores": self.cores,
            "memory_bytes": self.memory_bytes,
            "storage_bytes": self.storage_bytes,
            "bandwidth_bps": self.bandwidth_bps,
            "latency_ms": self.latency_ms,
            "seats": self.seats,
        }


def _is_capacity(value: object) -> bool:
    return type(value) is int and 8 <= value <= MAX_CAPACITY and value & (value - 1) == 0


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name, 0)
    if type(value) is not int or not 0 <= value < 2**63:
        raise CapabilitiesInvalid(f"{name} must be a whole number, not negative")
    return value
