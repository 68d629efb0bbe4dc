"""Each forgery among the contract vectors fails one check only; the vectors are what the scripts make."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from proofs.backend import Backend, get_backend
from proofs.field import R
from proofs.inner_product import scalar_bytes

VECTORS = Path(__file__).parents[2] / "vectors"
SEALED_CHECKS = ("groth16", "knowledge of Y", "opening")


def hex_bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def holding_checks(backend: Backend, document: dict[str, Any]) -> set[str]:
    """Which of the sealed proof's three equations hold, each by itself."""
    key = {name: hex_bytes(value) for name, value in document["verifyingKey"].items() if name != "n"}
    proof = {name: hex_bytes(value) for name, value in document["proof"].items()}
    left, right, result = (hex_bytes(document[name]) for name in ("left", "right", "resultCommitment"))
    job, z = int(document["job"], 16), int(document["z"], 16)
    g2 = backend.g2_generator()
    shifted = backend.g1_sum(proof["y"] + backend.g1_mul(key["job_point"], job))
    opened = backend.g1_msm(result + proof["y"] + proof["pi"], b"".join(map(scalar_bytes, (1, R - 1, z))))
    equations = {
        "groth16": (
            backend.g1_neg(proof["a"]) + backend.g1_sum(key["alpha1"] + left) + right + shifted + proof["c"],
            proof["b"] + key["beta2"] + key["alpha2"] + g2 + key["delta2"],
        ),
        "knowledge of Y": (proof["p"] + backend.g1_neg(proof["y"]), g2 + key["kappa_prime2"]),
        "opening": (opened + backend.g1_neg(proof["pi"]), g2 + key["tau2"]),
    }
    return {name for name, (g1, g2s) in equations.items() if backend.pairing_product_is_one(g1, g2s)}


@pytest.mark.parametrize(
    ("case", "fails"),
    [
        ("valid_sealed", None),
        ("rejected/y_without_p", "knowledge of Y"),
        ("rejected/result_untied", "opening"),
    ],
)
def test_each_forgery_is_caught_by_its_own_check(case: str, fails: str | None) -> None:
    document = json.loads((VECTORS / "contract" / f"{case}.json").read_bytes())
    assert holding_checks(get_backend(), document) == set(SEALED_CHECKS) - {fails}


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, VECTORS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_committed_contract_vectors_are_those_of_the_script() -> None:
    valid = json.loads((VECTORS / "contract" / "valid_sealed.json").read_bytes())
    arguments = argparse.Namespace(
        chain_id=valid["chainId"],
        market=valid["market"],
        job_id=valid["jobId"],
        program_id=valid["programId"],
        licence_id=valid["licenceIds"],
        left_count=valid["program"]["left_count"],
        right_start=valid["program"]["right_start"],
    )
    script = load_script("make_contract_vectors")
    made = {document["case"]: document for document in script.documents(arguments, get_backend())}
    paths = [*VECTORS.glob("contract/*.json"), *VECTORS.glob("contract/rejected/*.json")]
    assert made == {path.stem: json.loads(path.read_bytes()) for path in paths}


def test_committed_statement_vectors_are_those_of_the_script() -> None:
    script = load_script("make_statement_vectors")
    assert script.document() == json.loads((VECTORS / "statement.json").read_bytes())
