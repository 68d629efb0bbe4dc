"""Strict Groth16 verification: lengths, then encodings and subgroups, then the key, then the pairing.

What other verifiers let through is refused here: public signals beyond r (they satisfy the equation), a
key whose gamma equals delta (anyone can forge under it), infinity in the proof.
"""

from __future__ import annotations

from proofs.backend.base import Backend
from proofs.backend.codec import encode_scalars
from proofs.errors import NonCanonicalScalar, PairingFailed, VerifyingKeyInvalid, WrongLength
from proofs.field import R
from proofs.groth16.documents import Groth16Proof, Groth16VerifyingKey

__all__ = ["check_key", "verify"]


def verify(backend: Backend, key: Groth16VerifyingKey, proof: Groth16Proof, public: list[int]) -> None:
    """Return if the proof holds; else raise a MalformedInput, VerifyingKeyInvalid or PairingFailed.

    Equation (Groth 2016, section 3.2): e(A, B) = e(alpha, beta) · e(sum_i pub_i IC_i, gamma) · e(C, delta).
    """
    if len(public) != key.public_signals:
        raise WrongLength(
            f"{len(public)} public signals were given, the verifying key has {key.public_signals}"
        )
    for index, value in enumerate(public):
        if not 0 <= value < R:
            raise NonCanonicalScalar(f"public signal {index} is not below the group order r")
    backend.g1_check(proof.a)
    backend.g2_check(proof.b)
    backend.g1_check(proof.c)
    check_key(backend, key)
    signals = encode_scalars([1, *public])
    inputs = backend.g1_msm(key.ic, signals)
    if not backend.pairing_product_is_one(
        backend.g1_neg(proof.a) + key.alpha_1 + inputs + proof.c,
        proof.b + key.beta_2 + key.gamma_2 + key.delta_2,
    ):
        raise PairingFailed(
            "the pairing equation does not hold: the proof is not one for this key and these signals"
        )


def check_key(backend: Backend, key: Groth16VerifyingKey) -> None:
    """VerifyingKeyInvalid for gamma = delta; MalformedInput for points at infinity or off their group."""
    backend.g1_check(key.alpha_1)
    for point in (key.beta_2, key.gamma_2, key.delta_2):
        backend.g2_check(point)
    backend.g1_check(key.ic, allow_infinity=True)
    if key.gamma_2 == key.delta_2:
        raise VerifyingKeyInvalid(
            "gamma equals delta: anyone can forge proofs under this key; run phase 2 of the setup"
        )
