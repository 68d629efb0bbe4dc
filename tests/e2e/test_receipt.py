"""`hengsuan verify` accepts the main job's receipt, and rejects it after any change of what was proven."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proofs.backend import get_backend
from scheduler.agents.verify import cli as verify_command
from tests.e2e.market import Market

pytestmark = pytest.mark.timeout(600)

OPERATOR_COLUMNS = BANK_COLUMNS = 4
FIELDS = [
    *(("proof", name) for name in ("A", "B", "C", "Y", "P", "pi")),
    ("result", "F_M"),
    *(
        ("order", "inputs", position, "commitments", index, name)
        for position, columns in ((0, OPERATOR_COLUMNS), (1, BANK_COLUMNS))
        for index in range(columns + 1)
        for name in ("F", "F2", "F_kappa")
    ),
]
SAMPLE = [
    ("proof", "A"),
    ("proof", "B"),
    ("result", "F_M"),
    ("order", "inputs", 1, "commitments", 4, "F_kappa"),
]


def name_of(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


@pytest.fixture(scope="module")
def receipt(market: Market) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((market.demo / "receipt.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def changed(
    receipt: dict[str, Any], tmp_path: Path
) -> Callable[[tuple[Any, ...], Callable[[bytes], bytes]], Path]:
    """A file with the receipt after a function was applied to the bytes of one field."""

    def write(path: tuple[Any, ...], change: Callable[[bytes], bytes]) -> Path:
        document = copy.deepcopy(receipt)
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        before = bytes.fromhex(holder[path[-1]].removeprefix("0x"))
        after = change(before)
        assert after != before
        holder[path[-1]] = "0x" + after.hex()
        file = tmp_path / "changed.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        return file

    return write


def flipped(position: int) -> Callable[[bytes], bytes]:
    """The lowest bit of one byte turned over."""

    def flip(content: bytes) -> bytes:
        place = position % len(content)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return flip


def another_point(content: bytes) -> bytes:
    """A well-formed point of the same group, so that only the pairing can tell."""
    backend = get_backend()
    if len(content) == 64:
        return backend.g1_add(content, backend.g1_generator())
    return backend.g2_add(content, backend.g2_generator())


def infinity(content: bytes) -> bytes:
    return bytes(len(content))


def test_the_receipt_is_valid_offline_by_py_ecc_with_the_setups_files(market: Market) -> None:
    done = market.command(
        "consumer", "verify", str(market.demo / "receipt.json"), "--setup", str(market.setup), "--lang", "en"
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the receipt is valid" in done.stdout
    assert "ones recomputed" in done.stdout
    assert "insecure" in done.stdout, "a development setup is called what it is"


def test_the_receipt_is_what_the_chain_says(market: Market) -> None:
    file = str(market.demo / "receipt.json")
    done = market.command(
        "consumer", "verify", file, "--backend", get_backend().name, "--rpc", market.rpc_url, "--lang", "en"
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the receipt is valid" in done.stdout
    assert done.stdout.count("✓") > 8, done.stdout


@pytest.mark.parametrize("field", SAMPLE, ids=name_of)
def test_the_command_rejects_a_changed_byte_with_a_reason_and_no_traceback(
    market: Market, field: tuple[Any, ...], changed: Callable[..., Path]
) -> None:
    done = market.command("consumer", "verify", str(changed(field, flipped(-1))), "--lang", "en")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    assert "receipt is valid" not in done.stdout
    assert done.stdout.strip().splitlines()[-1], "the last line says why"


@pytest.mark.parametrize("position", [0, 31, -1], ids=["first byte", "a byte inside", "last byte"])
@pytest.mark.parametrize("field", FIELDS, ids=name_of)
def test_a_changed_byte_of_any_field_is_rejected(
    field: tuple[Any, ...], position: int, changed: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    reject(changed(field, flipped(position)), capsys)


@pytest.mark.parametrize("change", [another_point, infinity])
@pytest.mark.parametrize("field", FIELDS, ids=name_of)
def test_another_well_formed_point_in_any_field_is_rejected(
    field: tuple[Any, ...],
    change: Callable[[bytes], bytes],
    changed: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    reject(changed(field, change), capsys)


def other_values() -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield ("order", "job_id"), "0x" + "11" * 32
    yield ("order", "chain_id"), 1
    yield ("order", "market"), "0x" + "22" * 20
    yield ("order", "inputs", 0, "licence_id"), "0x" + "33" * 32
    yield ("program", "right_start"), 1


@pytest.mark.parametrize(
    ("field", "value"),
    list(other_values()),
    ids=lambda value: name_of(value) if isinstance(value, tuple) else "",
)
def test_the_proof_is_bound_to_its_job_market_licences_and_program(
    field: tuple[Any, ...],
    value: Any,
    receipt: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = copy.deepcopy(receipt)
    holder = document
    for step in field[:-1]:
        holder = holder[step]
    assert holder[field[-1]] != value
    holder[field[-1]] = value
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    reject(file, capsys)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": "hengsuan/receipt/v1"}', b"\xff\xfe", b"[" * 5000]
)
def test_a_file_that_is_no_receipt_is_rejected_with_a_reason(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.json"
    file.write_bytes(content)
    reject(file, capsys)


def reject(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command in this process, with the fast backend: an exception would be the traceback."""
    status = verify_command.main([str(file), "--backend", get_backend().name, "--lang", "en"])
    printed = capsys.readouterr()
    assert status in (1, 2)
    assert "✗" in printed.out
    assert "the receipt is valid" not in printed.out
    reason = printed.out.strip().splitlines()[-1]
    assert len(reason) > 20, reason
