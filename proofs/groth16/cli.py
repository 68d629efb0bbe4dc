"""``python -m proofs groth16 verify | prove | check``: exit 0 valid, 1 invalid, 2 malformed, each with its
reason.
"""

from __future__ import annotations

import argparse
import json
import secrets
from pathlib import Path

from proofs.backend import get_backend
from proofs.field import R
from proofs.groth16.documents import (
    Groth16Proof,
    Groth16VerifyingKey,
    public_from_json,
    public_to_json,
    read_json,
)
from proofs.groth16.prover import prove
from proofs.groth16.r1cs import check_witness, read_r1cs
from proofs.groth16.verifier import verify
from proofs.groth16.witness import read_witness
from proofs.groth16.zkey import read_zkey

__all__ = ["add_groth16_commands"]


def add_groth16_commands(parser: argparse.ArgumentParser) -> None:
    """Add the three commands; each sets ``run``, which returns what to print and raises ProofSystemError."""
    commands = parser.add_subparsers(dest="groth16_command", required=True)
    check = commands.add_parser("verify", help="verify a snarkjs proof strictly")
    check.add_argument("--vk", type=Path, required=True, help="verification_key.json")
    check.add_argument("--proof", type=Path, required=True, help="proof.json")
    check.add_argument("--public", type=Path, required=True, help="public.json")
    check.set_defaults(run=_verify)
    make = commands.add_parser("prove", help="prove a witness under a snarkjs key")
    make.add_argument("--zkey", type=Path, required=True)
    make.add_argument("--wtns", type=Path, required=True)
    make.add_argument("--out", type=Path, required=True, help="folder for proof.json and public.json")
    make.set_defaults(run=_prove)
    constraints = commands.add_parser("check", help="name the first constraint that a witness violates")
    constraints.add_argument("--r1cs", type=Path, required=True)
    constraints.add_argument("--wtns", type=Path, required=True)
    constraints.set_defaults(run=_check)


def _verify(arguments: argparse.Namespace) -> str:
    key = Groth16VerifyingKey.from_json(read_json(arguments.vk))
    proof = Groth16Proof.from_json(read_json(arguments.proof))
    verify(get_backend(), key, proof, public_from_json(read_json(arguments.public)))
    return "valid"


def _prove(arguments: argparse.Namespace) -> str:
    key, witness = read_zkey(arguments.zkey), read_witness(arguments.wtns)
    backend = get_backend()
    proof, public = prove(backend, key, witness, lambda: secrets.randbelow(R))
    verify(backend, key.verifying_key, proof, public)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, document in (
        ("proof.json", proof.to_json()),
        ("public.json", public_to_json(public)),
        ("verification_key.json", key.verifying_key.to_json()),
    ):
        (arguments.out / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return f"proved and verified; written to {arguments.out}"


def _check(arguments: argparse.Namespace) -> str:
    r1cs = read_r1cs(arguments.r1cs)
    check_witness(r1cs, read_witness(arguments.wtns))
    return f"all {len(r1cs.constraints)} constraints hold"
