"""Proving time and memory against snarkjs and gnark, in one run, as ratios.

One node's round 2 of a Gram job over four columns (n rows) stands against Groth16 proofs of as many
constraints: snarkjs (`groth16 prove`, keys from ``proofs.groth16.development``) and gnark (Go, two threads).
Beside them: the commitment of 32-bit columns per value, strict verification, and one whole statement the
circom way.

    python tests/bench/bench_proving.py [--sizes 14,16] [--runs 5]

Peers are installed on first use into tests/bench/peers (npm ci, go build).
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from measure import Measured, answer_of, in_process, program, seconds_of, side_by_side
from py_ecc import optimized_bn128

from proofs import key_cache
from proofs.backend import get_backend
from proofs.columns import ColumnCommitment, blind, check_commitments, commit, ones_column, ones_commitment
from proofs.field import R
from proofs.groth16 import Groth16Proof, Groth16VerifyingKey
from proofs.groth16 import verify as groth16_verify
from proofs.groth16.development import write_development_zkey
from proofs.groth16.documents import public_from_json, read_json
from proofs.groth16.r1cs import read_r1cs
from proofs.keys import ProvingKey
from proofs.node import deal_context, round1, round2
from proofs.prover import prove_sealed
from proofs.randomness import OsRandom
from proofs.setup import ensure_development_setup, load
from proofs.sharing import Dealing
from proofs.statement import JobContext, Program, Statement
from proofs.verifier import verify_statement

PEERS = Path(__file__).parent / "peers"
VECTORS = Path(__file__).parents[1] / "vectors" / "snarkjs" / "hash1"
KEYS = Path("var/bench/keys").resolve()
COLUMNS = 3
"""Private columns; with ``ones`` a job has four."""


class Job:
    """A Gram job of ``ones`` and 32-bit columns under a development setup, its key mapped from disk."""

    def __init__(
        self, n: int, rows: int, backend_name: str | None = None, private_columns: int = COLUMNS
    ) -> None:
        self.backend = get_backend(backend_name)
        self.key: ProvingKey = ensure_development_setup(KEYS, n, self.backend)
        draw = random.Random(n)
        self.columns = [ones_column(n, rows)]
        for _ in range(private_columns):
            values = [draw.randrange(1 << 32) for _ in range(rows)]
            vector = self.backend.vec_from_i64(values) + bytes(32 * (n - rows))
            self.columns.append(blind(self.backend, vector, OsRandom()))
        self.commitments: list[ColumnCommitment] = [
            ones_commitment(self.key, rows),
            *(commit(self.key, column) for column in self.columns[1:]),
        ]
        job_program = Program(setup_id=self.key.setup_id)
        self.statement = Statement.of_program(job_program, tuple(c.f for c in self.commitments), rows)
        self.context = JobContext(
            chain_id=31337,
            market=bytes(20),
            job_id=secrets.token_bytes(32),
            program_id=job_program.program_id,
            licences_hash=secrets.token_bytes(32),
        )


def node_round2(n: int, runs: int) -> float:
    """Seconds of one node's proving round, from its dealt packages to its signed-off contribution."""
    job = Job(n, n - 2)
    dealt = deal_context(job.key, job.context, job.statement, 1, is_sealed=True)
    dealing = Dealing(job.backend, dealt, secrets.token_bytes(32), dict(enumerate(job.columns[1:], start=1)))
    packages = {seat: [dealing.package(seat)] for seat in (1, 2, 3)}
    answers = {seat: round1(job.key, job.statement, packages[seat]) for seat in packages}
    messages = [answer.message for answer in answers.values()]
    return seconds_of(
        lambda: round2(job.key, job.context, job.statement, packages[1], answers[1].state, messages), runs
    )


def commitment_per_value(n: int, runs: int) -> float:
    """Seconds to commit one 32-bit column (F, F2 and F_kappa), divided by its values."""
    job = Job(n, n - 2)
    return seconds_of(lambda: commit(job.key, job.columns[1]), runs) / (n - 2)


def whole_statement(rows: int, runs: int) -> float:
    """Commit four columns (``ones`` and three), prove their Gram matrix and verify it, by one party."""
    n = 1 << (rows + 1).bit_length()
    job = Job(n, rows)

    def everything() -> None:
        commitments = [ones_commitment(job.key, rows), *(commit(job.key, c) for c in job.columns[1:])]
        check_commitments(job.backend, job.key.verifying, commitments[1:])
        proven = prove_sealed(job.key, job.context, job.statement, job.columns, commitments)
        verify_statement(job.backend, job.key.verifying, proven.bound, proven.proof)

    return seconds_of(everything, runs)


def strict_verification(backend_name: str, runs: int) -> list[float]:
    """Seconds of a strict Groth16 verification, of a sealed result's, and of four separate pairings."""
    operations = (
        groth16_verification(backend_name, runs),
        sealed_verification(backend_name),
        four_pairings(backend_name, runs),
    )
    return side_by_side(operations, runs)


def sealed_verification(backend_name: str) -> Callable[[], object]:
    """Verify one sealed result, seven pairings; n does not matter."""
    job = Job(16, 14, backend_name)
    proven = prove_sealed(job.key, job.context, job.statement, job.columns, job.commitments)
    return lambda: verify_statement(job.backend, job.key.verifying, proven.bound, proven.proof)


def groth16_verification(backend_name: str, runs: int) -> Callable[[], object]:
    """Verify ordinary Groth16 proofs of one key strictly: key, encodings, subgroups, four pairings.

    Every call has another proof (A k, B / k of a valid one), so that nothing of it is remembered.
    """
    backend, case = get_backend(backend_name), VECTORS / "cases" / "valid"
    key = Groth16VerifyingKey.from_json(read_json(VECTORS / "verification_key.json"))
    proof = Groth16Proof.from_json(read_json(case / "proof.json"))
    public = public_from_json(read_json(case / "public.json"))
    proofs = iter(
        [
            replace(proof, a=backend.g1_mul(proof.a, k), b=backend.g2_mul(proof.b, pow(k, -1, R)))
            for k in range(2, runs + 3)
        ]
    )
    return lambda: groth16_verify(backend, key, next(proofs), public)


def four_pairings(backend_name: str, runs: int) -> Callable[[], object]:
    """Four complete pairings, a final exponentiation each, every time of other points.

    py_ecc: its own ``pairing``. Native: arkworks' through the kernel, which checks the points as well.
    """
    backend = get_backend(backend_name)
    points = [backend.g2_mul(backend.g2_generator(), k) for k in range(100, 4 * runs + 104)]
    if backend_name == "py_ecc":
        pairs = iter([_py_ecc_point(point) for point in points])
        return lambda: [optimized_bn128.pairing(next(pairs), optimized_bn128.G1) for _ in range(4)]
    rights, left = iter(points), backend.g1_generator()
    return lambda: [backend.pairing_product_is_one(left, next(rights)) for _ in range(4)]


def _py_ecc_point(point: bytes) -> tuple[object, ...]:
    x1, x0, y1, y0 = (int.from_bytes(point[i : i + 32]) for i in range(0, 128, 32))
    field = optimized_bn128.FQ2
    return field([x0, x1]), field([y0, y1]), field.one()


def load_seconds(n: int, runs: int, is_mapped: bool) -> float:
    """Seconds of ``setup.load`` of a trusted key that ``Job`` has made: mapped, or read and parsed."""
    backend = get_backend()
    if not is_mapped:
        key_cache.read = key_cache.write = lambda *_: None  # type: ignore[assignment]  # in this process only
    return seconds_of(lambda: load(KEYS / f"development-{n}", backend, trusted=True), runs)


def install_peers(var: Path) -> None:
    """npm ci and go build, once."""
    if not (PEERS / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=PEERS, check=True)
    subprocess.run(["go", "build", "-o", str(var / "gnark"), "."], cwd=PEERS / "gnark", check=True)


def circom_key(
    var: Path, name: str, template: str, include: str, values: dict[str, object]
) -> tuple[Path, Path, int]:
    """Compile a circuit, make witness and development key: (zkey, witness, number of constraints)."""
    folder = var / name
    zkey, witness, r1cs = folder / "circuit.zkey", folder / "witness.wtns", folder / f"{name}.r1cs"
    if not zkey.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.circom").write_text(
            f'pragma circom 2.1.0;\ninclude "{include}.circom";\ncomponent main = {template};\n'
        )
        # circom2 is a WASI program: it sees the working directory only
        shutil.copy(PEERS / "circuits" / f"{include}.circom", folder)
        for poseidon in (PEERS / "node_modules" / "circomlib" / "circuits").glob("poseidon*.circom"):
            shutil.copy(poseidon, folder)
        circom = [str(PEERS / "node_modules" / ".bin" / "circom2"), f"{name}.circom", "--r1cs", "--wasm"]
        subprocess.run(circom, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "input.json").write_text(json.dumps(values))
        generator = folder / f"{name}_js" / "generate_witness.js"
        wasm = folder / f"{name}_js" / f"{name}.wasm"
        subprocess.run(["node", generator, wasm, folder / "input.json", witness], check=True)
        pending = folder / "pending.zkey"
        write_development_zkey(get_backend(), read_r1cs(r1cs), pending, lambda: secrets.randbelow(R - 1) + 1)
        pending.rename(zkey)
    return zkey, witness, len(read_r1cs(r1cs).constraints)


def snarkjs(zkey: Path, witness: Path, runs: int) -> Measured:
    """`snarkjs groth16 prove` as its users run it: a program that reads key and witness."""
    command = ["node", PEERS / "node_modules" / ".bin" / "snarkjs", "groth16", "prove", zkey, witness]
    return program(
        [*map(str, command), str(zkey.parent / "proof.json"), str(zkey.parent / "public.json")], runs
    )


def gnark(var: Path, log: int, runs: int) -> Measured:
    """gnark's own clock around groth16.Prove (median without the first) and its peak memory."""
    output = var / "gnark-seconds"
    with output.open("w") as file:
        memory = program([str(var / "gnark"), str(log), str(runs + 1)], 1, output=file)
    seconds = sorted(float(line) for line in output.read_text().split()[1:])
    return Measured(seconds[len(seconds) // 2], memory.peak_mib)


def line(title: str, ours: Measured, peer: str, theirs: Measured, goal: str) -> None:
    print(
        f"{title:34} {ours.seconds:9.4f} s {ours.peak_mib:7.0f} MiB | {peer:16} {theirs.seconds:9.4f} s "
        f"{theirs.peak_mib:7.0f} MiB | ratio {ours.seconds / theirs.seconds:7.4f} (goal {goal})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="14,16", help="log2 of the rows, comma-separated")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--var", type=Path, default=Path("var/bench"))
    arguments = parser.parse_args()
    arguments.var.mkdir(parents=True, exist_ok=True)
    var = arguments.var.resolve()
    install_peers(var)
    for log in map(int, arguments.sizes.split(",")):
        turns = [
            (in_process(node_round2, 1 << log, arguments.runs), gnark(var, log, arguments.runs))
            for _ in range(3 if log < 18 else 1)
        ]
        ours, theirs = sorted(turns, key=lambda turn: turn[0].seconds / turn[1].seconds)[len(turns) // 2]
        line(f"node round 2, n = 2^{log}", ours, "gnark prove", theirs, "<= 0.5")
        (zkey, witness, constraints), _ = answer_of(
            circom_key, var, f"chain{log}", f"Chain({(1 << log) - 4})", "chain", {"start": "3"}
        )
        theirs = snarkjs(zkey, witness, 3 if log < 18 else 1)
        line(f"  ({constraints} constraints)", ours, "snarkjs prove", theirs, "<= 0.1")
        each = in_process(commitment_per_value, 1 << log, arguments.runs)
        print(f"commitment of a 32-bit column (F, F2, F_kappa): {each.seconds * 1e6:.2f} us per value")
        mapped, parsed = (in_process(load_seconds, 1 << log, arguments.runs, kind) for kind in (True, False))
        line(f"load the key, mapped, n = 2^{log}", mapped, "parsed", parsed, "none")
    for name, runs in (("native", 61), ("py_ecc", 5)):
        (ordinary, sealed, pairings), peak_kib = answer_of(strict_verification, name, runs)
        theirs = Measured(pairings, peak_kib / 1024)
        line(f"Groth16, strict, {name}", Measured(ordinary, theirs.peak_mib), "4 pairings", theirs, "< 0.6")
        line(
            f"sealed result, strict, {name}",
            Measured(sealed, theirs.peak_mib),
            "4 pairings",
            theirs,
            "none: 7",
        )
    ours = in_process(whole_statement, 1000, arguments.runs)
    draw = random.Random(1000)
    values = {"values": [[str(draw.randrange(1 << 32)) for _ in range(1000)] for _ in range(4)]}
    (zkey, witness, constraints), _ = answer_of(circom_key, var, "gram4", "Gram(4, 1000)", "gram", values)
    line(
        f"Gram, 4 x 1000 ({constraints} constraints)",
        ours,
        "circom+snarkjs",
        snarkjs(zkey, witness, 1),
        "<= 0.01",
    )


if __name__ == "__main__":
    main()
