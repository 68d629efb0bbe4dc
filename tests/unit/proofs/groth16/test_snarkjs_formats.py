"""Ordinary Groth16 in circom's and snarkjs' formats, against vectors that snarkjs made."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.backend import available_backends, get_backend
from proofs.backend.base import Backend
from proofs.errors import MalformedInput, PairingFailed, ProofSystemError, VerifyingKeyInvalid
from proofs.field import R
from proofs.groth16 import (
    Groth16Proof,
    Groth16VerifyingKey,
    check_witness,
    prove,
    read_powers,
    read_r1cs,
    read_witness,
    read_zkey,
    verify,
)
from proofs.groth16.development import write_development_zkey
from proofs.groth16.documents import public_from_json, read_json
from proofs.groth16.powers import check_powers
from proofs.groth16.r1cs import ConstraintViolated

VECTORS = Path(__file__).parents[3] / "vectors" / "snarkjs"
HASH = VECTORS / "hash1"
ACCEPTED = {"valid", "valid_negated_AB"}
CASES = sorted(path.name for path in (HASH / "cases").iterdir())


@pytest.fixture(params=available_backends())
def curve(request: pytest.FixtureRequest) -> Backend:
    return get_backend(request.param)


def case_documents(name: str) -> tuple[Groth16VerifyingKey, Groth16Proof, list[int]]:
    folder = HASH / "cases" / name
    own_key = folder / "verification_key.json"
    key = Groth16VerifyingKey.from_json(
        read_json(own_key if own_key.exists() else HASH / "verification_key.json")
    )
    return (
        key,
        Groth16Proof.from_json(read_json(folder / "proof.json")),
        public_from_json(read_json(folder / "public.json")),
    )


def test_every_case_is_listed() -> None:
    assert len(CASES) == 12
    assert set(CASES) >= ACCEPTED


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_accepted_exactly_if_snarkjs_vectors_say_so(curve: Backend, name: str) -> None:
    if name in ACCEPTED:
        verify(curve, *case_documents(name))
    else:
        with pytest.raises(ProofSystemError):
            verify(curve, *case_documents(name))


def test_a_key_with_gamma_equal_to_delta_is_refused_though_its_equation_holds(curve: Backend) -> None:
    with pytest.raises(VerifyingKeyInvalid, match="gamma equals delta"):
        verify(curve, *case_documents("forged_gamma_eq_delta"))


def test_a_proof_from_zkey_and_witness_verifies_and_a_false_witness_does_not(curve: Backend) -> None:
    key, witness = read_zkey(HASH / "circuit.zkey"), read_witness(HASH / "witness.wtns")
    draw = random.Random(7)
    proof, public = prove(curve, key, witness, lambda: draw.randrange(R))
    assert public == public_from_json(read_json(HASH / "public.json"))
    verify(curve, key.verifying_key, proof, public)
    verify(curve, Groth16VerifyingKey.from_json(read_json(HASH / "verification_key.json")), proof, public)
    witness[-1] = (witness[-1] + 1) % R
    false_proof, public = prove(curve, key, witness, lambda: draw.randrange(R))
    with pytest.raises(PairingFailed):
        verify(curve, key.verifying_key, false_proof, public)


def test_documents_survive_a_round_trip() -> None:
    key, proof, _ = case_documents("valid")
    assert Groth16VerifyingKey.from_json(json.loads(json.dumps(key.to_json()))) == key
    assert Groth16Proof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


def test_the_first_violated_constraint_is_named() -> None:
    r1cs, witness = read_r1cs(HASH / "circuit.r1cs"), read_witness(HASH / "witness.wtns")
    check_witness(r1cs, witness)
    first = next(
        i for i, sides in enumerate(r1cs.constraints) if any(wire == 5 for side in sides for wire, _ in side)
    )
    witness[5] = (witness[5] + 1) % R
    with pytest.raises(ConstraintViolated, match=f"constraint {first} is violated"):
        check_witness(r1cs, witness)


def test_powers_of_tau_of_a_ceremony_are_checked_point_by_point(curve: Backend, tmp_path: Path) -> None:
    powers = read_powers(VECTORS / "pot10.ptau")
    small = type(powers)(3, *_cut(powers, 8))
    draw = random.Random(11)
    check_powers(curve, small, lambda: draw.randrange(1, R))
    for name, point in (
        ("tau_1", 64),
        ("alpha_tau_1", 64),
        ("beta_tau_1", 64),
        ("tau_2", 128),
        ("beta_2", 128),
    ):
        series = getattr(small, name)
        other = series[: 2 * point] + series[3 * point : 4 * point] + series[3 * point :]
        if name == "beta_2":
            other = small.tau_2[128:256]
        with pytest.raises(VerifyingKeyInvalid):
            check_powers(curve, type(powers)(**{**vars(small), name: other}), lambda: draw.randrange(1, R))


def _cut(powers: object, size: int) -> list[bytes]:
    lengths = (
        ("tau_1", 64 * (2 * size - 1)),
        ("tau_2", 128 * size),
        ("alpha_tau_1", 64 * size),
        ("beta_tau_1", 64 * size),
    )
    return [*(getattr(powers, name)[:length] for name, length in lengths), powers.beta_2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "reader"),
    [("circuit.r1cs", read_r1cs), ("witness.wtns", read_witness), ("circuit.zkey", read_zkey)],
)
def test_a_cut_or_foreign_file_is_malformed_and_never_a_traceback(file: str, reader, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    content = (HASH / file).read_bytes()
    for name, altered in (
        ("cut", content[:-7]),
        ("longer", content + b"\0"),
        ("empty", b""),
        ("magic", b"none" + content[4:]),
        ("curve", content.replace(bytes.fromhex("010000f093f5e143"), bytes.fromhex("030000f093f5e143"))),
    ):
        path = tmp_path / name
        path.write_bytes(altered)
        with pytest.raises(MalformedInput):
            reader(path)
    with pytest.raises(MalformedInput):
        reader(tmp_path / "absent")


def run_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proofs", "groth16", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_prove_verify_and_check_with_exit_codes(tmp_path: Path) -> None:
    made = run_command(
        "prove", "--zkey", HASH / "circuit.zkey", "--wtns", HASH / "witness.wtns", "--out", tmp_path
    )
    assert made.returncode == 0, made.stderr
    files = ("--proof", tmp_path / "proof.json", "--public", tmp_path / "public.json")
    assert run_command("verify", "--vk", HASH / "verification_key.json", *files).returncode == 0
    forged = HASH / "cases" / "public_plus_one" / "public.json"
    refused = run_command("verify", "--vk", HASH / "verification_key.json", *files[:3], forged)
    assert refused.returncode == 1
    assert "pairing" in refused.stderr
    shutil.copy(HASH / "circuit.r1cs", tmp_path / "public.json")
    malformed = run_command("verify", "--vk", HASH / "verification_key.json", *files)
    assert malformed.returncode == 2
    assert "Traceback" not in malformed.stderr
    assert (
        run_command("check", "--r1cs", HASH / "circuit.r1cs", "--wtns", HASH / "witness.wtns").returncode == 0
    )


def test_a_development_key_proves_its_circuit_and_no_other_key_accepts(
    curve: Backend, tmp_path: Path
) -> None:
    draw = random.Random(13)
    r1cs, witness = read_r1cs(HASH / "circuit.r1cs"), read_witness(HASH / "witness.wtns")
    write_development_zkey(curve, r1cs, tmp_path / "circuit.zkey", lambda: draw.randrange(1, R))
    key = read_zkey(tmp_path / "circuit.zkey")
    proof, public = prove(curve, key, witness, lambda: draw.randrange(R))
    verify(curve, key.verifying_key, proof, public)
    with pytest.raises(PairingFailed):
        verify(curve, read_zkey(HASH / "circuit.zkey").verifying_key, proof, public)
