"""Hashes are those that Solidity and the browser compute, and refuse what has no single encoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofs import hashing
from proofs.errors import NonCanonicalScalar, WrongLength
from proofs.field import R
from proofs.statement import Program, Statement, Weights, canonical_json

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "statement.json").read_bytes())


def raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def test_setup_id_is_that_of_the_vector() -> None:
    fields = dict(VECTORS["setup"]["input"])
    n = fields.pop("n")
    points = [raw(point) for point in fields.values()]
    assert hashing.setup_id(n, points) == raw(VECTORS["setup"]["setupId"])


@pytest.mark.parametrize("example", VECTORS["programs"])
def test_program_id_is_the_hash_of_the_canonical_document(example: dict[str, Any]) -> None:
    document = example["document"]
    program = Program(raw(document["setup_id"]), document["left_count"], document["right_start"])
    assert canonical_json(program.document()).decode() == example["canonical"]
    assert program.program_id == raw(example["programId"])


@pytest.mark.parametrize("example", VECTORS["jobs"])
def test_job_challenge_and_batch_scalar_are_those_of_the_vector(example: dict[str, Any]) -> None:
    columns = [raw(column) for column in example["columns"]]
    assert [hashing.column_hash(c) for c in columns] == [raw(h) for h in example["columnHashes"]]
    assert hashing.columns_hash(columns) == raw(example["columnsHash"])
    assert hashing.licences_hash([raw(i) for i in example["licenceIds"]]) == raw(example["licencesHash"])
    if example["isSealed"]:
        result_hash = hashing.sealed_result_hash(raw(example["resultCommitment"]))
    else:
        result_hash = hashing.public_result_hash([int(output, 16) for output in example["outputs"]])
    assert result_hash == raw(example["resultHash"])
    job = hashing.job_scalar(
        chain_id=example["chainId"],
        market=raw(example["market"]),
        job_id=raw(example["jobId"]),
        program_id=raw(example["programId"]),
        setup_id=raw(example["setupId"]),
        licences_hash=raw(example["licencesHash"]),
        columns_hash=raw(example["columnsHash"]),
        left_count=example["leftCount"],
        right_count=example["rightCount"],
        result_hash=result_hash,
    )
    challenge = hashing.challenge_scalar(job, raw(example["columnsHash"]), result_hash)
    assert (job, challenge) == (int(example["job"], 16), int(example["z"], 16))
    if "proof" in example:
        proof = b"".join(raw(point) for point in example["proof"].values())
        assert hashing.batch_scalar(job, challenge, proof) == int(example["rho"], 16)


@pytest.mark.parametrize("example", VECTORS["jobs"])
def test_weights_are_powers_of_the_challenge(example: dict[str, Any]) -> None:
    columns = tuple(raw(column) for column in example["columns"])
    count = len(columns)
    left = tuple(range(example["leftCount"]))
    right = tuple(range(count - example["rightCount"], count))
    statement = Statement(raw(example["setupId"]), columns, left, right, 7043)
    weights = Weights.of(statement, int(example["z"], 16))
    assert weights.left == tuple(int(weight, 16) for weight in example["leftWeights"])
    assert weights.right == tuple(int(weight, 16) for weight in example["rightWeights"])


def test_a_wrong_length_is_never_hashed() -> None:
    with pytest.raises(WrongLength):
        hashing.column_hash(bytes(63))
    with pytest.raises(WrongLength):
        hashing.licences_hash([bytes(31)])
    with pytest.raises(WrongLength):
        hashing.words(bytes(33))
    with pytest.raises(WrongLength):
        hashing.words(1 << 256)


def test_an_output_that_is_not_canonical_is_never_hashed() -> None:
    with pytest.raises(NonCanonicalScalar):
        hashing.public_result_hash([R])
