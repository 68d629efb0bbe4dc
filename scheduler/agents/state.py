"""A directory that survives being killed at any moment.

Every file is written beside its place, synced, and moved there in one step, so a reader sees the old
content or the new, never a part. ``create_once`` never replaces: the first content wins, which is what
"never deal twice" rests on. Files are readable by their owner only, because shares, seeds and keys are
among them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scheduler.agents.errors import StateError

__all__ = ["StateDirectory"]

_PENDING = ".pending-"


class StateDirectory:
    """Names are relative paths with ``/``; parents are made when needed, mode 0700."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    # writing -----------------------------------------------------------------------------------
    def write_bytes(self, name: str, content: bytes) -> None:
        """Replace or create; the content is on disk when this returns."""
        path = self._place(name)
        pending = self._write_pending(path, content)
        os.replace(pending, path)
        _sync_directory(path.parent)

    def create_once(self, name: str, content: bytes) -> bytes:
        """Create ``name`` unless it exists; the content that is there afterwards, old or new."""
        path = self._place(name)
        pending = self._write_pending(path, content)
        try:
            os.link(pending, path)
        except FileExistsError:
            return path.read_bytes()
        finally:
            pending.unlink()
        _sync_directory(path.parent)
        return content

    def write_json(self, name: str, value: Any) -> None:
        """As ``write_bytes``, sorted keys."""
        self.write_bytes(name, _dump(value))

    def create_json_once(self, name: str, value: Any) -> Any:
        """As ``create_once``."""
        return json.loads(self.create_once(name, _dump(value)))

    # reading -----------------------------------------------------------------------------------
    def read_bytes(self, name: str) -> bytes | None:
        """The content, or None if there is no such file; StateError if others may read a file here."""
        path = self.root / name
        try:
            self._refuse_open_mode(path)
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def read_json(self, name: str) -> Any:
        """The value, or None if there is no such file."""
        content = self.read_bytes(name)
        if content is None:
            return None
        try:
            return json.loads(content)
        except ValueError as error:
            raise StateError(
                "state_corrupt", f"{self.root / name} is not JSON: {error}.", "Restore it from a backup."
            ) from None

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted, without unfinished writes."""
        try:
            entries = sorted(entry.name for entry in (self.root / folder).iterdir())
        except FileNotFoundError:
            return []
        return [name for name in entries if not name.startswith(_PENDING)]

    def path(self, name: str) -> Path:
        """Where a file is, for readers that want a path."""
        return self.root / name

    # removing ----------------------------------------------------------------------------------
    def delete(self, name: str) -> None:
        """Remove a file or a folder with everything in it; nothing happens if it is not there."""
        path = self.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync_directory(path.parent)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process; StateError if another one has it.

        Also removes what an interrupted write left behind.
        """
        descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError(
                    "state_in_use",
                    f"Another process uses the state directory {self.root}.",
                    "Stop it, or give this agent a state directory of its own.",
                ) from None
            for leftover in self.root.rglob(_PENDING + "*"):
                leftover.unlink(missing_ok=True)
            yield
        finally:
            os.close(descriptor)

    # inner -------------------------------------------------------------------------------------
    def _place(self, name: str) -> Path:
        path = self.root / name
        if ".." in path.parts or not path.is_relative_to(self.root):
            raise StateError(
                "state_name_refused", f"{name!r} leads out of the state directory.", "Use a plain name."
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _write_pending(self, path: Path, content: bytes) -> Path:
        pending = path.parent / f"{_PENDING}{secrets.token_hex(8)}"
        descriptor = os.open(pending, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return pending

    def _refuse_open_mode(self, path: Path) -> None:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise StateError(
                "state_readable_by_others",
                f"{path} has mode {mode:o}; secrets in it could be read by other users.",
                f"Run: chmod 600 {path}",
            )


def _dump(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
