"""``python -m proofs``: exit 0 valid, 1 invalid, 2 malformed, with a reason and never a traceback."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from proofs.__main__ import main
from proofs.backend import available_backends

SCHEMA = {
    "version": 1,
    "columns": [
        {
            "name": "a",
            "title": "",
            "scale": 0,
            "minimum": 0,
            "maximum": 9,
            "data_type": "integer",
            "grade": 1,
        },
        {
            "name": "b",
            "title": "",
            "scale": 1,
            "minimum": -99,
            "maximum": 99,
            "data_type": "decimal",
            "grade": 1,
        },
    ],
}
TABLE = "b,a,unused\n2.5,1,x\n-3.5,2,y\n4,3,z\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A setup, a committed table, and a sealed and a public receipt."""
    folder = tmp_path_factory.mktemp("proofs")
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    (folder / "table.csv").write_text(TABLE)
    assert main(["setup", "--capacity", "8", "--max-outputs", "9", "--out", str(folder / "key")]) == 0
    assert commit(folder) == 0
    for name, options in (("sealed", ["--opening", str(folder / "opening")]), ("public", ["--public"])):
        assert prove(folder, folder / f"{name}.json", *options) == 0
    return folder


def commit(folder: Path, table: str = "table.csv", out: str = "data") -> int:
    names = {"--key": "key", "--table": table, "--schema": "schema.json", "--out": out}
    return main(["commit", *(part for k, v in names.items() for part in (k, str(folder / v)))])


def prove(folder: Path, out: Path, *options: str) -> int:
    job = ["--chain-id", "1", "--market", "0x" + "11" * 20, "--job-id", "0x" + "22" * 32]
    data = ["--key", str(folder / "key"), "--data", str(folder / "data"), "--licence-id", "0x" + "33" * 32]
    return main(["prove", *data, *job, "--out", str(out), *options])


@pytest.mark.parametrize("name", ["sealed", "public"])
def test_a_receipt_that_was_proven_is_valid(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = [str(folder / f"{name}.json"), "--key", str(folder / "key")]
    assert main(["verify", *receipt, "--backend", available_backends()[0]]) == 0
    printed = capsys.readouterr().out
    assert "valid" in printed
    assert "insecure" in printed
    assert ("outputs: 3 6 30 6 14 75 30 75 3450" in printed) == (name == "public")


def test_a_receipt_for_another_job_is_invalid(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((folder / "sealed.json").read_bytes())
    document["order"]["job_id"] = "0x" + "23" * 32
    (tmp_path / "other.json").write_text(json.dumps(document))
    assert main(["verify", str(tmp_path / "other.json")]) == 1
    assert "invalid: PairingFailed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["table.csv", "missing", "key", "opening", "data/1.column"])
def test_what_is_no_receipt_is_malformed(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder / name)]) == 2
    assert capsys.readouterr().err.startswith("malformed: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sealed.json", '"outputs": 9'),
        ("public.json", "sealed: false"),
        ("key", "INSECURE"),
        ("data", "rows: 3"),
    ],
)
def test_inspect_says_what_is_there(
    folder: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(folder / name)]) == 0
    assert text.replace('"outputs"', "outputs") in capsys.readouterr().out


def test_inspect_refuses_what_it_does_not_know(folder: Path) -> None:
    assert main(["inspect", str(folder)]) == 2
    assert main(["inspect", str(folder / "table.csv")]) == 2


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("b,a\n", "has no rows"),
        ("b\n1\n", "lacks the columns"),
        ("b,a\n1,10\n", "row 0 of column 'a': 10 is outside"),
        ("b,a\n1,x\n", "row 0 of column 'a': 'x' is not a finite number"),
        ("b,a\n1\n", "row 0 of column 'a'"),
        ("b,a\n" + "1,1\n" * 7, "7 rows, the setup holds 6"),
        ('b,a\n"1,1\n', "is not a CSV file"),
    ],
)
def test_a_table_that_breaks_its_schema_is_refused(
    folder: Path, table: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.csv").write_text(table)
    assert commit(folder, "bad.csv", "bad") == 2
    assert reason in capsys.readouterr().err
    assert not (folder / "bad").exists()


def test_secrets_are_readable_by_their_owner_only(folder: Path) -> None:
    for name in ("opening", "data/0.column", "data/1.column", "data/2.column"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_setup_of_no_capacity_is_refused(tmp_path: Path) -> None:
    assert main(["setup", "--capacity", "12", "--out", str(tmp_path)]) == 1


def test_prove_needs_a_licence_for_each_table(folder: Path, tmp_path: Path) -> None:
    assert prove(folder, tmp_path / "r.json", "--licence-id", "0x" + "44" * 32) == 2
    assert prove(folder, tmp_path / "r.json", "--market", "0x11") == 2
