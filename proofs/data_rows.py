"""The data rows as points: what says of a column that it is 0 on every row but the two blinding rows.

t_D(X) = t(X) / ((X - a)(X - b)) with a = w^(n-2), b = w^(n-1) vanishes exactly on the data rows 0 … n-3. As
its degree is below n it is t_D(a) L_(n-2) + t_D(b) L_(n-1), so its points follow from the Lagrange points of
every setup: no new secret, nothing to trust. ``check`` shows them to belong to a verifying key by pairings:

    t'(a) L_(n-2) (X - a) = t(X) = n (X - 1) L_0(X)        t_D(X) (X - b) = t'(a) L_(n-2)(X)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from proofs.backend.base import Backend
from proofs.batch import Relation, require_all
from proofs.errors import PairingFailed, VerifyingKeyInvalid
from proofs.field import R, root_of_unity
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey, VerifyingKey

__all__ = ["BlindingRoots", "DataRowsKey", "data_rows_key"]


@dataclass(frozen=True)
class BlindingRoots:
    """a, b, and t'(X) = n X^(n-1) there."""

    a: int
    b: int
    slope_a: int
    slope_b: int

    @classmethod
    def of(cls, n: int) -> BlindingRoots:
        b = pow(root_of_unity(n), -1, R)
        a = b * b % R
        return cls(a, b, n * pow(a, -1, R) % R, n * pow(b, -1, R) % R)

    def vanishing_values(self) -> tuple[int, int]:
        """t_D(a) = t'(a) / (a - b) and t_D(b) = t'(b) / (b - a)."""
        inverse = pow(self.a - self.b, -1, R)
        return self.slope_a * inverse % R, -self.slope_b * inverse % R


@dataclass(frozen=True)
class DataRowsKey:
    """[L_(n-2)] and [t_D] in both groups: a function of the setup."""

    row1: bytes
    row2: bytes
    vanishing1: bytes
    vanishing2: bytes

    def check(self, backend: Backend, verifying: VerifyingKey) -> None:
        """Raises a MalformedInput for a bad point, VerifyingKeyInvalid unless the points are the setup's."""
        backend.g1_check(self.row1 + self.vanishing1)
        backend.g2_check(self.row2 + self.vanishing2)
        roots, g1, g2 = BlindingRoots.of(verifying.n), backend.g1_generator(), backend.g2_generator()

        def shifted(x: int) -> bytes:
            return backend.g2_msm(verifying.tau2 + g2, scalar_bytes(1) + scalar_bytes(-x % R))

        row = backend.g1_mul(self.row1, roots.slope_a)
        whole = backend.g1_mul(verifying.l0, R - verifying.n)
        minus = backend.g1_neg(g1)
        relations = [
            Relation("row1", row + whole, shifted(roots.a) + shifted(1)),
            Relation("vanishing1", self.vanishing1 + backend.g1_neg(row), shifted(roots.b) + g2),
            Relation("row2", self.row1 + minus, g2 + self.row2),
            Relation("vanishing2", self.vanishing1 + minus, g2 + self.vanishing2),
        ]
        try:
            require_all(backend, relations)
        except PairingFailed as error:
            raise VerifyingKeyInvalid(f"data rows: {error}") from None


@lru_cache(maxsize=32)
def data_rows_key(key: ProvingKey) -> DataRowsKey:
    """The points of a proving key, from its Lagrange points."""
    values = b"".join(map(scalar_bytes, BlindingRoots.of(key.n).vanishing_values()))
    return DataRowsKey(
        row1=key.job_row1,
        row2=key.job_row2,
        vanishing1=key.lagrange.msm(values, offset=key.n - 2),
        vanishing2=key.lagrange_g2.msm(values, offset=key.n - 2),
    )
