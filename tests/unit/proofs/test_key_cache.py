"""A key mapped from the kernel's own file is the key; any other file there is made anew."""

from __future__ import annotations

import logging
import os
import random
from pathlib import Path

import pytest

from proofs import key_cache, setup
from proofs.backend import Backend, available_backends, get_backend
from proofs.backend.kernel import NativeBases
from proofs.errors import MalformedInput
from proofs.field import R
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom

N, OUTPUTS = 16, 9
EDGES = [0, 1, 2, R // 2, R // 2 + 1, R - 1, R - 2, 1 << 253, (1 << 128) - 1, 3, 1 << 64, R - (1 << 32)]

pytestmark = pytest.mark.skipif("native" not in available_backends(), reason="the native kernel is not built")


@pytest.fixture
def native() -> Backend:
    return get_backend("native")


@pytest.fixture
def directory(tmp_path: Path, native: Backend) -> Path:
    setup.save(setup.generate(native, N, random=SeededRandom(bytes(32)), max_outputs=OUTPUTS), tmp_path)
    return tmp_path


def pack(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in values)


def levels(key: ProvingKey) -> dict[str, int]:
    found = {}
    for name in setup.FILES:
        bases = getattr(key, name)
        assert isinstance(bases, NativeBases)
        found[name] = bases.levels
    return found


@pytest.mark.parametrize("mib", ["0", "1", "256"])
def test_a_mapped_key_multiplies_as_the_reference_does(
    directory: Path, native: Backend, monkeypatch: pytest.MonkeyPatch, mib: str
) -> None:
    monkeypatch.setenv(key_cache.TABLE_VARIABLE, mib)
    setup.load(directory, native)
    mapped = setup.load(directory, native, trusted=True)
    judge = setup.load(directory, get_backend("py_ecc"), trusted=True)
    draw = random.Random(mib)
    for name in setup.FILES:
        size = len(getattr(judge, name))
        assert len(getattr(mapped, name)) == size
        for values in ([*EDGES, *(draw.randrange(R) for _ in range(size))][:size], [7] * size, [0] * size):
            assert getattr(mapped, name).msm(pack(values)) == getattr(judge, name).msm(pack(values))
        part = pack(EDGES[3 : size - 2])
        assert getattr(mapped, name).msm(part, offset=2) == getattr(judge, name).msm(part, offset=2)
    tabled = {name for name, count in levels(mapped).items() if count > 1}
    assert tabled == (set() if mib == "0" else set(key_cache.TABLED))


def test_a_second_load_maps_the_file_that_the_first_one_wrote(directory: Path, native: Backend) -> None:
    first = setup.load(directory, native, trusted=True)
    written = (directory / key_cache.FILE).stat()
    assert written.st_mode & 0o777 == 0o600
    (directory / "lagrange.points").unlink()
    second = setup.load(directory, native, trusted=True)
    assert (directory / key_cache.FILE).stat().st_ino == written.st_ino
    assert second.lagrange.msm(pack(EDGES)) == first.lagrange.msm(pack(EDGES))


def test_a_load_that_checks_reads_the_canonical_files(directory: Path, native: Backend) -> None:
    setup.load(directory, native)
    (directory / "lagrange.points").unlink()
    with pytest.raises(MalformedInput, match="lacks"):
        setup.load(directory, native)


def test_a_changed_byte_anywhere_in_the_file_is_noticed_and_the_file_made_anew(
    directory: Path, native: Backend
) -> None:
    setup.load(directory, native, trusted=True)
    path = directory / key_cache.FILE
    good = path.read_bytes()
    draw = random.Random(1)
    places = [0, 20, 4095, 4096, len(good) - 33, len(good) - 32, len(good) - 1]
    for place in [*places, *(draw.randrange(len(good)) for _ in range(40))]:
        bad = bytearray(good)
        bad[place] ^= 1 << draw.randrange(8)
        path.unlink()
        path.touch(mode=0o600)
        path.write_bytes(bad)
        key = setup.load(directory, native, trusted=True)
        assert path.read_bytes() == good, place
        assert key.n == N


@pytest.mark.parametrize("size", [0, 31, 32, 4096, 5000])
def test_a_file_cut_short_is_made_anew(
    directory: Path, native: Backend, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    setup.load(directory, native, trusted=True)
    path = directory / key_cache.FILE
    good = path.read_bytes()
    os.truncate(path, size)
    with caplog.at_level(logging.WARNING):
        setup.load(directory, native, trusted=True)
    assert "will be made again" in caplog.text
    assert path.read_bytes() == good


def test_a_sealed_file_of_no_key_is_made_anew(directory: Path, native: Backend) -> None:
    setup.load(directory, native, trusted=True)
    path = directory / key_cache.FILE
    good = path.read_bytes()
    for contents in (b"", b"[]", b"{}", b"nonsense" * 1000):
        path.write_bytes(contents)
        native.seal_key_file(path)  # type: ignore[attr-defined]  # of the native backend alone
        setup.load(directory, native, trusted=True)
        assert path.read_bytes() == good


def test_the_file_of_another_key_is_not_used(directory: Path, native: Backend, tmp_path: Path) -> None:
    other = tmp_path / "other"
    setup.save(setup.generate(native, N, random=SeededRandom(b"\1" * 32), max_outputs=OUTPUTS), other)
    expected = setup.load(directory, native, trusted=True).lagrange.msm(pack([5]))
    setup.load(other, native, trusted=True)
    (other / key_cache.FILE).replace(directory / key_cache.FILE)
    assert setup.load(directory, native, trusted=True).lagrange.msm(pack([5])) == expected


def test_a_file_that_others_may_open_is_not_used(directory: Path, native: Backend) -> None:
    setup.load(directory, native, trusted=True)
    path = directory / key_cache.FILE
    path.chmod(0o644)
    setup.load(directory, native, trusted=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_tables_follow_the_memory_that_is_allowed_now(
    directory: Path, native: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key_cache.TABLE_VARIABLE, "0")
    assert set(levels(setup.load(directory, native, trusted=True)).values()) == {1}
    monkeypatch.delenv(key_cache.TABLE_VARIABLE)
    assert levels(setup.load(directory, native, trusted=True))["witness_points"] > 1


@pytest.mark.parametrize("text", ["much", "-1", "1.5", "²"])
def test_a_memory_that_is_no_whole_number_is_refused(
    directory: Path, native: Backend, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(key_cache.TABLE_VARIABLE, text)
    with pytest.raises(MalformedInput, match="whole number of MiB"):
        setup.load(directory, native, trusted=True)


def test_where_nothing_can_be_written_the_key_stays_in_memory(
    directory: Path, native: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert set(levels(setup.load(directory, native, trusted=True)).values()) == {1}
    assert not (directory / key_cache.FILE).exists()


def test_the_reference_backend_writes_no_file(directory: Path) -> None:
    setup.load(directory, get_backend("py_ecc"), trusted=True)
    assert not (directory / key_cache.FILE).exists()
