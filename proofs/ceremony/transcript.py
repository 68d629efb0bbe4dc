"""The public record of a ceremony: header and steps, each with the hash of the one before.

``ceremony.json``: ``{"format", "n", "outputs", "phase1", "steps"}``. ``phase1`` is ``{"kind": "own"}`` or
``{"kind": "ptau", "sha256", "files"}``. A step has ``index`` (from 1), ``phase``, ``kind`` (contribution or
beacon), ``name``, ``previous``, ``principals`` (the new principal points), ``files`` (SHA-256 of the points
after the step), ``beacon`` (null, or value and iterations), ``proofs`` (empty for a beacon) and ``hash``.

All hashes are SHA-256 of canonical JSON: the genesis hash of the header without its steps, ``statement`` of
a step without proofs and hash, ``hash`` of a step without hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from proofs import formats
from proofs.backend.base import SCALAR_BYTES
from proofs.ceremony.errors import TranscriptMalformed
from proofs.ceremony.knowledge import Knowledge
from proofs.ceremony.parameters import LISTS
from proofs.ceremony.powers import Shape
from proofs.ceremony.scalars import KEYS, POWERS, PRINCIPALS
from proofs.errors import MalformedInput
from proofs.field import TWO_ADICITY
from proofs.keys import MIN_CAPACITY
from proofs.statement import MAX_OUTPUTS, canonical_json

__all__ = ["BEACON", "CONTRIBUTION", "FILES", "OWN", "PTAU", "Beacon", "Header", "Step", "Transcript"]

FORMAT = "hengsuan/ceremony/v1"
OWN, PTAU = "own", "ptau"
CONTRIBUTION, BEACON = "contribution", "beacon"
FILES = {POWERS: ("powers_g1", "powers_g2"), KEYS: ("fixed", *LISTS)}
"""The binary files of each phase."""

MAX_NAME_CHARACTERS = 100
MAX_DEPTH = 16
_DIGEST_BYTES = 32
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True)
class Header:
    """What is fixed when a ceremony begins; ``ptau_sha256`` and ``files`` only for an imported phase 1."""

    shape: Shape
    phase1: str
    ptau_sha256: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        phase1: dict[str, object] = {"kind": self.phase1}
        if self.phase1 == PTAU:
            phase1 |= {"sha256": formats.to_hex(self.ptau_sha256), "files": _hexed(self.files)}
        return {"format": FORMAT, "n": self.shape.n, "outputs": self.shape.outputs, "phase1": phase1}

    @property
    def genesis(self) -> bytes:
        return hashlib.sha256(canonical_json(self.document())).digest()

    @property
    def first_phase(self) -> str:
        return POWERS if self.phase1 == OWN else KEYS


@dataclass(frozen=True)
class Beacon:
    """A public value and how often it is hashed."""

    value: bytes
    iterations: int


@dataclass(frozen=True)
class Step:
    """One contribution or beacon."""

    index: int
    phase: str
    name: str
    previous: bytes
    principals: Mapping[str, bytes]
    files: Mapping[str, bytes]
    beacon: Beacon | None = None
    proofs: Mapping[str, Knowledge] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return CONTRIBUTION if self.beacon is None else BEACON

    @property
    def statement(self) -> bytes:
        """What the step's proofs are bound to: everything but themselves."""
        return hashlib.sha256(canonical_json(self._body())).digest()

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(canonical_json(self._body() | {"proofs": self._proofs()})).digest()

    def document(self) -> dict[str, object]:
        return self._body() | {"proofs": self._proofs(), "hash": formats.to_hex(self.hash)}

    def _body(self) -> dict[str, object]:
        beacon = self.beacon and {
            "value": formats.to_hex(self.beacon.value),
            "iterations": self.beacon.iterations,
        }
        return {
            "index": self.index,
            "phase": self.phase,
            "kind": self.kind,
            "name": self.name,
            "previous": formats.to_hex(self.previous),
            "principals": _hexed(self.principals),
            "files": _hexed(self.files),
            "beacon": beacon,
        }

    def _proofs(self) -> dict[str, object]:
        return {
            scalar: {
                "commitment": formats.to_hex(proof.commitment),
                "response": formats.to_hex(proof.response.to_bytes(SCALAR_BYTES, "big")),
            }
            for scalar, proof in self.proofs.items()
        }


@dataclass(frozen=True)
class Transcript:
    """Header and steps. ``verification.replay`` says whether the steps are good."""

    header: Header
    steps: tuple[Step, ...] = ()

    @property
    def hash(self) -> bytes:
        return self.steps[-1].hash if self.steps else self.header.genesis

    def of_phase(self, phase: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.phase == phase)

    def digests(self, phase: str) -> Mapping[str, bytes]:
        """SHA-256 of each file of a phase as the last step left it; empty before the first."""
        steps = self.of_phase(phase)
        if steps:
            return steps[-1].files
        return self.header.files if phase == POWERS else {}

    def to_bytes(self) -> bytes:
        document = self.header.document() | {"steps": [step.document() for step in self.steps]}
        return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_bytes(cls, raw: bytes) -> Transcript:
        """Strict: exactly the documented keys, lower-case hex, hashes that fit. Raises a MalformedInput."""
        fields = formats.mapping(_parsed(raw), ("format", "n", "outputs", "phase1", "steps"), "ceremony.json")
        if fields["format"] != FORMAT:
            raise TranscriptMalformed(f"ceremony.json is not of the format {FORMAT}")
        steps = formats.sequence(fields["steps"], "steps")
        header = _header_from(fields)
        return cls(header, tuple(_step_from(step, f"steps[{i}]") for i, step in enumerate(steps)))


def _parsed(raw: bytes) -> object:
    """JSON in UTF-8 of bounded depth: py_ecc lifts Python's recursion limit, so that a deep document would
    overrun the stack of the parser.
    """
    depth = 0
    try:
        text = raw.decode()
        for token in _TOKENS.finditer(text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
            if depth > MAX_DEPTH:
                raise TranscriptMalformed("ceremony.json is nested deeper than a transcript")
        return json.loads(text)
    except ValueError:
        raise TranscriptMalformed("ceremony.json is not JSON") from None


def require_name(name: object) -> str:
    """A name is printable text of 1 to 100 characters, without spaces around it."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise MalformedInput(f"a name has 1 to {MAX_NAME_CHARACTERS} characters")
    if not name.isprintable() or name != name.strip():
        raise MalformedInput("a name is printable text without spaces at its ends")
    return name


def require_shape(n: object, outputs: object) -> Shape:
    """A capacity of the protocol and as many outputs as it allows."""
    capacity = formats.integer(n, "n", MIN_CAPACITY, 1 << TWO_ADICITY)
    if capacity & (capacity - 1):
        raise MalformedInput(f"capacity {capacity} is not a power of two in [8, 2^28]")
    return Shape(capacity, formats.integer(outputs, "outputs", 1, MAX_OUTPUTS))


def _hexed(values: Mapping[str, bytes]) -> dict[str, str]:
    return {name: formats.to_hex(value) for name, value in values.items()}


def _digests_from(value: object, phase: str, where: str) -> dict[str, bytes]:
    files = formats.mapping(value, FILES[phase], where)
    return {name: formats.from_hex(files[name], f"{where}.{name}", _DIGEST_BYTES) for name in FILES[phase]}


def _header_from(fields: Mapping[str, object]) -> Header:
    shape, phase1 = require_shape(fields["n"], fields["outputs"]), fields["phase1"]
    if phase1 == {"kind": OWN}:
        return Header(shape, OWN)
    imported = formats.mapping(phase1, ("kind", "sha256", "files"), "phase1")
    if imported["kind"] != PTAU:
        raise TranscriptMalformed("phase1.kind is neither own nor ptau")
    digest = formats.from_hex(imported["sha256"], "phase1.sha256", _DIGEST_BYTES)
    return Header(shape, PTAU, digest, _digests_from(imported["files"], POWERS, "phase1.files"))


_STEP_KEYS = ("index", "phase", "kind", "name", "previous", "principals", "files", "beacon", "proofs", "hash")


def _step_from(document: object, where: str) -> Step:
    fields = formats.mapping(document, _STEP_KEYS, where)
    phase = fields["phase"]
    if phase not in (POWERS, KEYS):
        raise TranscriptMalformed(f"{where}.phase is neither {POWERS} nor {KEYS}")
    principals = formats.mapping(fields["principals"], PRINCIPALS[phase], f"{where}.principals")
    step = Step(
        index=formats.integer(fields["index"], f"{where}.index", 1),
        phase=phase,
        name=require_name(fields["name"]),
        previous=formats.from_hex(fields["previous"], f"{where}.previous", _DIGEST_BYTES),
        principals={
            scalar: formats.from_hex(principals[scalar], f"{where}.principals.{scalar}", group.size)
            for scalar, group in PRINCIPALS[phase].items()
        },
        files=_digests_from(fields["files"], phase, f"{where}.files"),
        beacon=_beacon_from(fields["beacon"], f"{where}.beacon"),
        proofs=_proofs_from(fields["proofs"], phase, f"{where}.proofs"),
    )
    if fields["kind"] != step.kind or bool(step.proofs) == (step.kind == BEACON):
        raise TranscriptMalformed(f"{where} is neither a contribution with proofs nor a beacon without")
    if formats.from_hex(fields["hash"], f"{where}.hash", _DIGEST_BYTES) != step.hash:
        raise TranscriptMalformed(f"{where}.hash is not the hash of the step")
    return step


def _beacon_from(document: object, where: str) -> Beacon | None:
    if document is None:
        return None
    fields = formats.mapping(document, ("value", "iterations"), where)
    value = formats.from_hex(fields["value"], f"{where}.value")
    return Beacon(value, formats.integer(fields["iterations"], f"{where}.iterations", 1))


def _proofs_from(document: object, phase: str, where: str) -> dict[str, Knowledge]:
    if document == {}:
        return {}
    fields = formats.mapping(document, PRINCIPALS[phase], where)
    proofs = {}
    for scalar, group in PRINCIPALS[phase].items():
        proof = formats.mapping(fields[scalar], ("commitment", "response"), f"{where}.{scalar}")
        proofs[scalar] = Knowledge(
            formats.from_hex(proof["commitment"], f"{where}.{scalar}.commitment", group.size),
            formats.scalar_from(proof["response"], f"{where}.{scalar}.response"),
        )
    return proofs
