"""``python -m proofs ceremony new | contribute | beacon | verify | export``: exit 0 done or valid, 1 refused,
2 malformed, each with its reason.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from proofs import formats, setup
from proofs.backend import get_backend
from proofs.ceremony import directory, steps
from proofs.ceremony.entropy import MixedRandom
from proofs.ceremony.export import export_key
from proofs.ceremony.scalars import CLOSED
from proofs.ceremony.transcript import PTAU, Transcript
from proofs.ceremony.verification import verify
from proofs.errors import MalformedInput
from proofs.statement import MAX_OUTPUTS

__all__ = ["add_ceremony_commands"]


def add_ceremony_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands; each sets ``run``, which returns what to print and raises ProofSystemError."""
    commands = parser.add_subparsers(dest="ceremony_command", required=True)
    new = commands.add_parser("new", help="begin a ceremony in an empty folder")
    new.add_argument("--capacity", type=int, required=True, help="n, a power of two from 8 on")
    new.add_argument("--outputs", type=int, default=MAX_OUTPUTS, help="output points of the key")
    source = new.add_mutually_exclusive_group(required=True)
    source.add_argument("--ptau", type=Path, help="powers of tau of a public ceremony (snarkjs)")
    source.add_argument("--own", action="store_true", help="make the powers of tau in this ceremony")
    new.add_argument("--out", type=Path, required=True)
    new.set_defaults(run=_new)
    add = commands.add_parser("contribute", help="verify, then multiply the secrets by your own")
    add.add_argument("directory", type=Path)
    add.add_argument("--name", required=True, help="who contributes; public")
    add.add_argument("--entropy-file", type=Path, help="mixed with the system's randomness, for example dice")
    add.set_defaults(run=_contribute)
    beacon = commands.add_parser("beacon", help="end the phase with a public random value")
    beacon.add_argument("directory", type=Path)
    beacon.add_argument("--value", required=True, help="hex; announced before it was known to anybody")
    beacon.add_argument("--iterations", type=int, required=True, help="how often the value is hashed")
    beacon.add_argument("--name", default="beacon", help="where the value is from; public")
    beacon.set_defaults(run=_beacon)
    check = commands.add_parser("verify", help="check every step and every point")
    check.add_argument("directory", type=Path)
    check.add_argument("--ptau", type=Path, help="also compare with the file that it began with")
    check.set_defaults(run=_verify)
    export = commands.add_parser("export", help="write the key directory of a closed ceremony")
    export.add_argument("directory", type=Path)
    export.add_argument("--out", type=Path, required=True)
    export.set_defaults(run=_export)


def _new(arguments: argparse.Namespace) -> str:
    backend, n, outputs = get_backend(), arguments.capacity, arguments.outputs
    if arguments.own:
        ceremony = steps.begin_own(backend, n, outputs)
    else:
        ceremony = steps.begin_from_ptau(backend, n, outputs, arguments.ptau)
    directory.store(arguments.out, ceremony, None)
    return f"a ceremony for n = {n} begins; {_hash_line(ceremony.transcript)}"


def _contribute(arguments: argparse.Namespace) -> str:
    ceremony = directory.load(arguments.directory)
    entropy = bytearray(_read_entropy(arguments.entropy_file))
    with MixedRandom(entropy) as random:
        entropy[:] = bytes(len(entropy))
        following = steps.contribute(get_backend(), ceremony, arguments.name, random)
    directory.store(arguments.directory, following, ceremony.transcript)
    return f"contribution of {arguments.name} added; publish its hash: {_hash_line(following.transcript)}"


def _beacon(arguments: argparse.Namespace) -> str:
    ceremony = directory.load(arguments.directory)
    value = _beacon_value(arguments.value)
    following = steps.add_beacon(get_backend(), ceremony, arguments.name, value, arguments.iterations)
    directory.store(arguments.directory, following, ceremony.transcript)
    return f"beacon added; {_hash_line(following.transcript)}"


def _verify(arguments: argparse.Namespace) -> str:
    ceremony, backend = directory.load(arguments.directory), get_backend()
    state = verify(backend, ceremony)
    if arguments.ptau is not None:
        steps.compare_ptau(backend, ceremony, arguments.ptau)
    header, lines = ceremony.transcript.header, []
    origin = f"powers of tau from a .ptau with SHA-256 {header.ptau_sha256.hex()}"
    lines.append(origin if header.phase1 == PTAU else "powers of tau made in this ceremony")
    lines += [
        f"{step.index}. {step.phase} {step.kind} {step.name} {step.hash.hex()}"
        for step in ceremony.transcript.steps
    ]
    stands = "closed" if state.phase == CLOSED else f"open, phase {state.phase}"
    return "\n".join([*lines, f"valid, {stands}; n = {header.shape.n}; {_hash_line(ceremony.transcript)}"])


def _export(arguments: argparse.Namespace) -> str:
    ceremony = directory.load(arguments.directory)
    if (arguments.out / setup.HEADER).exists():
        raise MalformedInput(f"{arguments.out} already holds a key; choose another folder")
    material = export_key(get_backend(), ceremony)
    setup.save(material, arguments.out)
    return f"key {formats.to_hex(material.verifying.setup_id)} written to {arguments.out}"


def _hash_line(transcript: Transcript) -> str:
    return f"transcript {formats.to_hex(transcript.hash)}"


def _beacon_value(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise MalformedInput("--value is not hex of whole bytes") from None


def _read_entropy(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedInput(f"{path} cannot be read: {error.strerror}") from None
