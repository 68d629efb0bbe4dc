"""Where a step's secrets come from: the operating system, mixed with what the contributor adds; or a beacon.

Nothing drawn here is written to disk or logged. The pool is a bytearray that is zeroed at the end; Python
integers and the backend's copies cannot be zeroed, so a contribution belongs in a process of its own that
ends with it (docs/ceremony.md).
"""

from __future__ import annotations

import hashlib
import os
from types import TracebackType

from proofs.backend.base import Buffer
from proofs.ceremony.scalars import PRINCIPALS
from proofs.errors import MalformedInput
from proofs.randomness import Random, SeededRandom, draw_scalar

__all__ = ["MAX_ITERATIONS", "MixedRandom", "beacon_scalars", "draw_secrets", "require_beacon"]

_POOL_BYTES = 64
_TAG = b"hengsuan/ceremony/entropy/v1"
MIN_VALUE_BYTES, MAX_VALUE_BYTES = 16, 128
MAX_ITERATIONS = 1 << 26
"""About a minute in Python: whoever verifies repeats them."""


class MixedRandom:
    """Bytes that are unpredictable if the operating system's or the user's are.

    Every draw is SHAKE-256 of fresh bytes of the system and a pool that was seeded from both.
    """

    def __init__(self, user_entropy: Buffer = b"") -> None:
        seed = hashlib.sha512(_TAG + os.urandom(_POOL_BYTES))
        seed.update(user_entropy)
        self._pool = bytearray(seed.digest())
        self._counter = 0

    def __enter__(self) -> MixedRandom:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def draw(self, count: int) -> bytes:
        self._counter += 1
        state = hashlib.shake_256(_TAG)
        for part in (self._counter.to_bytes(8, "big"), os.urandom(_POOL_BYTES), self._pool):
            state.update(part)
        return state.digest(count)

    def wipe(self) -> None:
        """Zero the pool."""
        self._pool[:] = bytes(len(self._pool))


def draw_secrets(random: Random, phase: str) -> dict[str, int]:
    """One scalar in [2, r) for each scalar of the phase; 1 would leave it unchanged."""
    secrets = {}
    for scalar in PRINCIPALS[phase]:
        while (value := draw_scalar(random)) == 1:
            pass
        secrets[scalar] = value
    return secrets


def require_beacon(value: bytes, iterations: int) -> None:
    """MalformedInput for a value or a number of iterations out of bounds."""
    if not MIN_VALUE_BYTES <= len(value) <= MAX_VALUE_BYTES:
        raise MalformedInput(
            f"a beacon's value has {MIN_VALUE_BYTES} to {MAX_VALUE_BYTES} bytes, not {len(value)}"
        )
    if not 1 <= iterations <= MAX_ITERATIONS:
        raise MalformedInput(f"a beacon has 1 to {MAX_ITERATIONS} iterations, not {iterations}")


def beacon_scalars(value: bytes, iterations: int, phase: str, previous: bytes) -> dict[str, int]:
    """What anyone derives from a public value: SHA-256 iterated, then expanded for this step alone.

    The delay makes it costly to steer a value whose publisher could choose among several.
    """
    require_beacon(value, iterations)
    seed = value
    for _ in range(iterations):
        seed = hashlib.sha256(seed).digest()
    context = b"hengsuan/ceremony/beacon/v1" + phase.encode() + previous
    return draw_secrets(SeededRandom(seed, context), phase)
