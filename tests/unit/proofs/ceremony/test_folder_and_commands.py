"""The folder that contributors pass on, and the commands with their exit codes."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from proofs import __main__ as command_line
from proofs import ceremony as rooms
from proofs import setup
from proofs.backend import get_backend
from proofs.ceremony import CeremonyChanged, directory
from proofs.errors import MalformedInput, ProofSystemError

from .conftest import Run

PTAU = Path(__file__).parents[3] / "vectors" / "snarkjs" / "pot10.ptau"
VALUE = "0x" + "5e" * 32


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    directory.store(tmp_path / "ceremony", run.second, None)
    return tmp_path / "ceremony"


def command(*arguments: object) -> int:
    return command_line.main(["ceremony", *map(str, arguments)])


def test_what_is_stored_is_loaded(run: Run, tmp_path: Path) -> None:
    for name in ("begun", "powers", "keys", "first", "closed"):
        ceremony = getattr(run, name)
        directory.store(tmp_path / name, ceremony, None)
        assert directory.load(tmp_path / name) == ceremony


def test_a_step_replaces_the_points_before_it(run: Run, tmp_path: Path) -> None:
    stages = (run.begun, run.powers, run.keys, run.first, run.second)
    directory.store(tmp_path / "c", stages[0], None)
    for before, after in pairwise(stages):
        directory.store(tmp_path / "c", after, before.transcript)
        assert directory.load(tmp_path / "c") == after
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["ceremony.json", "keys-4", "powers-2"]


def test_two_contributions_at_once_do_not_overwrite_each_other(run: Run, tmp_path: Path) -> None:
    directory.store(tmp_path / "c", run.first, None)
    directory.store(tmp_path / "c", run.second, run.first.transcript)
    with pytest.raises(CeremonyChanged):
        directory.store(tmp_path / "c", run.second, run.first.transcript)
    with pytest.raises(MalformedInput, match="already holds"):
        directory.store(tmp_path / "c", run.begun, None)
    assert directory.load(tmp_path / "c") == run.second


@pytest.mark.parametrize("name", ["powers_g1", "powers_g2", "fixed", "quotient_points", "lagrange_kappa"])
@pytest.mark.parametrize("bad", ["cut", "longer", "missing"])
def test_a_truncated_file_is_malformed(folder: Path, name: str, bad: str) -> None:
    (path,) = folder.glob(f"*/{name}.points")
    content = path.read_bytes()
    path.write_bytes(content[:-64] if bad == "cut" else content + bytes(64))
    if bad == "missing":
        path.unlink()
    assert command("verify", folder) == 2


@pytest.mark.parametrize("length", [0, 1, 100, 1000, -2])
def test_a_truncated_transcript_is_malformed(folder: Path, length: int) -> None:
    path = folder / "ceremony.json"
    path.write_bytes(path.read_bytes()[:length])
    assert command("verify", folder) == 2
    assert command("contribute", folder, "--name", "Bob") == 2


def mutate(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "hengsuan/ceremony/v2"),
        (("n",), 16),
        (("n",), 12),
        (("n",), 1 << 40),
        (("n",), True),
        (("outputs",), 0),
        (("outputs",), 5000),
        (("phase1",), {"kind": "none"}),
        (("phase1",), None),
        (("steps",), {}),
        (("steps", 0), None),
        (("steps", 0, "phase"), "closed"),
        (("steps", 0, "phase"), ["keys"]),
        (("steps", 0, "kind"), "beacon"),
        (("steps", 0, "name"), 7),
        (("steps", 0, "index"), "1"),
        (("steps", 0, "hash"), "0x" + "00" * 32),
        (("steps", 0, "extra"), 1),
        (("steps", 0, "proofs"), {}),
        (("steps", 0, "proofs", "tau", "response"), "0x" + "ff" * 32),
        (("steps", 0, "proofs", "tau", "commitment"), "0x00"),
        (("steps", 0, "principals", "tau"), "0X" + "00" * 64),
        (("steps", 0, "files", "powers_g1"), "0x"),
        (("steps", 1, "beacon", "iterations"), 1.5),
        (("steps", 1, "beacon", "value"), None),
    ],
)
def test_a_transcript_off_the_format_is_refused_without_a_traceback(
    folder: Path, path: tuple[Any, ...], value: Any
) -> None:
    file = folder / "ceremony.json"
    document = json.loads(file.read_bytes())
    mutate(document, path, value)
    file.write_text(json.dumps(document))
    with pytest.raises(ProofSystemError):
        rooms.verify(get_backend(), directory.load(folder))
    assert command("verify", folder) in (1, 2)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe", b"null", b"{}", b"1e400"])
def test_a_transcript_that_is_something_else_is_malformed(folder: Path, content: bytes) -> None:
    (folder / "ceremony.json").write_bytes(content)
    assert command("verify", folder) == 2


def test_the_commands_make_a_key_from_a_ptau(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, dice = tmp_path / "c", tmp_path / "dice"
    dice.write_text("4 2 6 6 1 3")
    assert command("new", "--capacity", 8, "--outputs", 4, "--ptau", PTAU, "--out", folder) == 0
    assert command("beacon", folder, "--value", VALUE, "--iterations", 3) == 1
    assert command("contribute", folder, "--name", "Bank A", "--entropy-file", dice) == 0
    assert command("contribute", folder, "--name", "Bank A") == 1
    assert command("contribute", folder, "--name", "Clinic B") == 0
    assert command("export", folder, "--out", tmp_path / "key") == 1
    assert command("beacon", folder, "--value", VALUE, "--iterations", 3, "--name", "drand 1") == 0
    assert command("contribute", folder, "--name", "Late") == 1
    assert command("verify", folder, "--ptau", PTAU) == 0
    assert command("export", folder, "--out", tmp_path / "key") == 0
    assert command("export", folder, "--out", tmp_path / "key") == 2
    transcript = directory.load(folder).transcript
    key = setup.load(tmp_path / "key", get_backend())
    assert key.ceremony == "0x" + transcript.hash.hex()
    out, err = capsys.readouterr()
    assert "valid, closed; n = 8" in out
    assert "2. keys contribution Clinic B" in out
    assert "Traceback" not in err


def test_the_commands_make_own_powers_of_tau(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    assert command("new", "--capacity", 8, "--outputs", 4, "--own", "--out", folder) == 0
    assert command("new", "--capacity", 8, "--outputs", 4, "--own", "--out", folder) == 2
    for _ in range(2):
        assert command("contribute", folder, "--name", "Bank A") == 0
        assert command("beacon", folder, "--value", VALUE, "--iterations", 3) == 0
    assert command("verify", folder) == 0
    assert command("verify", folder, "--ptau", PTAU) == 2
    assert command("export", folder, "--out", tmp_path / "key") == 0


def test_an_altered_list_on_disk_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = folder.glob("*/witness_points.points")
    content = path.read_bytes()
    path.write_bytes(content[64:128] + content[:64] + content[128:])
    assert command("verify", folder) == 2
    assert "witness_points is not the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "--capacity", 9, "--own"),
        ("new", "--capacity", 1 << 29, "--own"),
        ("new", "--capacity", 8, "--outputs", 0, "--own"),
        ("new", "--capacity", 8, "--ptau", "absent.ptau"),
    ],
)
def test_a_ceremony_that_cannot_begin_is_malformed(tmp_path: Path, arguments: tuple[object, ...]) -> None:
    assert command(*arguments, "--out", tmp_path / "c") == 2
    assert not (tmp_path / "c").exists()


def test_bad_arguments_of_a_step_are_malformed(folder: Path, tmp_path: Path) -> None:
    before = directory.load(folder)
    assert command("beacon", folder, "--value", "xyz", "--iterations", 3) == 2
    assert command("beacon", folder, "--value", "00", "--iterations", 3) == 2
    assert command("beacon", folder, "--value", VALUE, "--iterations", 0) == 2
    assert command("contribute", folder, "--name", " ") == 2
    assert command("contribute", folder, "--name", "Bob", "--entropy-file", tmp_path / "absent") == 2
    assert command("verify", tmp_path / "absent") == 2
    assert directory.load(folder) == before
    shutil.rmtree(folder)
    assert command("verify", folder) == 2
