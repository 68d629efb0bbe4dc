"""Verifying and proving key of one capacity, and the checks that a stranger can make of them.

PROTOCOL, *Setup, one per capacity*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from proofs import hashing
from proofs.backend.base import G1_BYTES, G2_BYTES, Backend, Bases
from proofs.errors import VerifyingKeyInvalid, WrongLength
from proofs.field import TWO_ADICITY

__all__ = ["DEVELOPMENT", "ProvingKey", "VerifyingKey"]

DEVELOPMENT = "development"
"""Ceremony kind of a single-party setup: whoever made it can forge proofs. Insecure outside of tests."""

MIN_CAPACITY = 8

G1_NAMES = ("alpha1", "l0", "eta", "job_point")
G2_NAMES = ("alpha2", "beta2", "delta2", "kappa2", "kappa_prime2", "tau2")


@dataclass(frozen=True)
class VerifyingKey:
    """What verifies proofs of capacity n; job_point is [(alpha + beta) L_(n-2)]1."""

    n: int
    alpha1: bytes
    alpha2: bytes
    beta2: bytes
    delta2: bytes
    kappa2: bytes
    kappa_prime2: bytes
    tau2: bytes
    l0: bytes
    eta: bytes
    job_point: bytes

    def __post_init__(self) -> None:
        for names, size in ((G1_NAMES, G1_BYTES), (G2_NAMES, G2_BYTES)):
            for name in names:
                if len(getattr(self, name)) != size:
                    raise WrongLength(f"{name} has {len(getattr(self, name))} bytes, expected {size}")
        if self.n & (self.n - 1) or not MIN_CAPACITY <= self.n <= 1 << TWO_ADICITY:
            raise VerifyingKeyInvalid(f"capacity {self.n} is not a power of two in [8, 2^28]")

    @cached_property
    def setup_id(self) -> bytes:
        return hashing.setup_id(
            self.n,
            (
                self.alpha1,
                self.alpha2,
                self.beta2,
                self.delta2,
                self.kappa2,
                self.kappa_prime2,
                self.tau2,
                self.l0,
                self.eta,
                self.job_point,
            ),
        )

    @property
    def max_rows(self) -> int:
        """Data rows of a column: the last two are blinding rows (PROTOCOL, Columns)."""
        return self.n - 2

    def check(self, backend: Backend) -> None:
        """docs/protocol.md, *Setup*: encodings, subgroups, no infinity, delta apart from the rest, alpha.

        Raises a MalformedInput for a bad point, VerifyingKeyInvalid for a wrong relation.
        """
        for name in G1_NAMES:
            backend.g1_check(getattr(self, name))
        for name in G2_NAMES:
            backend.g2_check(getattr(self, name))
        if self.delta2 == backend.g2_generator():
            raise VerifyingKeyInvalid("delta2 is the generator (gamma = delta): anyone could forge proofs")
        seen = {backend.g2_generator(): "the generator"}
        for name in G2_NAMES:
            other = seen.setdefault(getattr(self, name), name)
            if other != name:
                raise VerifyingKeyInvalid(f"{name} equals {other}: proofs could be forged")
        minus_generator = backend.g1_neg(backend.g1_generator())
        if not backend.pairing_product_is_one(
            self.alpha1 + minus_generator, backend.g2_generator() + self.alpha2
        ):
            raise VerifyingKeyInvalid("alpha1 and alpha2 are not multiples by the same scalar")


@dataclass(frozen=True, eq=False)
class ProvingKey:
    """Everything that committing, proving and sharing need. Made by ``proofs.setup``."""

    backend: Backend
    verifying: VerifyingKey
    ceremony: str
    """``development`` (insecure) or the name of the ceremony that made it."""

    lagrange: Bases
    """[L_i]1, n points."""
    lagrange_g2: Bases
    """[L_i]2, n points."""
    lagrange_kappa: Bases
    """[kappa L_i]1, n points."""
    quotient_points: Bases
    """[tau^i t/delta]1, n - 1 points."""
    witness_points: Bases
    """K_1 … K_(n-1): [(L_i - L_0)/delta]1 for i <= n-3, then [L_i/delta]1; n - 1 points."""
    output_points: Bases
    """E_i = [tau^i L_0]1; as many as outputs are allowed."""

    beta1: bytes
    delta1: bytes
    eta_delta: bytes
    """[eta/delta]1."""
    eta_tau: bytes
    """[tau eta]1: hides the opening of a sealed result (``proofs.inner_product.Blinding``)."""
    kappa_l0: bytes
    """[kappa' L_0]1."""
    kappa_eta: bytes
    """[kappa' eta]1."""
    job_row1: bytes
    """[L_(n-2)]1."""
    job_row2: bytes
    """[L_(n-2)]2."""

    @property
    def n(self) -> int:
        return self.verifying.n

    @property
    def setup_id(self) -> bytes:
        return self.verifying.setup_id

    @property
    def max_rows(self) -> int:
        return self.verifying.max_rows

    @property
    def is_development(self) -> bool:
        return self.ceremony == DEVELOPMENT
