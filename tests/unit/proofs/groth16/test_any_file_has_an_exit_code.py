"""Whatever the files hold, a command ends with 0, 1 or 2 and one line that says why: never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofs.__main__ import main

VECTORS = Path(__file__).parents[3] / "vectors" / "snarkjs"
HASH = VECTORS / "hash1"
EXIT_CODES = {0: "", 1: "invalid: ", 2: "malformed: "}

fuzzed = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The file cut, lengthened, or with some of its bytes replaced; lengths and counts most of all."""
    kind = draw(st.sampled_from(("cut", "append", "replace", "head", "insert", "remove", "anything")))
    if kind == "anything":
        return draw(st.binary(max_size=200))
    at = draw(st.integers(0, len(content) - 1))
    few = draw(st.binary(min_size=1, max_size=40))
    if kind == "cut":
        return content[:at]
    if kind == "append":
        return content + few
    if kind == "head":  # magic, sections, header
        at = draw(st.integers(0, 200))
    if kind == "insert":
        return content[:at] + few + content[at:]
    return content[:at] + (b"" if kind == "remove" else few) + content[at + len(few) :]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        (
            "0",
            "1",
            "-1",
            "1" * 79,
            "²",
            "21888242871839275222246405745257275088696311157297823662689037894645226208583",
        )
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:
    """The document with one node, wherever, removed, doubled or replaced."""
    if not isinstance(document, dict | list) or not document or draw(st.integers(0, 4)) == 0:
        return draw(JSON)
    copy = document.copy()
    place = draw(st.sampled_from(sorted(copy) if isinstance(copy, dict) else list(range(len(copy)))))
    action = draw(st.sampled_from(("descend", "descend", "remove", "extra")))
    if action == "descend":
        copy[place] = draw(altered(copy[place]))
    elif action == "remove":
        del copy[place]
    elif isinstance(copy, list):
        copy.insert(place, copy[place])
    else:
        copy["extra"] = draw(JSON)
    return copy


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., int]:
    """Runs a command in this process, so that whatever is not refused properly fails the test."""

    def call(*arguments: object) -> int:
        status = main([*map(str, arguments)])
        message = capsys.readouterr().err
        assert message.startswith(EXIT_CODES[status])
        assert message.count("\n") == (status != 0), message
        return status

    return call


@fuzzed
@given(damaged((HASH / "circuit.zkey").read_bytes()))
def test_a_damaged_zkey(run: Callable[..., int], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "zkey").write_bytes(content)
    arguments = ("--zkey", tmp_path / "zkey", "--wtns", HASH / "witness.wtns", "--out", tmp_path / "out")
    status = run("groth16", "prove", *arguments)
    unchanged = content == (HASH / "circuit.zkey").read_bytes()
    assert status == 0 if unchanged else status in EXIT_CODES


@fuzzed
@given(damaged((HASH / "witness.wtns").read_bytes()))
def test_a_damaged_witness_is_never_called_right(
    run: Callable[..., int], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "wtns").write_bytes(content)
    status = run("groth16", "check", "--r1cs", HASH / "circuit.r1cs", "--wtns", tmp_path / "wtns")
    assert (status == 0) == (content == (HASH / "witness.wtns").read_bytes())
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    made = run(
        "groth16",
        "prove",
        "--zkey",
        HASH / "circuit.zkey",
        "--wtns",
        tmp_path / "wtns",
        "--out",
        tmp_path / "out",
    )
    assert made == status
    assert (tmp_path / "out").exists() == (made == 0)


@fuzzed
@given(damaged((HASH / "circuit.r1cs").read_bytes()))
def test_a_damaged_r1cs(run: Callable[..., int], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r1cs").write_bytes(content)
    run("groth16", "check", "--r1cs", tmp_path / "r1cs", "--wtns", HASH / "witness.wtns")


@settings(fuzzed, max_examples=25)
@given(damaged((VECTORS / "pot10.ptau").read_bytes()))
def test_a_damaged_ptau_begins_no_ceremony(run: Callable[..., int], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ptau").write_bytes(content)
    shutil.rmtree(tmp_path / "ceremony", ignore_errors=True)
    arguments = ("--capacity", 8, "--outputs", 2, "--ptau", tmp_path / "ptau", "--out", tmp_path / "ceremony")
    assert run("ceremony", "new", *arguments) in EXIT_CODES


@pytest.mark.parametrize("name", ["verification_key.json", "proof.json", "public.json"])
@settings(fuzzed, max_examples=100)
@given(data=st.data())
def test_an_altered_document_is_never_accepted(
    run: Callable[..., int], tmp_path: Path, name: str, data: st.DataObject
) -> None:
    original = json.loads((HASH / name).read_bytes())
    document = data.draw(altered(original))
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    if verified(run, tmp_path, name) == 0:
        assert what_is_read(document) == what_is_read(original)


def what_is_read(document: Any) -> Any:
    """Without the keys that a verifier does not look at."""
    if not isinstance(document, dict):
        return document
    return {name: part for name, part in document.items() if name not in ("extra", "vk_alphabeta_12")}


@pytest.mark.parametrize("name", ["verification_key.json", "proof.json", "public.json"])
@settings(fuzzed, max_examples=60)
@given(data=st.data())
def test_a_damaged_document(run: Callable[..., int], tmp_path: Path, name: str, data: st.DataObject) -> None:
    (tmp_path / name).write_bytes(data.draw(damaged((HASH / name).read_bytes())))
    assert verified(run, tmp_path, name) in EXIT_CODES


def verified(run: Callable[..., int], folder: Path, name: str) -> int:
    """The status of verification with the one file of the folder and the others as they are."""
    files = {"--vk": "verification_key.json", "--proof": "proof.json", "--public": "public.json"}
    paths = [(option, (folder if file == name else HASH) / file) for option, file in files.items()]
    return run("groth16", "verify", *(part for pair in paths for part in pair))


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000 + b"]" * 100_000, b'["1", "1"', b'{"a": 1, "a": 1}', b"\xff\xfe[", b"1" * 10_000],
    ids=["nested", "open", "repeated key", "no text", "long number"],
)
def test_json_that_parsers_disagree_on_is_malformed(
    run: Callable[..., int], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "public.json").write_bytes(content)
    assert verified(run, tmp_path, "public.json") == 2
