"""Randomness is always passed in: a source of bytes, and scalars drawn from it.

``SeededRandom`` is the documented CSPRNG that dealers expand their 32-byte seeds with: the output stream is
SHAKE-256 over ``"hengsuan/random/v1" || len(context) (2 bytes) || context || seed || counter (8 bytes)`` for
counter = 0, 1, 2 …, one block of the requested length for every call. A scalar is 64 bytes of the stream,
read big-endian, modulo r (bias below 2^-250).
"""

from __future__ import annotations

import hashlib
import os
from typing import Protocol

from proofs.backend.base import Backend
from proofs.errors import WrongLength
from proofs.field import R

__all__ = ["OsRandom", "Random", "SeededRandom", "draw_scalar", "draw_scalars"]

WIDE_BYTES = 64
SEED_BYTES = 32


class Random(Protocol):
    """A source of uniformly random bytes."""

    def draw(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        ...


class OsRandom:
    """The operating system's generator."""

    def draw(self, count: int) -> bytes:
        return os.urandom(count)


class SeededRandom:
    """Deterministic expansion of a 32-byte secret seed for one context (module docstring)."""

    def __init__(self, seed: bytes, context: bytes = b"") -> None:
        if len(seed) != SEED_BYTES:
            raise WrongLength(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
        self._prefix = b"hengsuan/random/v1" + len(context).to_bytes(2, "big") + context + seed
        self._counter = 0

    def draw(self, count: int) -> bytes:
        block = hashlib.shake_256(self._prefix + self._counter.to_bytes(8, "big")).digest(count)
        self._counter += 1
        return block


def draw_scalar(random: Random) -> int:
    """A uniform scalar in [1, r)."""
    while True:
        scalar = int.from_bytes(random.draw(WIDE_BYTES), "big") % R
        if scalar:
            return scalar


def draw_scalars(backend: Backend, random: Random, count: int) -> bytes:
    """A vector of ``count`` uniform scalars in [0, r)."""
    return backend.vec_reduce(random.draw(WIDE_BYTES * count)) if count else b""
