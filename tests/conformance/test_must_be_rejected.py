"""Every entry of PROTOCOL's *Must be rejected*, from the vectors that the contract is tested with as well."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proofs import errors, formats, verifier
from proofs.backend import Backend
from proofs.columns import check_commitments
from proofs.keys import VerifyingKey
from proofs.proof import Proof
from proofs.statement import BoundStatement, JobContext, Result

VECTORS = Path(__file__).parents[1] / "vectors" / "contract"
CONTRACT_ONLY = "CombinationInvalid"
VALID = sorted(VECTORS.glob("*.json"))
REJECTED = sorted((VECTORS / "rejected").glob("*.json"))


def hex_bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def parse_result(document: dict[str, Any]) -> Result:
    if document["isSealed"]:
        return formats.result_from({"F_M": document["resultCommitment"]})
    return formats.result_from({"outputs": document["outputs"]})


def parse_proof(document: dict[str, Any]) -> Proof:
    names = {"a": "A", "b": "B", "c": "C", "y": "Y", "p": "P", "pi": "pi"}
    points = {names[name]: value for name, value in document["proof"].items() if value != "0x"}
    return formats.proof_from(points)


def check(backend: Backend, document: dict[str, Any]) -> BoundStatement:
    """What a market does: key, commitments, program, proof."""
    key = formats.verifying_key_from(document["verifyingKey"])
    names = zip(document["columns"], document["columnsG2"], document["columnsKappa"], strict=True)
    commitments = [
        formats.column_commitment_from(dict(zip(("F", "F2", "F_kappa"), c, strict=True))) for c in names
    ]
    program = formats.program_from(document["program"])
    sides = {
        "left": list(range(document["leftCount"])),
        "right": list(range(len(commitments) - document["rightCount"], len(commitments))),
    }
    statement = formats.statement_from(
        {"setup_id": document["setupId"], "columns": document["columns"], "rows": document["rows"], **sides}
    )
    context = JobContext(
        document["chainId"],
        hex_bytes(document["market"]),
        hex_bytes(document["jobId"]),
        hex_bytes(document["programId"]),
        hex_bytes(document["licencesHash"]),
    )
    bound = BoundStatement(context, statement, parse_result(document))
    if document["case"] == "column_without_knowledge":
        check_commitments(backend, key, commitments)
    check_key_once(backend, key)
    verifier.verify_under_checked_key(backend, key, program, bound, parse_proof(document))
    return bound


@cache
def check_key_once(backend: Backend, key: VerifyingKey) -> None:
    key.check(backend)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_proof_is_accepted_and_hashes_as_written(backend: Backend, path: Path) -> None:
    document = json.loads(path.read_bytes())
    bound = check(backend, document)
    assert bound.job == int(document["job"], 16)
    assert bound.challenge == int(document["z"], 16)
    assert bound.result.result_hash == hex_bytes(document["resultHash"])
    assert bound.statement.columns_hash == hex_bytes(document["columnsHash"])


@pytest.mark.parametrize("path", REJECTED, ids=lambda path: path.stem)
def test_a_bad_proof_is_rejected_for_its_own_reason(backend: Backend, path: Path) -> None:
    document = json.loads(path.read_bytes())
    if document["error"] == CONTRACT_ONLY:
        assert check(backend, document), "left and right are hints for the contract only"
        return
    with pytest.raises(getattr(errors, document["error"])) as caught:
        check(backend, document)
    assert type(caught.value).__name__ == document["error"]
