"""Writes statement.json: fixed inputs of ``proofs.hashing`` with their hashes. Points need not be on a curve.

python tests/vectors/make_statement_vectors.py > tests/vectors/statement.json
"""

from __future__ import annotations

import json
from typing import Any

from proofs import hashing
from proofs.formats import to_hex
from proofs.statement import Program, Statement, Weights, canonical_json

NAMES = (
    "alpha1",
    "alpha2",
    "beta2",
    "delta2",
    "kappa2",
    "kappaPrime2",
    "tau2",
    "lagrange0",
    "eta",
    "jobPoint",
)
G1_NAMES = ("alpha1", "lagrange0", "eta", "jobPoint")


def filler(label: str, size: int) -> bytes:
    """Bytes that differ everywhere, each word below the moduli."""
    words = [hashing.keccak256(f"{label}/{i}".encode()) for i in range(size // 32)]
    return b"".join(b"\x00" + word[1:] for word in words)


def word(value: int) -> str:
    return to_hex(value.to_bytes(32, "big"))


def setup_example() -> dict[str, Any]:
    points = {name: filler(name, 64 if name in G1_NAMES else 128) for name in NAMES}
    inputs = {"n": 8192} | {name: to_hex(point) for name, point in points.items()}
    return {"input": inputs, "setupId": to_hex(hashing.setup_id(8192, list(points.values())))}


def program_example(setup_id: str, left_count: int, right_start: int) -> dict[str, Any]:
    program = Program(bytes.fromhex(setup_id[2:]), left_count, right_start)
    return {
        "document": program.document(),
        "canonical": canonical_json(program.document()).decode(),
        "programId": to_hex(program.program_id),
    }


def job_example(setup: dict[str, Any], program: dict[str, Any], *, is_sealed: bool) -> dict[str, Any]:
    columns = [filler(f"column{i}", 64) for i in range(4)]
    licences = [filler("licence1", 32), filler("licence2", 32)]
    outputs = [1, 2, 21888242871839275222246405745257275088548364400416034343698204186575808495616, 7]
    outputs = outputs + list(range(100, 108))
    commitment = filler("result", 64)
    result_hash = hashing.sealed_result_hash(commitment) if is_sealed else hashing.public_result_hash(outputs)
    setup_id = bytes.fromhex(setup["setupId"][2:])
    document = program["document"]
    statement = Statement.of_program(
        Program(setup_id, document["left_count"], document["right_start"]), tuple(columns), 7043
    )
    inputs: dict[str, Any] = {
        "chain_id": 31337,
        "market": bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"),
        "job_id": filler("job", 32),
        "program_id": bytes.fromhex(program["programId"][2:]),
        "setup_id": setup_id,
        "licences_hash": hashing.licences_hash(licences),
        "columns_hash": statement.columns_hash,
        "left_count": statement.left_count,
        "right_count": statement.right_count,
        "result_hash": result_hash,
    }
    job = hashing.job_scalar(**inputs)
    challenge = hashing.challenge_scalar(job, statement.columns_hash, result_hash)
    weights = Weights.of(statement, challenge)
    example = {
        "isSealed": is_sealed,
        "chainId": inputs["chain_id"],
        "market": to_hex(inputs["market"]),
        "jobId": to_hex(inputs["job_id"]),
        "programId": program["programId"],
        "setupId": setup["setupId"],
        "licenceIds": [to_hex(licence) for licence in licences],
        "licencesHash": to_hex(inputs["licences_hash"]),
        "columns": [to_hex(column) for column in columns],
        "columnHashes": [to_hex(hashing.column_hash(column)) for column in columns],
        "columnsHash": to_hex(statement.columns_hash),
        "leftCount": statement.left_count,
        "rightCount": statement.right_count,
        "resultCommitment": to_hex(commitment) if is_sealed else "0x",
        "outputs": [] if is_sealed else [word(output) for output in outputs],
        "resultHash": to_hex(result_hash),
        "job": word(job),
        "z": word(challenge),
        "leftWeights": [word(weight) for weight in weights.left],
        "rightWeights": [word(weight) for weight in weights.right],
    }
    if is_sealed:
        sizes = {"a": 64, "b": 128, "c": 64, "y": 64, "p": 64, "pi": 64}
        proof = {name: filler(name, size) for name, size in sizes.items()}
        example["proof"] = {name: to_hex(point) for name, point in proof.items()}
        example["rho"] = word(hashing.batch_scalar(job, challenge, b"".join(proof.values())))
    return example


def document() -> dict[str, Any]:
    setup = setup_example()
    whole, part = program_example(setup["setupId"], 0, 0), program_example(setup["setupId"], 3, 1)
    tags = ("job", "challenge", "batch")
    return {
        "tags": {tag: to_hex(hashing.keccak256(f"hengsuan/{tag}/v1".encode())) for tag in tags},
        "setup": setup,
        "programs": [whole, part],
        "jobs": [job_example(setup, whole, is_sealed=True)]
        + [job_example(setup, part, is_sealed=is_sealed) for is_sealed in (True, False)],
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=1))
