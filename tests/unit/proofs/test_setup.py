"""Setups on disk: what was saved is loaded, what was changed is refused, development is called insecure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from proofs import setup
from proofs.backend import Backend, get_backend
from proofs.errors import MalformedInput, VerifyingKeyInvalid
from proofs.field import R
from proofs.key_check import check_proving_key
from proofs.randomness import SeededRandom


@pytest.fixture
def directory(tmp_path: Path, backend: Backend) -> Path:
    setup.save(setup.generate(backend, 8, random=SeededRandom(bytes(32)), max_outputs=9), tmp_path)
    return tmp_path


def test_a_saved_setup_is_loaded_and_checked_against_its_verifying_key(
    directory: Path, backend: Backend
) -> None:
    key = setup.load(directory, backend)
    assert (key.n, len(key.output_points), key.max_rows) == (8, 9, 6)
    assert key.setup_id == setup.load_verifying_key(directory)[0].setup_id


def test_a_development_setup_says_that_it_is_insecure(directory: Path, backend: Backend) -> None:
    header = json.loads((directory / "key.json").read_bytes())
    assert header["ceremony"] == "development"
    assert "never use it for real data" in header["warning"]
    assert setup.load(directory, backend, trusted=True).is_development


def test_a_cached_setup_is_not_made_again(tmp_path: Path, backend: Backend) -> None:
    said: list[str] = []
    first = setup.ensure_development_setup(tmp_path, 8, backend, max_outputs=2, announce=said.append)
    second = setup.ensure_development_setup(tmp_path, 8, backend, max_outputs=2, announce=said.append)
    assert first.setup_id == second.setup_id
    assert len(said) == 1


@pytest.mark.parametrize("n", [0, 4, 12])
def test_a_capacity_that_is_no_power_of_two_from_8_is_refused(backend: Backend, n: int) -> None:
    with pytest.raises(VerifyingKeyInvalid, match="power of two"):
        setup.generate(backend, n)


@pytest.mark.parametrize("name", setup.FILES)
def test_a_list_of_points_that_is_not_its_headers_is_refused(
    directory: Path, backend: Backend, name: str
) -> None:
    path = directory / f"{name}.points"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(MalformedInput, match="SHA-256 differs"):
        setup.load(directory, backend)
    path.unlink()
    with pytest.raises(MalformedInput, match="lacks"):
        setup.load(directory, backend)


def rewrite(directory: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """As a party that lies would: points and digest fit each other."""
    path, header_path = directory / f"{name}.points", directory / "key.json"
    points = change(path.read_bytes())
    path.write_bytes(points)
    header = json.loads(header_path.read_bytes())
    header["sha256"][name] = hashlib.sha256(points).hexdigest()
    header_path.write_text(json.dumps(header))


@pytest.mark.parametrize("name", setup.FILES)
def test_points_of_another_setup_are_noticed(tmp_path: Path, name: str) -> None:
    backend, directory = get_backend(), tmp_path
    setup.save(setup.generate(backend, 8, random=SeededRandom(bytes(32)), max_outputs=9), directory)
    size = 128 if name == "lagrange_g2" else 64
    rewrite(directory, name, lambda points: points[size : 2 * size] + points[:size] + points[2 * size :])
    with pytest.raises(VerifyingKeyInvalid, match=name):
        setup.load(directory, backend)


@pytest.mark.parametrize("name", setup.SINGLES)
def test_a_single_point_of_another_setup_is_noticed(tmp_path: Path, name: str) -> None:
    backend, directory = get_backend(), tmp_path
    setup.save(setup.generate(backend, 8, random=SeededRandom(bytes(32)), max_outputs=9), directory)
    header = json.loads((directory / "key.json").read_bytes())
    other = backend.g2_generator() if name == "job_row2" else backend.g1_generator()
    header["points"][name] = "0x" + other.hex()
    (directory / "key.json").write_text(json.dumps(header))
    with pytest.raises(VerifyingKeyInvalid, match=name):
        setup.load(directory, backend)


def test_the_relations_of_an_honest_key_hold() -> None:
    secrets = setup.SetupSecrets(*range(2, 9))
    backend = get_backend()
    key = setup.generate(backend, 16, secrets=secrets, max_outputs=1).proving_key(backend, trusted=False)
    check_proving_key(key, SeededRandom(bytes(32)))


@pytest.mark.parametrize("header", ["", "[]", "{}", '{"format": "hengsuan/proving-key/v1"}'])
def test_a_broken_header_is_refused(tmp_path: Path, backend: Backend, header: str) -> None:
    with pytest.raises(MalformedInput, match="holds no key"):
        setup.load(tmp_path, backend)
    (tmp_path / "key.json").write_text(header)
    with pytest.raises(MalformedInput):
        setup.load(tmp_path, backend)


def test_secrets_are_drawn_below_the_order() -> None:
    drawn = setup.SetupSecrets.drawn(SeededRandom(b"\x01" * 32))
    assert all(0 < getattr(drawn, name) < R for name in drawn.__dataclass_fields__)
