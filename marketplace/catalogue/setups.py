"""Setups of the proof system on this machine: their keys, loaded once a process, and their files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from marketplace.catalogue.errors import SetupFileUnknown, SetupInvalid
from marketplace.catalogue.models import Setup
from proofs import setup as proof_setup
from proofs.backend import get_backend
from proofs.errors import ProofSystemError
from proofs.keys import ProvingKey, VerifyingKey
from proofs.setup import HEADER

__all__ = ["SetupFile", "proving_key", "read_verifying_key", "setup_file_path", "setup_files"]

POINTS_SUFFIX = ".points"


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A file that parties download to commit, deal and prove."""

    name: str
    size: int
    sha256: str


def read_verifying_key(directory: Path) -> tuple[VerifyingKey, str]:
    """The checked verifying key of a key directory, and its ceremony. Raises SetupInvalid."""
    try:
        key, ceremony = proof_setup.load_verifying_key(directory)
        key.check(get_backend())
    except ProofSystemError as error:
        raise SetupInvalid(f"the key directory is not usable: {error}") from error
    return key, ceremony


def proving_key(setup: Setup) -> ProvingKey:
    """The proving key, kept in memory. Raises SetupInvalid if the files are not those of the setup."""
    key = _load(setup.directory)
    if "0x" + key.setup_id.hex() != setup.setup_id:
        raise SetupInvalid(f"{setup.directory} holds another setup than {setup.setup_id}")
    return key


def setup_files(setup: Setup) -> list[SetupFile]:
    """What the key directory holds, by name."""
    directory = Path(setup.directory)
    names = sorted(
        path.name for path in directory.iterdir() if path.name == HEADER or path.suffix == POINTS_SUFFIX
    )
    return [_describe(str(directory / name), (directory / name).stat().st_mtime_ns) for name in names]


def setup_file_path(setup: Setup, name: str) -> Path:
    """Where a file of the setup is; only listed names are files. Raises SetupFileUnknown."""
    if name not in {entry.name for entry in setup_files(setup)}:
        raise SetupFileUnknown(f"setup {setup.setup_id} has no file {name!r}")
    return Path(setup.directory) / name


@lru_cache(maxsize=4)
def _load(directory: str) -> ProvingKey:
    try:
        return proof_setup.load(Path(directory), get_backend(), trusted=True)
    except ProofSystemError as error:
        raise SetupInvalid(f"the key directory is not usable: {error}") from error


@lru_cache(maxsize=64)
def _describe(path: str, _changed_at: int) -> SetupFile:
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SetupFile(name=Path(path).name, size=Path(path).stat().st_size, sha256=f"0x{digest}")
