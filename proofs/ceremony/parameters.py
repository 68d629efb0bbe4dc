"""Phase 2: the points that depend on alpha, beta, delta, eta, kappa, kappa'.

Principal points stand in the transcript, where each step proves its factor. All others are carried along
here, multiplied by every contributor; whether they are right follows from the powers of tau and the
principal points alone, by pairings (``equations``), so no earlier state has to be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofs.backend.base import G1_BYTES, SCALAR_BYTES, Backend, Bases
from proofs.ceremony.equations import Equation, require_all
from proofs.ceremony.powers import Powers, Shape
from proofs.errors import WrongLength
from proofs.field import R
from proofs.randomness import OsRandom, Random, draw_scalars

__all__ = ["FIXED", "LISTS", "Parameters"]

FIXED: dict[str, dict[str, int]] = {
    "alpha1": {"alpha": 1},
    "alpha_row": {"alpha": 1},
    "beta1": {"beta": 1},
    "beta_row": {"beta": 1},
    "delta1": {"delta": 1},
    "eta_delta": {"eta": 1, "delta": -1},
    "eta_tau": {"eta": 1},
    "kappa_l0": {"kappa_prime": 1},
    "kappa_eta": {"kappa_prime": 1, "eta": 1},
}
"""Single points of G1 and the power of each scalar in them; ``_row`` is times L_(n-2), J is their sum."""

LISTS: dict[str, dict[str, int]] = {
    "quotient_points": {"delta": -1},
    "witness_points": {"delta": -1},
    "lagrange_kappa": {"kappa": 1},
}
"""The lists of ``ProvingKey`` that depend on secrets."""


@dataclass(frozen=True)
class Parameters:
    """The single points by the names of FIXED, the lists by those of LISTS."""

    fixed: Mapping[str, bytes]
    lists: Mapping[str, bytes]

    @classmethod
    def at_one(cls, backend: Backend, powers: Powers, shape: Shape) -> Parameters:
        """Every scalar 1: a function of the powers of tau."""
        n = shape.n
        lagrange = backend.g1_lagrange(powers.g1[: n * G1_BYTES])
        first, row = lagrange[:G1_BYTES], _at(lagrange, n - 2)
        minus = backend.g1_neg(first) * (n - 3)
        middle = backend.g1_add(lagrange[G1_BYTES : (n - 2) * G1_BYTES], minus)
        low, high = powers.g1[: (n - 1) * G1_BYTES], powers.g1[n * G1_BYTES : (2 * n - 1) * G1_BYTES]
        one = backend.g1_generator()
        fixed = dict.fromkeys(FIXED, one) | {
            "alpha_row": row,
            "beta_row": row,
            "eta_tau": powers.tau1,
            "kappa_l0": first,
        }
        lists = {
            "quotient_points": backend.g1_add(high, backend.g1_neg(low)),
            "witness_points": middle + lagrange[(n - 2) * G1_BYTES :],
            "lagrange_kappa": lagrange,
        }
        return cls(fixed, lists)

    def scaled(self, backend: Backend, factors: Mapping[str, int]) -> Parameters:
        """Each scalar times its factor."""

        def scale(
            points: Mapping[str, bytes], exponents: Mapping[str, Mapping[str, int]]
        ) -> dict[str, bytes]:
            return {
                name: backend.g1_scale(value, _product(factors, exponents[name]))
                for name, value in points.items()
            }

        return Parameters(scale(self.fixed, FIXED), scale(self.lists, LISTS))

    def check(
        self,
        backend: Backend,
        powers: Powers,
        shape: Shape,
        principals: Mapping[str, bytes],
        random: Random | None = None,
    ) -> None:
        """Lengths, every point, and every point's relation to ``powers`` (already checked) and principals.

        Raises a MalformedInput or ParametersInvalid, which names the list.
        """
        self._check_points(backend, shape)
        source = random or OsRandom()
        frame = _Frame(backend, powers, shape, principals, draw_scalars(backend, source, shape.n))
        require_all(backend, [*frame.singles(self.fixed), *frame.sums(self.lists)], source)

    def _check_points(self, backend: Backend, shape: Shape) -> None:
        counts = {"quotient_points": shape.n - 1, "witness_points": shape.n - 1, "lagrange_kappa": shape.n}
        for name, count in (dict.fromkeys(FIXED, 1) | counts).items():
            points = self.fixed[name] if name in FIXED else self.lists[name]
            if len(points) != count * G1_BYTES:
                raise WrongLength(f"{name} has {len(points)} bytes, {count} points have {count * G1_BYTES}")
            backend.g1_check(points)


@dataclass(frozen=True)
class _Frame:
    """What the points are checked against; c are the coefficients of the random combinations."""

    backend: Backend
    powers: Powers
    shape: Shape
    principals: Mapping[str, bytes]
    c: bytes

    def singles(self, fixed: Mapping[str, bytes]) -> list[Equation]:
        p, one, two = self.principals, self.backend.g1_generator(), self.backend.g2_generator()
        bases = self.backend.g1_bases(self.powers.g1[: self.shape.n * G1_BYTES])
        first, row = self._lagrange(bases, _unit(self.shape.n, 0)), self._lagrange(bases, self._row())
        right = {
            "alpha1": (one, p["alpha"]),
            "alpha_row": (row, p["alpha"]),
            "beta1": (one, p["beta"]),
            "beta_row": (row, p["beta"]),
            "delta1": (one, p["delta"]),
            "eta_delta": (p["eta"], two),
            "eta_tau": (p["eta"], self.powers.tau2),
            "kappa_l0": (first, p["kappa_prime"]),
            "kappa_eta": (p["eta"], p["kappa_prime"]),
        }
        left = {name: (point, p["delta"] if name == "eta_delta" else two) for name, point in fixed.items()}
        return [Equation(f"the point {name}", left[name], right[name]) for name in FIXED]

    def sums(self, lists: Mapping[str, bytes]) -> list[Equation]:
        """One equation for each list: the sum of c_i times point i, against the powers of tau."""
        n, backend, two, delta = (
            self.shape.n,
            self.backend,
            self.backend.g2_generator(),
            self.principals["delta"],
        )
        short = self.c[SCALAR_BYTES:]
        powers = backend.g1_bases(self.powers.g1)
        vanishing = powers.msm(short, offset=n) + backend.g1_neg(powers.msm(short))
        # K_i is L_i - L_0 up to row n - 3: L_0 gets minus the sum of their coefficients.
        minus = -backend.vec_sum(short[: (n - 3) * SCALAR_BYTES]) % R
        witness = minus.to_bytes(SCALAR_BYTES, "big") + short
        combined = {
            "quotient_points": (backend.g1_sum(vanishing), two, delta),
            "witness_points": (self._lagrange(powers, witness), two, delta),
            "lagrange_kappa": (self._lagrange(powers, self.c), self.principals["kappa"], two),
        }
        equations = []
        for name, (expected, partner, divisor) in combined.items():
            total = backend.g1_msm(lists[name], self.c if name == "lagrange_kappa" else short)
            equations.append(Equation(f"the list {name}", (total, divisor), (expected, partner)))
        return equations

    def _lagrange(self, powers: Bases, values: bytes) -> bytes:
        """The commitment [f(tau)]1 of the polynomial with these values on H, without Lagrange points."""
        return powers.msm(self.backend.ntt(values, inverse=True))

    def _row(self) -> bytes:
        return _unit(self.shape.n, self.shape.n - 2)


def _unit(n: int, at: int) -> bytes:
    """The vector with 1 in one row."""
    one = (1).to_bytes(SCALAR_BYTES, "big")
    return bytes(at * SCALAR_BYTES) + one + bytes((n - at - 1) * SCALAR_BYTES)


def _at(points: bytes, index: int) -> bytes:
    return points[index * G1_BYTES : (index + 1) * G1_BYTES]


def _product(factors: Mapping[str, int], exponents: Mapping[str, int]) -> int:
    product = 1
    for scalar, exponent in exponents.items():
        product = product * pow(factors[scalar], exponent, R) % R
    return product
