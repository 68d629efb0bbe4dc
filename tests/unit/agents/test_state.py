"""The state directory: nothing half-written, nothing replaced that must stay, nothing readable by others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scheduler.agents.errors import StateError
from scheduler.agents.keys import load_account, load_or_create_keys, seal_to
from scheduler.agents.state import StateDirectory


def test_files_are_readable_by_their_owner_only(state: StateDirectory) -> None:
    state.write_json("jobs/a/seed.json", {"n": 1})
    assert (state.path("jobs/a/seed.json").stat().st_mode & 0o777) == 0o600
    assert (state.path("jobs/a").stat().st_mode & 0o777) == 0o700


def test_what_was_written_is_read_back_and_missing_is_none(state: StateDirectory) -> None:
    state.write_bytes("a", b"one")
    state.write_bytes("a", b"two")
    assert state.read_bytes("a") == b"two"
    assert state.read_bytes("b") is None
    assert state.read_json("b") is None


def test_the_first_content_wins_when_something_is_created_once(state: StateDirectory) -> None:
    assert state.create_json_once("x", {"n": 1}) == {"n": 1}
    assert state.create_json_once("x", {"n": 2}) == {"n": 1}
    assert state.names("") == ["x"]


def test_deleting_a_folder_removes_everything_in_it(state: StateDirectory) -> None:
    state.write_bytes("jobs/a/one", b"1")
    state.delete("jobs/a")
    state.delete("jobs/a")
    assert state.names("jobs") == []


def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(state: StateDirectory) -> None:
    state.write_bytes("keys.json", b"{}")
    state.path("keys.json").chmod(0o644)
    with pytest.raises(StateError) as caught:
        state.read_bytes("keys.json")
    assert caught.value.code == "state_readable_by_others"
    assert "chmod 600" in caught.value.remedy


def test_a_name_cannot_lead_out_of_the_directory(state: StateDirectory) -> None:
    with pytest.raises(StateError):
        state.write_bytes("../outside", b"")


def test_a_file_that_is_not_json_is_reported(state: StateDirectory) -> None:
    state.write_bytes("a", b"{")
    with pytest.raises(StateError, match="not JSON"):
        state.read_json("a")


def test_two_processes_cannot_use_one_directory(state: StateDirectory) -> None:
    with state.locked(), pytest.raises(StateError) as caught, StateDirectory(state.root).locked():
        pass
    assert caught.value.code == "state_in_use"


def test_what_an_interrupted_write_left_behind_is_removed(state: StateDirectory) -> None:
    state.write_bytes("jobs/a", b"1")
    state.path("jobs/.pending-1234").write_bytes(b"half")
    assert state.names("jobs") == ["a"]
    with state.locked():
        assert not state.path("jobs/.pending-1234").exists()


def test_a_process_killed_while_it_writes_leaves_the_old_or_the_new_content(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from scheduler.agents.state import StateDirectory
        state = StateDirectory(Path(sys.argv[1]))
        state.write_json("counter", {"n": 0, "pad": "x" * 50000})
        print("ready", flush=True)
        for n in range(1, 1000000):
            state.write_json("counter", {"n": n, "pad": "x" * 50000})
    """
    for delay in (0.02, 0.05, 0.11):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "s")], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            writer.wait(delay)
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        content = StateDirectory(tmp_path / "s").read_json("counter")
        assert content["n"] >= 0
        assert len(content["pad"]) == 50000


def test_keys_are_made_once_and_only_their_public_parts_are_shown(state: StateDirectory) -> None:
    keys = load_or_create_keys(state)
    again = load_or_create_keys(StateDirectory(state.root))
    assert keys.public() == again.public()
    assert keys.account.key == again.account.key
    secret = keys.account.key.hex()
    assert secret not in repr(keys)
    assert secret not in str(state.read_json("public.json"))
    assert (os.stat(state.path("keys.json")).st_mode & 0o777) == 0o600


def test_a_damaged_key_file_is_an_error_and_is_not_replaced(state: StateDirectory) -> None:
    state.write_json("keys.json", {"eth": "zz"})
    with pytest.raises(StateError) as caught:
        load_or_create_keys(state)
    assert caught.value.code == "keys_unreadable"
    assert state.read_json("keys.json") == {"eth": "zz"}


def test_a_sealed_message_opens_with_the_right_key_only(tmp_path: Path) -> None:
    from scheduler.agents.errors import TaskRefused

    alice, bob = (load_or_create_keys(StateDirectory(tmp_path / name)) for name in ("a", "b"))
    sealed = seal_to(alice.sealing_key, b"share")
    assert alice.unseal(sealed) == b"share"
    with pytest.raises(TaskRefused) as caught:
        bob.unseal(sealed)
    assert caught.value.code == "package_unreadable"


def test_an_operator_key_file_is_created_once_when_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    first = load_account(path, create=True)
    assert load_account(path).address == first.address
