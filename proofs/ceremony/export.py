"""From a closed ceremony to a key directory of ``proofs.setup``."""

from __future__ import annotations

from collections.abc import Mapping

from proofs import formats
from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES, Backend
from proofs.ceremony.errors import WrongPhase
from proofs.ceremony.parameters import Parameters
from proofs.ceremony.powers import Powers, Shape
from proofs.ceremony.scalars import CLOSED
from proofs.ceremony.verification import Ceremony, verify
from proofs.field import R
from proofs.key_check import check_proving_key
from proofs.keys import VerifyingKey
from proofs.setup import KeyMaterial

__all__ = ["export_key"]


def export_key(backend: Backend, ceremony: Ceremony) -> KeyMaterial:
    """The key, its ``ceremony`` being the transcript's hash; verified before, and checked as a key after.

    Raises WrongPhase before the last beacon, and what ``verify`` and ``check_proving_key`` raise.
    """
    state = verify(backend, ceremony)
    if state.phase != CLOSED:
        raise WrongPhase(f"the ceremony is in phase {state.phase}; a key is exported after the last beacon")
    assert ceremony.parameters is not None  # by verify
    material = _material(backend, ceremony, ceremony.parameters, state.principals)
    check_proving_key(material.proving_key(backend, trusted=False))
    return material


def _material(
    backend: Backend, ceremony: Ceremony, parameters: Parameters, principals: Mapping[str, bytes]
) -> KeyMaterial:
    powers, shape, fixed = ceremony.powers, ceremony.transcript.header.shape, parameters.fixed
    n = shape.n
    lagrange = backend.g1_lagrange(powers.g1[: n * G1_BYTES])
    lagrange_g2 = backend.g2_lagrange(powers.g2)
    verifying = VerifyingKey(
        n=n,
        alpha1=fixed["alpha1"],
        alpha2=principals["alpha"],
        beta2=principals["beta"],
        delta2=principals["delta"],
        kappa2=principals["kappa"],
        kappa_prime2=principals["kappa_prime"],
        tau2=powers.tau2,
        l0=lagrange[:G1_BYTES],
        eta=principals["eta"],
        job_point=backend.g1_add(fixed["alpha_row"], fixed["beta_row"]),
    )
    lists = {
        "lagrange": lagrange,
        "lagrange_g2": lagrange_g2,
        **parameters.lists,
        "output_points": output_points(backend, powers, shape),
    }
    singles = {
        name: fixed[name] for name in ("beta1", "delta1", "eta_delta", "eta_tau", "kappa_l0", "kappa_eta")
    }
    singles["job_row1"] = lagrange[(n - 2) * G1_BYTES : (n - 1) * G1_BYTES]
    singles["job_row2"] = lagrange_g2[(n - 2) * G2_BYTES : (n - 1) * G2_BYTES]
    return KeyMaterial(verifying, formats.to_hex(ceremony.transcript.hash), lists, singles)


def output_points(backend: Backend, powers: Powers, shape: Shape) -> bytes:
    """E_i = [tau^i L_0]1: as L_0 = (1 + X + … + X^(n-1)) / n, a sliding sum of n powers over n."""
    n, points = shape.n, [powers.g1[i : i + G1_BYTES] for i in range(0, len(powers.g1), G1_BYTES)]
    sums = [backend.g1_msm(powers.g1[: n * G1_BYTES], (1).to_bytes(SCALAR_BYTES, "big") * n)]
    for i in range(shape.outputs - 1):
        sums.append(backend.g1_sum(sums[-1] + points[i + n] + backend.g1_neg(points[i])))
    return backend.g1_scale(b"".join(sums), pow(n, -1, R))
