"""Phase 1: [tau^i] in G1 and G2, multiplied up by contributions or cut from a checked ``.ptau``.

For capacity n, tau^i t needs 2n - 1 points of G1 and E_i = [tau^i L_0]1 needs n + outputs - 1; the Lagrange
points in G2 need n points of G2.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES, Backend
from proofs.ceremony.equations import Equation, require_all
from proofs.ceremony.errors import ParametersInvalid
from proofs.errors import WrongLength
from proofs.field import R
from proofs.groth16.powers import PowersOfTau, check_powers
from proofs.randomness import OsRandom, Random, draw_scalars

__all__ = ["Powers", "Shape"]


@dataclass(frozen=True)
class Shape:
    """Capacity and number of output points of the key to be made."""

    n: int
    outputs: int

    @property
    def g1_count(self) -> int:
        return max(2 * self.n - 1, self.n + self.outputs - 1)


@dataclass(frozen=True)
class Powers:
    """Powers of one tau, as points."""

    g1: bytes
    g2: bytes

    @property
    def tau1(self) -> bytes:
        return self.g1[G1_BYTES : 2 * G1_BYTES]

    @property
    def tau2(self) -> bytes:
        return self.g2[G2_BYTES : 2 * G2_BYTES]

    @classmethod
    def at_one(cls, backend: Backend, shape: Shape) -> Powers:
        """tau = 1: where an own phase 1 starts."""
        return cls(backend.g1_generator() * shape.g1_count, backend.g2_generator() * shape.n)

    @classmethod
    def cut(cls, backend: Backend, ptau: PowersOfTau, shape: Shape) -> Powers:
        """The first points of a ``.ptau``, all of which is checked first.

        Raises WrongLength if it has too few, else what ``check_powers`` raises.
        """
        available = len(ptau.tau_1) // G1_BYTES
        if available < shape.g1_count or len(ptau.tau_2) < shape.n * G2_BYTES:
            raise WrongLength(
                f"the .ptau has {available} powers of tau in G1 and {len(ptau.tau_2) // G2_BYTES} in G2; "
                f"n = {shape.n} with {shape.outputs} outputs needs {shape.g1_count} and {shape.n}"
            )
        check_powers(backend, ptau, lambda: 1 + secrets.randbelow(R - 1))
        return cls(ptau.tau_1[: shape.g1_count * G1_BYTES], ptau.tau_2[: shape.n * G2_BYTES])

    def scaled(self, backend: Backend, factor: int) -> Powers:
        """tau times ``factor``: point i times factor^i."""
        count_1, count_2 = len(self.g1) // G1_BYTES, len(self.g2) // G2_BYTES
        exponents = backend.vec_powers(factor, count_1)
        return Powers(
            backend.g1_products(self.g1, exponents),
            backend.g2_products(self.g2, exponents[: count_2 * SCALAR_BYTES]),
        )

    def check(self, backend: Backend, shape: Shape, random: Random | None = None) -> None:
        """Lengths, every point, and that both lists are the powers of one tau.

        Raises a MalformedInput or ParametersInvalid.
        """
        if len(self.g1) != shape.g1_count * G1_BYTES or len(self.g2) != shape.n * G2_BYTES:
            raise WrongLength(
                f"the powers of tau are {len(self.g1)} and {len(self.g2)} bytes; n = {shape.n} with "
                f"{shape.outputs} outputs has {shape.g1_count * G1_BYTES} and {shape.n * G2_BYTES}"
            )
        backend.g1_check(self.g1)
        backend.g2_check(self.g2)
        g1, g2 = backend.g1_generator(), backend.g2_generator()
        if self.g1[:G1_BYTES] != g1 or self.g2[:G2_BYTES] != g2:
            raise ParametersInvalid("the powers of tau do not begin with the generators")
        source = random or OsRandom()
        c = draw_scalars(backend, source, shape.g1_count - 1)
        bases = backend.g1_bases(self.g1)
        moved, kept = bases.msm(c, offset=1), bases.msm(c)
        d = c[: (shape.n - 1) * SCALAR_BYTES]
        moved_2, kept_2 = backend.g2_msm(self.g2[G2_BYTES:], d), backend.g2_msm(self.g2[:-G2_BYTES], d)
        series = [
            Equation("the list of powers of tau in G1", (moved, g2), (kept, self.tau2)),
            Equation("the list of powers of tau in G2", (g1, moved_2), (self.tau1, kept_2)),
        ]
        require_all(backend, series, source)
