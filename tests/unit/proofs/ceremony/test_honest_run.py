"""An honest ceremony makes the key of its secrets, and the prover and the verifier work with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from proofs import ceremony as rooms
from proofs import columns, prover, setup, verifier
from proofs.backend import Backend, available_backends, get_backend
from proofs.ceremony.entropy import MixedRandom, beacon_scalars, draw_secrets
from proofs.ceremony.export import output_points
from proofs.ceremony.parameters import Parameters
from proofs.ceremony.scalars import KEYS, POWERS
from proofs.ceremony.steps import compare_ptau
from proofs.ceremony.transcript import Transcript
from proofs.errors import InvalidProof, MalformedInput, PairingFailed, VerifyingKeyInvalid, WrongLength
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from proofs.statement import JobContext, Program, Statement

from .conftest import Run, seeded

PTAU = Path(__file__).parents[3] / "vectors" / "snarkjs" / "pot10.ptau"
ROWS = 5


def prove_and_verify(key: ProvingKey) -> None:
    """A sealed and a public Gram matrix of one blinded column; neither is accepted as another job's."""
    backend, source = key.backend, SeededRandom(bytes(32), b"column")
    schema = columns.ColumnSchema("tenure", 0, 0, 100)
    encoded = columns.encode_integers(backend, schema, [12, 7, 0, 31, 5], key.n)
    both = [columns.ones_column(key.n, ROWS), columns.blind(backend, encoded, source)]
    commitments = [columns.commit(key, column) for column in both]
    program = Program(key.setup_id)
    statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
    context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
    for prove in (prover.prove_sealed, prover.prove_public):
        proven = prove(key, context, statement, both, commitments)
        verifier.verify(backend, key.verifying, program, proven.bound, proven.proof)
        other = JobContext(31337, b"\x11" * 20, b"\x23" * 32, program.program_id, b"\x33" * 32)
        moved = type(proven.bound)(other, statement, proven.result)
        with pytest.raises(PairingFailed):
            verifier.verify(backend, key.verifying, program, moved, proven.proof)


def test_the_exported_key_is_the_one_of_the_product_of_all_secrets(run: Run, backend: Backend) -> None:
    exported = rooms.export_key(backend, run.closed)
    secrets = setup.SetupSecrets(**run.product())
    development = setup.generate(backend, run.begun.transcript.header.shape.n, secrets=secrets, max_outputs=4)
    assert exported.verifying == development.verifying
    assert exported.lists == development.lists
    assert exported.singles == development.singles
    assert exported.ceremony == "0x" + run.closed.transcript.hash.hex()


def test_prover_and_verifier_work_with_the_exported_key(run: Run, backend: Backend, tmp_path: Path) -> None:
    setup.save(rooms.export_key(backend, run.closed), tmp_path)
    key = setup.load(tmp_path, backend)
    assert not key.is_development
    assert "warning" not in (tmp_path / "key.json").read_text()
    prove_and_verify(key)


def test_phase_1_is_imported_from_snarkjs(backend: Backend, tmp_path: Path) -> None:
    ceremony = rooms.begin_from_ptau(backend, 16, 16, PTAU)
    assert rooms.verify(backend, ceremony).phase == KEYS
    ceremony = rooms.contribute(backend, ceremony, "Ada", SeededRandom(bytes(32)))
    ceremony = rooms.add_beacon(backend, ceremony, "drand", bytes(32), 5)
    compare_ptau(backend, ceremony, PTAU)
    prove_and_verify(rooms.export_key(backend, ceremony).proving_key(backend, trusted=False))
    altered = tmp_path / "other.ptau"
    altered.write_bytes(PTAU.read_bytes()[:-1] + b"\x00")
    with pytest.raises((InvalidProof, MalformedInput)):
        compare_ptau(backend, ceremony, altered)


def test_a_ptau_with_too_few_powers_is_refused(backend: Backend) -> None:
    with pytest.raises(WrongLength, match="needs 5119 and 1024"):
        rooms.begin_from_ptau(backend, 1024, 4096, PTAU)
    with pytest.raises(WrongLength):
        rooms.begin_from_ptau(backend, 2048, 1, PTAU)


def test_a_ptau_whose_points_are_no_powers_is_refused(backend: Backend, tmp_path: Path) -> None:
    content = bytearray(PTAU.read_bytes())
    # Header and section heads, then the hundredth power of tau in G1.
    start = 12 + 12 + (4 + 32 + 4 + 4) + 12 + 100 * 64
    swapped = tmp_path / "swapped.ptau"
    content[start : start + 128] = content[start + 64 : start + 128] + content[start : start + 64]
    swapped.write_bytes(content)
    with pytest.raises(VerifyingKeyInvalid):
        rooms.begin_from_ptau(backend, 16, 16, swapped)


def test_an_own_ceremony_cannot_be_compared_with_a_ptau(run: Run, backend: Backend) -> None:
    with pytest.raises(MalformedInput):
        compare_ptau(backend, run.begun, PTAU)


def test_the_transcript_survives_its_file(run: Run) -> None:
    transcript = run.closed.transcript
    again = Transcript.from_bytes(transcript.to_bytes())
    assert again == transcript
    assert again.hash == transcript.hash
    assert [step.name for step in again.steps] == ["Ada", "beacon", "Mallory", "Ada", "Trudy", "beacon"]


def test_no_secret_stands_in_the_transcript_or_the_points(run: Run) -> None:
    closed = run.closed
    public = closed.transcript.to_bytes() + b"".join(closed.files(POWERS).values())
    public += b"".join(closed.files(KEYS).values())
    for factor in (value for step in run.factors for value in step.values()):
        assert factor.to_bytes(32, "big") not in public
        assert factor.to_bytes(32, "big").hex().encode() not in public


def test_secrets_are_fresh_although_the_added_entropy_is_the_same() -> None:
    drawn = []
    for _ in range(2):
        with MixedRandom(b"the same dice") as random:
            drawn.append(draw_secrets(random, KEYS))
        assert bytes(random._pool) == bytes(64)
    assert not set(drawn[0].values()) & set(drawn[1].values())


def test_a_beacon_is_a_function_of_its_value_iterations_and_place() -> None:
    base = (b"v" * 32, 7, KEYS, b"p" * 32)
    assert beacon_scalars(*base) == beacon_scalars(*base)
    for other in (
        (b"w" * 32, *base[1:]),
        (base[0], 8, *base[2:]),
        (*base[:3], b"q" * 32),
    ):
        assert not set(beacon_scalars(*base).values()) & set(beacon_scalars(*other).values())


@pytest.mark.parametrize(("value", "iterations"), [(b"short", 1), (bytes(129), 1), (bytes(32), 0)])
def test_a_beacon_out_of_bounds_is_malformed(value: bytes, iterations: int) -> None:
    with pytest.raises(MalformedInput):
        beacon_scalars(value, iterations, KEYS, b"")


def test_a_beacon_that_would_keep_verifiers_busy_for_days_is_malformed() -> None:
    started = time.monotonic()
    with pytest.raises(MalformedInput):
        beacon_scalars(bytes(32), 1 << 40, KEYS, b"")
    assert time.monotonic() - started < 1


@pytest.mark.skipif("native" not in available_backends(), reason="the kernel is not built")
def test_both_backends_make_and_accept_the_same_step(run: Run) -> None:
    reference = get_backend("py_ecc")
    ada, mallory = seeded("ada, powers"), draw_secrets(seeded("mallory"), KEYS)
    assert rooms.contribute(reference, run.begun, "Ada", ada) == run.powers
    shape = run.begun.transcript.header.shape
    assert Parameters.at_one(reference, run.keys.powers, shape) == run.keys.parameters
    assert run.keys.parameters.scaled(reference, mallory) == run.first.parameters
    assert output_points(reference, run.keys.powers, shape) == output_points(
        get_backend("native"), run.keys.powers, shape
    )
    assert rooms.verify(reference, run.closed).phase == "closed"
