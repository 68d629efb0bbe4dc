"""A receipt bundle convinces a stranger, and no longer does after any change that matters."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofs import prover, receipt, setup
from proofs.backend import Backend, get_backend
from proofs.errors import (
    CommitmentInvalid,
    MalformedInput,
    ProofSystemError,
    ResultOutOfRange,
    SchemaInvalid,
    WrongSetup,
)
from proofs.randomness import SeededRandom
from proofs.receipt import Receipt, ReceiptInput

CHAIN = {
    "transaction_hash": "0x" + "44" * 32,
    "block_number": 7,
    "contracts": {"Market": "0x" + "11" * 20},
}


def make_bundle(cast: Any, *, is_sealed: bool) -> dict[str, Any]:
    """Two inputs, one column each; the second dataset has a column before the chosen one."""
    licences = (b"\x55" * 32, b"\x66" * 32)
    context = replace(cast.context, licences_hash=receipt.hashing.licences_hash(licences))
    make = prover.prove_sealed if is_sealed else prover.prove_public
    random = SeededRandom(bytes(32))
    proven = make(cast.key, context, cast.statement, cast.columns, cast.commitments, random)
    schemas = [schema.document() for schema in cast.schemas]
    inputs = (
        ReceiptInput(
            licences[0],
            b"\x77" * 32,
            cast.statement.rows,
            (0, 1),
            {"version": 1, "columns": [schemas[1]]},
            (cast.commitments[0], cast.commitments[1]),
        ),
        ReceiptInput(
            licences[1],
            b"\x88" * 32,
            cast.statement.rows,
            (0, 2),
            {"version": 1, "columns": [schemas[1], schemas[2]]},
            (cast.commitments[0], cast.commitments[2]),
        ),
    )
    bundle = Receipt(
        ceremony="development",
        verifying_key=cast.key.verifying,
        program=cast.program,
        chain_id=context.chain_id,
        market=context.market,
        job_id=context.job_id,
        inputs=inputs,
        result=proven.result,
        proof=proven.proof,
        chain=CHAIN,
    )
    document = bundle.document()
    assert Receipt.from_document(document) == bundle
    return json.loads(json.dumps(document))


@pytest.fixture
def backend() -> Backend:
    """The fastest: what is tested here is how operations are put together, not the operations."""
    return get_backend()


@pytest.fixture
def sealed(cast: Any) -> dict[str, Any]:
    return make_bundle(cast, is_sealed=True)


@pytest.fixture
def public(cast: Any) -> dict[str, Any]:
    return make_bundle(cast, is_sealed=False)


def test_a_sealed_receipt_is_accepted_with_its_warnings(cast: Any, sealed: dict[str, Any]) -> None:
    report = receipt.verify(json.dumps(sealed).encode(), backend=cast.backend)
    assert report.is_sealed
    assert report.outputs is None
    assert any("insecure" in warning for warning in report.warnings)
    assert any("taken from registration" in warning for warning in report.warnings)


def test_a_public_receipt_shows_its_outputs(cast: Any, public: dict[str, Any]) -> None:
    report = receipt.verify(public, backend=cast.backend)
    assert report.outputs == [5, 55, 240, 55, 1179, 1055, 240, 1055, 76538]


def test_ones_is_recomputed_from_a_key_directory(tmp_path: Path, cast: Any, public: dict[str, Any]) -> None:
    random = SeededRandom(bytes(32), b"setup")
    setup.save(setup.generate(cast.backend, 8, random=random, max_outputs=16), tmp_path / "key")
    report = receipt.verify(public, key_directory=tmp_path / "key", backend=cast.backend)
    assert "ones recomputed from the setup's points" in report.checks
    setup.save(setup.generate(cast.backend, 8, max_outputs=1), tmp_path / "other")
    with pytest.raises(WrongSetup):
        receipt.verify(public, key_directory=tmp_path / "other", backend=cast.backend)
    for entry in public["order"]["inputs"]:
        entry["rows"] = 6
    with pytest.raises(CommitmentInvalid, match="ones over 6 rows"):
        receipt.verify(public, key_directory=tmp_path / "key", backend=cast.backend)


def hexadecimal_places(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of every hex string below ``document``."""
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    elif isinstance(document, str) and document.startswith("0x"):
        yield place
    for key, value in items:
        yield from hexadecimal_places(value, (*place, key))


def with_bit_flipped(document: dict[str, Any], place: tuple[Any, ...], index: int) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    data = bytearray(bytes.fromhex(holder[place[-1]][2:]))
    data[index % len(data)] ^= 1 << index % 8
    holder[place[-1]] = "0x" + data.hex()
    return changed


@pytest.mark.parametrize("kind", ["sealed", "public"])
def test_no_byte_that_is_proven_can_be_changed(cast: Any, kind: str, request: pytest.FixtureRequest) -> None:
    """All but the dataset ids and the chain reference, which only the chain can confirm."""
    bundle = request.getfixturevalue(kind)
    for place in hexadecimal_places(bundle):
        if place[0] == "chain" or place[-1] == "dataset_id":
            continue
        for index in range(0, 128, 7 if cast.backend.name == "native" else 61):
            with pytest.raises(ProofSystemError):
                receipt.verify(with_bit_flipped(bundle, place, index), backend=cast.backend)


@pytest.mark.parametrize(
    "place",
    [("proof", "C"), ("proof", "Y"), ("result", "F_M"), ("order", "inputs", 1, "commitments", 1, "F")],
    ids=lambda place: place[-1],
)
def test_by_default_py_ecc_is_the_judge(sealed: dict[str, Any], place: tuple[Any, ...]) -> None:
    with pytest.raises(ProofSystemError):
        receipt.verify(with_bit_flipped(sealed, place, 40))


def test_by_default_py_ecc_accepts_what_is_valid(sealed: dict[str, Any]) -> None:
    assert "proof" in receipt.verify(sealed).checks


@pytest.mark.parametrize("key", ["format", "setup", "program", "order", "result", "proof", "chain"])
def test_a_missing_or_unknown_key_is_refused(cast: Any, sealed: dict[str, Any], key: str) -> None:
    without = {name: value for name, value in sealed.items() if name != key}
    for changed in (without, {**sealed, "more": 1}, {**sealed, key: 3}):
        with pytest.raises(MalformedInput):
            receipt.verify(changed, backend=cast.backend)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"\\"[' * 9], ids=range(7)
)
def test_what_is_no_receipt_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        receipt.verify(data)


def test_inputs_must_be_of_the_same_rows_and_in_order(cast: Any, sealed: dict[str, Any]) -> None:
    second = sealed["order"]["inputs"][1]
    for change, error in (
        ({"rows": 4}, CommitmentInvalid),
        ({"columns": [0]}, MalformedInput),
        ({"columns": [0, 3]}, MalformedInput),
        ({"columns": [1, 2]}, MalformedInput),
        ({"commitments": second["commitments"][:1]}, MalformedInput),
        ({"commitments": [*second["commitments"], second["commitments"][0]]}, MalformedInput),
        ({"schema": {"version": 2, "columns": []}}, MalformedInput),
        ({"schema": {"version": 1, "columns": []}}, MalformedInput),
    ):
        changed = copy.deepcopy(sealed)
        changed["order"]["inputs"][1] |= change
        with pytest.raises(error):
            receipt.verify(changed, backend=cast.backend)


def test_public_outputs_outside_the_schemas_range_are_refused(cast: Any, public: dict[str, Any]) -> None:
    schema = public["order"]["inputs"][1]["schema"]["columns"][1]
    schema["maximum"] = 40
    with pytest.raises(ResultOutOfRange):
        receipt.verify(public, backend=cast.backend)
    schema["maximum"] = "40"
    with pytest.raises(SchemaInvalid):
        receipt.verify(public, backend=cast.backend)
