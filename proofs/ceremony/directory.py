"""The folder of a ceremony: ``ceremony.json``, and the points after its last step.

``powers-K/`` and ``keys-K/`` hold the files of a phase as step K left them (0: as it began), in the wire
encodings. A step writes new folders first, then replaces ``ceremony.json``, then removes the old ones, so a
crash leaves a whole ceremony. The folder is what a contributor passes on to the next.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from proofs.backend.base import G1_BYTES, G2_BYTES
from proofs.ceremony.errors import CeremonyChanged, TranscriptMalformed
from proofs.ceremony.parameters import FIXED, LISTS, Parameters
from proofs.ceremony.powers import Powers, Shape
from proofs.ceremony.scalars import KEYS, POWERS
from proofs.ceremony.transcript import FILES, Transcript
from proofs.ceremony.verification import Ceremony, phase_of
from proofs.errors import MalformedInput

__all__ = ["load", "store"]

TRANSCRIPT = "ceremony.json"
MAX_TRANSCRIPT_BYTES = 1 << 26


def load(directory: Path) -> Ceremony:
    """The ceremony in a folder, not yet verified. Raises a MalformedInput, or WrongPhase and the like."""
    transcript = _read_transcript(directory)
    shape = transcript.header.shape
    powers = _read_files(directory, transcript, POWERS, shape)
    parameters = None
    if phase_of(transcript) != POWERS:
        files = _read_files(directory, transcript, KEYS, shape)
        fixed = files.pop("fixed")
        points = (fixed[i : i + G1_BYTES] for i in range(0, len(fixed), G1_BYTES))
        parameters = Parameters(dict(zip(FIXED, points, strict=True)), files)
    return Ceremony(transcript, Powers(powers["powers_g1"], powers["powers_g2"]), parameters)


def store(directory: Path, ceremony: Ceremony, expected: Transcript | None) -> None:
    """Writes the ceremony over ``expected``, or into a folder that has none.

    Raises CeremonyChanged if the folder holds another transcript meanwhile.
    """
    _require_current(directory, expected)
    phases = (POWERS,) if ceremony.parameters is None else (POWERS, KEYS)
    directory.mkdir(parents=True, exist_ok=True)
    kept = {_folder(ceremony.transcript, phase) for phase in phases}
    for phase in phases:
        _write_files(directory / _folder(ceremony.transcript, phase), ceremony.files(phase))
    pending = directory / (TRANSCRIPT + ".part")
    pending.write_bytes(ceremony.transcript.to_bytes())
    _require_current(directory, expected)
    pending.replace(directory / TRANSCRIPT)
    if expected is not None:
        for phase in (POWERS, KEYS):
            if (former := _folder(expected, phase)) not in kept:
                shutil.rmtree(directory / former, ignore_errors=True)


def _folder(transcript: Transcript, phase: str) -> str:
    """Named for the step that left the files; of a phase that has begun."""
    steps = transcript.of_phase(phase)
    if steps:
        return f"{phase}-{steps[-1].index}"
    return f"{phase}-{len(transcript.of_phase(POWERS)) if phase == KEYS else 0}"


def _read_transcript(directory: Path) -> Transcript:
    path = directory / TRANSCRIPT
    return Transcript.from_bytes(_read(path, maximum=MAX_TRANSCRIPT_BYTES))


def _require_current(directory: Path, expected: Transcript | None) -> None:
    if not (directory / TRANSCRIPT).exists():
        if expected is None:
            return
        raise CeremonyChanged(f"{directory} no longer holds {TRANSCRIPT}")
    if expected is None:
        raise MalformedInput(f"{directory} already holds a ceremony; choose another folder")
    if _read_transcript(directory).hash != expected.hash:
        raise CeremonyChanged(f"another step was added to {directory} meanwhile; start again from it")


def _sizes(shape: Shape) -> dict[str, int]:
    """Bytes of each file."""
    n = shape.n
    counts = {"powers_g1": shape.g1_count, "fixed": len(FIXED)}
    counts |= {name: n if name == "lagrange_kappa" else n - 1 for name in LISTS}
    return {name: count * G1_BYTES for name, count in counts.items()} | {"powers_g2": n * G2_BYTES}


def _read_files(directory: Path, transcript: Transcript, phase: str, shape: Shape) -> dict[str, bytes]:
    folder, sizes = directory / _folder(transcript, phase), _sizes(shape)
    files = {}
    for name in FILES[phase]:
        files[name] = _read(folder / f"{name}.points", maximum=sizes[name])
        if len(files[name]) != sizes[name]:
            raise TranscriptMalformed(
                f"{name}.points has {len(files[name])} bytes, the ceremony's has {sizes[name]}: it was cut"
            )
    return files


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    if folder.exists() and all(_holds(folder / f"{name}.points", content) for name, content in files.items()):
        return
    pending = folder.with_name(folder.name + ".part")
    for leftover in (pending, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    pending.mkdir()
    for name, content in files.items():
        (pending / f"{name}.points").write_bytes(content)
    pending.rename(folder)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _read(path: Path, *, maximum: int) -> bytes:
    """A file of at most ``maximum`` bytes, else TranscriptMalformed."""
    try:
        if path.stat().st_size > maximum:
            raise TranscriptMalformed(f"{path.name} has more than {maximum} bytes")
        return path.read_bytes()
    except OSError as error:
        raise TranscriptMalformed(f"{path} cannot be read: {error.strerror}") from None
