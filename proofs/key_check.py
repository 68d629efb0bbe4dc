"""Whether a proving key is the one of its verifying key: every list of points, by random linear combination.

For a stranger who downloads a key: nothing about the party that made it is assumed. Each check replaces n
equations by one with random coefficients (error probability 1/r). PROTOCOL, *Setup*, defines the points.
"""

from __future__ import annotations

from proofs.backend.base import SCALAR_BYTES, Backend, Bases
from proofs.errors import VerifyingKeyInvalid
from proofs.field import R, root_of_unity
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey, VerifyingKey
from proofs.randomness import OsRandom, Random, draw_scalars

__all__ = ["check_lagrange", "check_proving_key"]

_ONE = scalar_bytes(1)


def check_lagrange(
    backend: Backend, verifying: VerifyingKey, lagrange: Bases, random: Random | None = None
) -> None:
    """[L_i]1 by L_i(X) (X - w^i) = w^i L_0(X) (X - 1), with [L_0]1 and [tau]2 of the verifying key.

    Combined with coefficients c_i: e(sum c_i L_i - m L_0, [tau]2) = e(sum c_i w^i L_i - m L_0, G2), where
    m = sum c_i w^i. Raises VerifyingKeyInvalid.
    """
    n = verifying.n
    c = draw_scalars(backend, random or OsRandom(), n)
    shifted = backend.vec_mul(c, backend.vec_powers(root_of_unity(n), n))
    minus = backend.g1_mul(verifying.l0, -backend.vec_sum(shifted) % R)
    left = backend.g1_sum(lagrange.msm(c) + minus)
    right = backend.g1_sum(lagrange.msm(shifted) + minus)
    _require(backend, "lagrange", (left, verifying.tau2), (right, backend.g2_generator()))
    if lagrange.msm(_ONE) != verifying.l0:
        raise VerifyingKeyInvalid("the first point of lagrange is not the verifying key's L_0")


def check_proving_key(key: ProvingKey, random: Random | None = None) -> None:
    """Every relation of the points of ``key`` to its verifying key. VerifyingKeyInvalid names the list."""
    backend, vk, n = key.backend, key.verifying, key.n
    g1, g2 = backend.g1_generator(), backend.g2_generator()
    check_lagrange(backend, vk, key.lagrange, random)
    c = draw_scalars(backend, random or OsRandom(), n)
    combined = key.lagrange.msm(c)
    _require(backend, "lagrange_g2", (combined, g2), (g1, key.lagrange_g2.msm(c)))
    _require(backend, "lagrange_kappa", (key.lagrange_kappa.msm(c), g2), (combined, vk.kappa2))
    _check_quotient_points(key, c)
    _check_witness_points(key, c)
    _check_output_points(key, random or OsRandom())
    _require(backend, "beta1", (key.beta1, g2), (g1, vk.beta2))
    _require(backend, "delta1", (key.delta1, g2), (g1, vk.delta2))
    _require(backend, "eta_delta", (key.eta_delta, vk.delta2), (vk.eta, g2))
    _require(backend, "eta_tau", (key.eta_tau, g2), (vk.eta, vk.tau2))
    _require(backend, "kappa_l0", (key.kappa_l0, g2), (vk.l0, vk.kappa_prime2))
    _require(backend, "kappa_eta", (key.kappa_eta, g2), (vk.eta, vk.kappa_prime2))
    if key.lagrange.msm(_ONE, offset=n - 2) != key.job_row1:
        raise VerifyingKeyInvalid("job_row1 is not the point L_(n-2) of lagrange")
    _require(backend, "job_row2", (key.job_row1, g2), (g1, key.job_row2))
    _require(backend, "job_point", (vk.job_point, g2), (key.job_row1, backend.g2_sum(vk.alpha2 + vk.beta2)))


def _check_quotient_points(key: ProvingKey, c: bytes) -> None:
    """T_0 delta = n (tau - 1) L_0, as t = n (X - 1) L_0; T_(i+1) = tau T_i."""
    backend, vk, n = key.backend, key.verifying, key.n
    g2 = backend.g2_generator()
    first = key.quotient_points.msm(_ONE)
    scaled = backend.g1_mul(vk.l0, n)
    shifted = backend.g2_sum(vk.tau2 + backend.g2_neg(g2))
    _require(backend, "quotient_points", (first, vk.delta2), (scaled, shifted))
    short = c[: (n - 2) * SCALAR_BYTES]
    following, previous = key.quotient_points.msm(short, offset=1), key.quotient_points.msm(short)
    _require(backend, "quotient_points", (following, g2), (previous, vk.tau2))


def _check_witness_points(key: ProvingKey, c: bytes) -> None:
    """K_i delta = L_i - L_0 for i <= n - 3, and L_i for the two blinding rows."""
    backend, n = key.backend, key.n
    tail = c[SCALAR_BYTES:]
    minus = -backend.vec_sum(c[SCALAR_BYTES : (n - 2) * SCALAR_BYTES]) % R
    expected = backend.g1_sum(key.lagrange.msm(tail, offset=1) + backend.g1_mul(key.verifying.l0, minus))
    combined = key.witness_points.msm(tail)
    _require(
        backend,
        "witness_points",
        (combined, key.verifying.delta2),
        (expected, backend.g2_generator()),
    )


def _check_output_points(key: ProvingKey, random: Random) -> None:
    """E_0 = L_0, E_(i+1) = tau E_i."""
    backend = key.backend
    if key.output_points.msm(_ONE) != key.verifying.l0:
        raise VerifyingKeyInvalid("the first point of output_points is not L_0")
    if len(key.output_points) > 1:
        c = draw_scalars(backend, random, len(key.output_points) - 1)
        following, previous = key.output_points.msm(c, offset=1), key.output_points.msm(c)
        _require(
            backend,
            "output_points",
            (following, backend.g2_generator()),
            (previous, key.verifying.tau2),
        )


def _require(backend: Backend, name: str, left: tuple[bytes, bytes], right: tuple[bytes, bytes]) -> None:
    """e(left) = e(right)."""
    if not backend.pairing_product_is_one(left[0] + backend.g1_neg(right[0]), left[1] + right[1]):
        raise VerifyingKeyInvalid(f"{name} of the proving key does not belong to the verifying key")
