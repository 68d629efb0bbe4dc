"""`hengsuan verify`: 0 for a valid receipt, 1 for a false one, 2 for what cannot be checked; no traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs import formats, hashing
from proofs.columns import ColumnSchema, blind, commit, encode_integers, ones_column
from proofs.keys import ProvingKey
from proofs.proof import Proof
from proofs.prover import prove_sealed
from proofs.randomness import SeededRandom
from proofs.receipt import Receipt, ReceiptInput
from proofs.statement import JobContext, Program, SealedResult, Statement
from scheduler.agents.verify.against_chain import proof_hash
from scheduler.agents.verify.cli import main

ROWS = 5
Bundle = dict[str, Any]


@pytest.fixture(scope="session")
def bundle(proving_key: ProvingKey) -> Bundle:
    key, backend = proving_key, proving_key.backend
    schemas = [ColumnSchema(name=name, scale=0, minimum=-50, maximum=50) for name in ("age", "spend")]
    columns = [ones_column(key.n, ROWS)]
    for number, schema in enumerate(schemas):
        values = [row * (number + 2) - 3 for row in range(ROWS)]
        column = encode_integers(backend, schema, values, key.n)
        columns.append(blind(backend, column, SeededRandom(bytes([number]) * 32)))
    commitments = [commit(key, column) for column in columns]
    program = Program(setup_id=key.setup_id)
    licence_id, job_id, market = b"\x01" * 32, b"\x02" * 32, b"\x03" * 20
    context = JobContext(31337, market, job_id, program.program_id, hashing.licences_hash([licence_id]))
    statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
    proven = prove_sealed(key, context, statement, columns, commitments)
    receipt = Receipt(
        ceremony=key.ceremony,
        verifying_key=key.verifying,
        program=program,
        chain_id=31337,
        market=market,
        job_id=job_id,
        inputs=(
            ReceiptInput(
                licence_id=licence_id,
                dataset_id=b"\x04" * 32,
                rows=ROWS,
                columns=(0, 1, 2),
                schema={"version": 1, "columns": [schema.document() for schema in schemas]},
                commitments=tuple(commitments),
            ),
        ),
        result=proven.result,
        proof=proven.proof,
        chain=None,
    )
    return receipt.document()


def run(tmp_path: Path, document: object, *arguments: str) -> int:
    path = tmp_path / "receipt.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return main([str(path), *arguments])


def test_a_valid_receipt_prints_every_check_and_exits_with_0(
    tmp_path: Path, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, bundle, "--lang", "en") == 0
    printed = capsys.readouterr().out
    assert printed.count("✓") >= 4
    assert "the receipt is valid" in printed
    assert "insecure" in printed


def test_messages_come_in_chinese_too(
    tmp_path: Path, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, bundle, "--lang", "zh") == 0
    assert "收据有效" in capsys.readouterr().out


def other_point(bundle: Bundle, *path: Any) -> Bundle:
    """The bundle with a proper but wrong point in one place."""
    spoiled = copy.deepcopy(bundle)
    place = spoiled
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = bundle["setup"]["verifying_key"]["eta"]
    return spoiled


@pytest.mark.parametrize("name", ["A", "C", "Y", "P", "pi"])
def test_any_other_proof_element_is_refused_with_1(tmp_path: Path, bundle: Bundle, name: str) -> None:
    assert run(tmp_path, other_point(bundle, "proof", name)) == 1


def test_another_result_commitment_is_refused_with_1(tmp_path: Path, bundle: Bundle) -> None:
    assert run(tmp_path, other_point(bundle, "result", "F_M")) == 1


@pytest.mark.parametrize("column", [1, 2])
def test_another_column_commitment_is_refused_with_1(tmp_path: Path, bundle: Bundle, column: int) -> None:
    assert run(tmp_path, other_point(bundle, "order", "inputs", 0, "commitments", column, "F")) == 1


@pytest.mark.parametrize("place", ["job_id", "market", "chain_id"])
def test_the_receipt_of_another_job_market_or_chain_is_refused_with_1(
    tmp_path: Path, bundle: Bundle, place: str
) -> None:
    spoiled = copy.deepcopy(bundle)
    old = spoiled["order"][place]
    spoiled["order"][place] = old + 1 if isinstance(old, int) else old[:-1] + "f"
    assert run(tmp_path, spoiled) == 1


def test_a_verifying_key_of_no_possible_capacity_is_refused_with_1(tmp_path: Path, bundle: Bundle) -> None:
    spoiled = copy.deepcopy(bundle)
    spoiled["setup"]["verifying_key"]["n"] = 17
    assert run(tmp_path, spoiled) == 1


def flipped(point: str) -> str:
    return point[:-1] + ("0" if point[-1] != "0" else "1")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b["proof"].update(A=flipped(b["proof"]["A"])),
        lambda b: b["proof"].update(A=b["proof"]["A"].upper()),
        lambda b: b["proof"].update(A="0x" + "00" * 64),
        lambda b: b["proof"].pop("B"),
        lambda b: b.update(extra=1),
        lambda b: b.update(format="hengsuan/receipt/v9"),
        lambda b: b["order"].update(inputs=[]),
    ],
)
def test_a_malformed_receipt_exits_with_2(
    tmp_path: Path, bundle: Bundle, spoil: Callable[[Bundle], object]
) -> None:
    spoiled = copy.deepcopy(bundle)
    spoil(spoiled)
    assert run(tmp_path, spoiled) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1, "format": 1}', "[" * 100_000])
def test_what_is_not_a_receipt_exits_with_2(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, text) == 2


def test_a_file_that_is_not_there_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == 2
    assert "Traceback" not in capsys.readouterr().out


def test_a_receipt_without_a_transaction_cannot_be_compared_with_a_chain(
    tmp_path: Path, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, bundle, "--rpc", "http://127.0.0.1:9", "--lang", "en") == 1
    assert "names no transaction" in capsys.readouterr().out


def test_a_chain_that_does_not_answer_exits_with_2(tmp_path: Path, bundle: Bundle) -> None:
    market = "0x" + "03" * 20
    settled = bundle | {
        "chain": {"transaction_hash": "0x" + "ab" * 32, "block_number": 1, "contracts": {"Market": market}}
    }
    assert run(tmp_path, settled, "--rpc", "http://127.0.0.1:9") == 2


def test_the_proof_hash_covers_the_result_commitment_of_a_sealed_proof() -> None:
    proof = Proof(b"\x01" * 64, b"\x02" * 128, b"\x03" * 64, None)
    public = proof_hash(proof, SealedResult(b"\x04" * 64))
    assert public == formats.to_hex(hashing.keccak256(proof.a + proof.b + proof.c))
