"""snarkjs' ``.ptau``: powers of tau of a public ceremony, checked point by point by batched pairings.

Sections: 1 header, 2 [tau^i]1 (2^(k+1) - 1 of them), 3 [tau^i]2, 4 [alpha tau^i]1, 5 [beta tau^i]1 (2^k
each), 6 [beta]2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proofs.backend.base import G1_BYTES, G2_BYTES, Backend
from proofs.errors import MalformedInput, VerifyingKeyInvalid
from proofs.field import P
from proofs.groth16.binfile import Sections, g1_from_montgomery, g2_from_montgomery

__all__ = ["PowersOfTau", "check_powers", "read_powers"]

_HEADER, _TAU_1, _TAU_2, _ALPHA_TAU_1, _BETA_TAU_1, _BETA_2 = range(1, 7)
_MAX_POWER = 28


@dataclass(frozen=True)
class PowersOfTau:
    """Phase 1 of a setup for up to 2^power rows."""

    power: int
    tau_1: bytes
    tau_2: bytes
    alpha_tau_1: bytes
    beta_tau_1: bytes
    beta_2: bytes


def read_powers(path: Path) -> PowersOfTau:
    """The points of a .ptau file, in canonical encoding; ``check_powers`` proves that they are powers."""
    sections = Sections(path, b"ptau", versions=(1,))
    header = sections.reader(_HEADER)
    header.modulus(P)
    power = header.u32()
    header.u32()  # power of the ceremony that this file was cut from
    header.finish()
    if not 1 <= power <= _MAX_POWER:
        raise MalformedInput(f"{path.name} claims 2^{power} rows; 2^1 to 2^{_MAX_POWER} are possible")
    size = 1 << power
    return PowersOfTau(
        power,
        g1_from_montgomery(sections.raw(_TAU_1), "powers of tau in G1", 2 * size - 1),
        g2_from_montgomery(sections.raw(_TAU_2), "powers of tau in G2", size),
        g1_from_montgomery(sections.raw(_ALPHA_TAU_1), "alpha times powers of tau", size),
        g1_from_montgomery(sections.raw(_BETA_TAU_1), "beta times powers of tau", size),
        g2_from_montgomery(sections.raw(_BETA_2), "beta in G2", 1),
    )


def check_powers(backend: Backend, powers: PowersOfTau, draw: Callable[[], int]) -> None:
    """VerifyingKeyInvalid unless every list is a geometric series of one tau, with one alpha and one beta.

    Each list v is tested by a random linear combination: e(sum rho_i v_(i+1), G2) = e(sum rho_i v_i, [tau]2).
    """
    backend.g1_check(powers.tau_1 + powers.alpha_tau_1 + powers.beta_tau_1)
    backend.g2_check(powers.tau_2 + powers.beta_2)
    g1, g2 = backend.g1_generator(), backend.g2_generator()
    if powers.tau_1[:G1_BYTES] != g1 or powers.tau_2[:G2_BYTES] != g2:
        raise VerifyingKeyInvalid("powers of tau must begin with the generators")
    tau_1, tau_2 = powers.tau_1[G1_BYTES : 2 * G1_BYTES], powers.tau_2[G2_BYTES : 2 * G2_BYTES]
    for what, series in (("tau", powers.tau_1), ("alpha", powers.alpha_tau_1), ("beta", powers.beta_tau_1)):
        low, high = series[:-G1_BYTES], series[G1_BYTES:]
        weights = _weights(backend, len(low) // G1_BYTES, draw)
        moved = backend.g1_msm(high, weights)
        kept = backend.g1_neg(backend.g1_msm(low, weights))
        _require(backend, moved + kept, g2 + tau_2, f"the points of {what} in G1 are no powers of tau")
    weights = _weights(backend, len(powers.tau_2) // G2_BYTES - 1, draw)
    moved_2 = backend.g2_msm(powers.tau_2[G2_BYTES:], weights)
    kept_2 = backend.g2_msm(powers.tau_2[:-G2_BYTES], weights)
    _require(
        backend, g1 + backend.g1_neg(tau_1), moved_2 + kept_2, "the points of tau in G2 are no powers of tau"
    )
    beta_1 = powers.beta_tau_1[:G1_BYTES]
    _require(backend, beta_1 + backend.g1_neg(g1), g2 + powers.beta_2, "beta differs between G1 and G2")


def _weights(backend: Backend, count: int, draw: Callable[[], int]) -> bytes:
    return backend.vec_powers(draw(), count)


def _require(backend: Backend, g1_points: bytes, g2_points: bytes, otherwise: str) -> None:
    if not backend.pairing_product_is_one(g1_points, g2_points):
        raise VerifyingKeyInvalid(otherwise)
