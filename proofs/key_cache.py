"""Proving keys in the kernel's own form: written once beside the canonical files, then mapped, not parsed.

``native-v1.bin`` in a key directory holds a JSON head of 4096 bytes, the lists of points as Montgomery
limbs, with tables of multiples for the lists that full-size scalars meet, and a BLAKE3 digest of it all. The
canonical ``.points`` files stay the truth: the file is written after they were loaded and checked, its head
names the SHA-256 of the ``key.json`` that it was made from (which has the digests of the canonical files),
and it is used only if

- it is a regular file of this user that nobody else may open (mode 0600), and its digest is right;
- format, ``key.json`` and the memory chosen for tables are those of now.

Anything else is made anew from the canonical files; where the directory cannot be written to, the key
stays in memory, without tables. HENGSUAN_TABLE_MIB is the memory for the tables of one key, in MiB: 256
unless said, 0 for none. A mapped file is memory that processes on one machine share.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proofs.backend.base import G1_BYTES, Backend, Bases
from proofs.backend.native import NativeBackend, NativeBases
from proofs.errors import MalformedInput

__all__ = ["FILE", "TABLE_VARIABLE", "read", "write"]

FILE = "native-v1.bin"
FORMAT = "hengsuan/native-key/v1"
TABLE_VARIABLE = "HENGSUAN_TABLE_MIB"
DEFAULT_TABLE_MIB = 256

HEAD_BYTES = 4096
G2_LIST = "lagrange_g2"
TABLED = ("output_points", "witness_points", "quotient_points")
"""Lists that full-size scalars meet in every proof. Columns of small values gain nothing from a table."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Place:
    start: int
    count: int
    levels: int


def table_mib() -> int:
    """The memory for tables. MalformedInput unless HENGSUAN_TABLE_MIB is a whole number, not negative."""
    text = os.environ.get(TABLE_VARIABLE) or str(DEFAULT_TABLE_MIB)
    if not (text.isascii() and text.isdigit()):
        raise MalformedInput(f"{TABLE_VARIABLE}={text!r} is not a whole number of MiB; 0 keeps no tables")
    return int(text)


def read(directory: Path, key_sha256: str, backend: Backend) -> dict[str, Bases] | None:
    """The mapped lists by name; ``None`` if this backend maps none or the file is not one to use."""
    if not isinstance(backend, NativeBackend) or not (directory / FILE).exists():
        return None
    try:
        file = backend.open_key_file(directory / FILE)
        head = json.loads(file.head(HEAD_BYTES))
        expected = {"format": FORMAT, "key_sha256": key_sha256, "table_mib": table_mib()}
        places = {name: _Place(**place) for name, place in head.pop("lists").items()}
        if head != expected:
            raise ValueError("it was made of another key or with another HENGSUAN_TABLE_MIB")
        return {
            name: (file.g2 if name == G2_LIST else file.g1)(place.start, place.count, place.levels)
            for name, place in places.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, MalformedInput) as error:
        table_mib()
        _log.warning("%s is not used and will be made again: %s", directory / FILE, error)
        return None


def write(directory: Path, key_sha256: str, backend: Backend, lists: Mapping[str, Bases]) -> bool:
    """Writes the file from lists that were loaded and checked; whether it is there now."""
    if not isinstance(backend, NativeBackend):
        return False
    levels = _levels(backend, lists, table_mib())
    places, start = {}, HEAD_BYTES
    for name, bases in lists.items():
        places[name] = _Place(start, len(bases), levels[name])
        start += len(bases) * levels[name] * (2 * G1_BYTES if name == G2_LIST else G1_BYTES)
    head = {
        "format": FORMAT,
        "key_sha256": key_sha256,
        "table_mib": table_mib(),
        "lists": {name: vars(place) for name, place in places.items()},
    }
    try:
        _write(backend, directory, json.dumps(head).encode().ljust(HEAD_BYTES), lists, levels)
    except OSError as error:
        _log.info("%s cannot be written, the key stays in memory: %s", directory / FILE, error)
        return False
    return True


def _write(
    backend: NativeBackend,
    directory: Path,
    head: bytes,
    lists: Mapping[str, Bases],
    levels: Mapping[str, int],
) -> None:
    # mkstemp makes the file for this user alone (mode 0600).
    descriptor, pending = tempfile.mkstemp(prefix=FILE, suffix=".part", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(head)
            for name, bases in lists.items():
                assert isinstance(bases, NativeBases)  # they are of this backend
                file.write(bases.table(levels[name]))
        backend.seal_key_file(Path(pending))
        Path(pending).replace(directory / FILE)
    except BaseException:
        Path(pending).unlink(missing_ok=True)
        raise


def _levels(backend: NativeBackend, lists: Mapping[str, Bases], mib: int) -> dict[str, int]:
    """Levels of each list's table; a list that needs less than its part leaves the rest to the next."""
    levels = dict.fromkeys(lists, 1)
    left = mib << 20
    for position, name in enumerate(TABLED):
        count = len(lists[name])
        share = left // (len(TABLED) - position)
        levels[name] = backend.worthwhile_levels(count, 1 + share // max(count * G1_BYTES, 1))
        left -= (levels[name] - 1) * count * G1_BYTES
    return levels
