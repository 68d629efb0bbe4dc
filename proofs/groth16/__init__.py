"""Ordinary Groth16 over R1CS on BN254, in the file formats of circom and snarkjs.

Beside the committed-input circuits of this package, whose public inputs are whole columns, this room
reads what the field already has: ``.r1cs`` and ``.wtns`` (circom), ``.zkey`` and ``.ptau`` (snarkjs), and
snarkjs' JSON documents.

Source: J. Groth, EUROCRYPT 2016 (eprint 2016/260).
"""

from proofs.groth16.documents import Groth16Proof, Groth16VerifyingKey
from proofs.groth16.powers import PowersOfTau, read_powers
from proofs.groth16.prover import prove
from proofs.groth16.r1cs import R1cs, check_witness, read_r1cs
from proofs.groth16.verifier import verify
from proofs.groth16.witness import read_witness
from proofs.groth16.zkey import ProvingKey, read_zkey

__all__ = [
    "Groth16Proof",
    "Groth16VerifyingKey",
    "PowersOfTau",
    "ProvingKey",
    "R1cs",
    "check_witness",
    "prove",
    "read_powers",
    "read_r1cs",
    "read_witness",
    "read_zkey",
    "verify",
]
