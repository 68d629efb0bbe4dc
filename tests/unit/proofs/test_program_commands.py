"""``python -m proofs prove --program``, ``verify`` and ``plan``: programs of other kinds than gram."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofs import setup
from proofs.__main__ import main
from proofs.backend import available_backends
from proofs.programs import entries, lookup, weighted_sums

COLUMN = {"title": "", "scale": 0, "minimum": 0, "maximum": 9, "data_type": "integer", "grade": 1}
SCHEMA = {"version": 1, "columns": [{"name": name, **COLUMN} for name in ("e", "x", "y")]}
TABLE = "e,x,y\n0,4,5\n1,6,7\n0,8,9\n"
FAST = available_backends()[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A setup, a committed table, and three programs."""
    folder = tmp_path_factory.mktemp("programs")
    key = folder / "key"
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    (folder / "table.csv").write_text(TABLE)
    assert main(["setup", "--capacity", "8", "--max-outputs", "9", "--out", str(key)]) == 0
    names = {"--key": "key", "--table": "table.csv", "--schema": "schema.json", "--out": "data"}
    assert main(["commit", *(part for k, v in names.items() for part in (k, str(folder / v)))]) == 0
    setup_id = setup.load_verifying_key(key)[0].setup_id
    programs = {
        "lookup": lookup(setup_id, 2, [2, 3]),
        "entries": entries(setup_id, ("ones", "bits", "data", "data"), [(2, 4)], [(3, 3)]),
        "weighted": weighted_sums(setup_id, ("ones", "data", "data", "data"), [[(2, 2), (3, -1)]]),
    }
    for name, program in programs.items():
        (folder / f"{name}.program").write_text(json.dumps(program.document()))
    return folder


def prove(folder: Path, name: str, out: Path, *options: str) -> int:
    job = ["--chain-id", "1", "--market", "0x" + "11" * 20, "--job-id", "0x" + "22" * 32]
    data = ["--key", str(folder / "key"), "--data", str(folder / "data"), "--licence-id", "0x" + "33" * 32]
    program = ["--program", str(folder / f"{name}.program")]
    return main(["prove", *data, *job, *program, "--out", str(out), *options])


def verify(folder: Path, proof: Path) -> int:
    return main(["verify", str(proof), "--key", str(folder / "key"), "--backend", FAST])


@pytest.mark.parametrize("options", [[], ["--public"]])
@pytest.mark.parametrize("name", ["lookup", "entries", "weighted"])
def test_a_programs_proof_is_made_and_checked(
    folder: Path, tmp_path: Path, name: str, options: list[str]
) -> None:
    secret = tmp_path / "opening"
    assert prove(folder, name, tmp_path / "proof", "--opening", str(secret), *options) == 0
    assert verify(folder, tmp_path / "proof") == 0
    assert secret.exists() != bool(options)
    opened = json.loads((tmp_path / "proof").read_bytes())["opened"]
    assert len(opened) == int(name == "weighted" and bool(options))


def tampered(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"order": document["order"] | {"job_id": "0x" + "23" * 32}}


def test_a_proof_for_another_job_is_invalid_and_a_broken_one_malformed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof"
    assert prove(folder, "lookup", proof, "--public") == 0
    document = json.loads(proof.read_bytes())
    proof.write_text(json.dumps(tampered(document)))
    assert verify(folder, proof) == 1
    for broken in (document | {"rows": 0}, document | {"note": 1}, document | {"opened": ["0x"]}):
        proof.write_text(json.dumps(broken))
        assert verify(folder, proof) == 2
    proof.write_text(json.dumps(document))
    assert main(["verify", str(proof), "--backend", FAST]) == 2
    assert "--key" in capsys.readouterr().err


def test_the_plan_says_degree_nodes_price_and_that_it_cannot_be_settled(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = str(folder / "entries.program")
    assert main(["plan", program, "--columns", "4", "--capacity", "1024"]) == 0
    printed = capsys.readouterr().out
    assert "degree: 3" in printed
    assert "nodes: 4" in printed
    assert "the market does not run yet" in printed
    assert main(["plan", program, "--columns", "3", "--capacity", "1024"]) == 1
