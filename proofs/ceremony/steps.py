"""Beginning a ceremony and adding steps to it. Every function verifies what it is given and what it made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from proofs.backend.base import Backend
from proofs.ceremony.entropy import beacon_scalars, draw_secrets, require_beacon
from proofs.ceremony.errors import TranscriptInvalid
from proofs.ceremony.knowledge import Update
from proofs.ceremony.parameters import Parameters
from proofs.ceremony.powers import Powers, Shape
from proofs.ceremony.scalars import POWERS, PRINCIPALS
from proofs.ceremony.transcript import (
    BEACON,
    CONTRIBUTION,
    OWN,
    PTAU,
    Beacon,
    Header,
    Step,
    Transcript,
    require_name,
    require_shape,
)
from proofs.ceremony.verification import Ceremony, Verified, file_digests, require_turn, verify
from proofs.errors import InvalidProof, MalformedInput
from proofs.groth16.powers import read_powers
from proofs.randomness import Random

__all__ = ["add_beacon", "begin_from_ptau", "begin_own", "compare_ptau", "contribute"]


def begin_own(backend: Backend, n: int, outputs: int) -> Ceremony:
    """A ceremony that makes its own powers of tau first."""
    shape = require_shape(n, outputs)
    return Ceremony(Transcript(Header(shape, OWN)), Powers.at_one(backend, shape), None)


def begin_from_ptau(backend: Backend, n: int, outputs: int, path: Path) -> Ceremony:
    """A ceremony on the powers of tau of a snarkjs file, which is checked point by point."""
    shape = require_shape(n, outputs)
    powers, digest = _read_ptau(backend, path, shape)
    files = file_digests({"powers_g1": powers.g1, "powers_g2": powers.g2})
    header = Header(shape, PTAU, digest, files)
    ceremony = Ceremony(Transcript(header), powers, Parameters.at_one(backend, powers, shape))
    verify(backend, ceremony)
    return ceremony


def compare_ptau(backend: Backend, ceremony: Ceremony, path: Path) -> None:
    """InvalidProof unless the ceremony began with the points of this file."""
    header = ceremony.transcript.header
    if header.phase1 != PTAU:
        raise MalformedInput("the ceremony made its own powers of tau; there is no .ptau to compare")
    powers, digest = _read_ptau(backend, path, header.shape)
    if digest != header.ptau_sha256 or powers != ceremony.powers:
        raise InvalidProof(f"the ceremony did not begin with {path.name}")


def contribute(backend: Backend, ceremony: Ceremony, name: str, random: Random) -> Ceremony:
    """Each scalar of the phase times a secret, with proofs; the secrets are forgotten on return.

    ``random`` is ``entropy.MixedRandom`` outside of tests. Raises what ``verify`` raises, WrongPhase after
    the beacon, TranscriptInvalid for a name that is taken.
    """
    state = verify(backend, ceremony)
    _require_free(ceremony.transcript, state, name, CONTRIBUTION)
    secrets = draw_secrets(random, state.phase)
    try:
        following = _multiplied(backend, ceremony, state, secrets)
        step = _unproven_step(backend, ceremony.transcript, following, state, name, secrets)
        statement = step.statement
        proofs = {
            scalar: Update(scalar, group, state.principals[scalar], step.principals[scalar], statement).prove(
                backend, secrets[scalar], random
            )
            for scalar, group in PRINCIPALS[state.phase].items()
        }
    finally:
        secrets.clear()
    return _appended(backend, following, replace(step, proofs=proofs))


def add_beacon(backend: Backend, ceremony: Ceremony, name: str, value: bytes, iterations: int) -> Ceremony:
    """Ends the phase with a public value. After phase 1 the first parameters of phase 2 are made.

    Raises what ``verify`` raises, and WrongPhase if the phase has no contribution or all are over.
    """
    require_beacon(value, iterations)
    state = verify(backend, ceremony)
    _require_free(ceremony.transcript, state, name, BEACON)
    factors = beacon_scalars(value, iterations, state.phase, ceremony.transcript.hash)
    following = _multiplied(backend, ceremony, state, factors)
    step = _unproven_step(backend, ceremony.transcript, following, state, name, factors)
    if state.phase == POWERS:
        shape = ceremony.transcript.header.shape
        parameters = Parameters.at_one(backend, following.powers, shape)
        following = replace(following, parameters=parameters)
    return _appended(backend, following, replace(step, beacon=Beacon(value, iterations)))


def _read_ptau(backend: Backend, path: Path, shape: Shape) -> tuple[Powers, bytes]:
    """The checked and cut points, and the file's SHA-256."""
    ptau = read_powers(path)
    return Powers.cut(backend, ptau, shape), hashlib.sha256(path.read_bytes()).digest()


def _require_free(transcript: Transcript, state: Verified, name: str, kind: str) -> None:
    contributions = transcript.of_phase(state.phase)
    require_turn(state.phase, kind, state.phase, bool(contributions))
    if require_name(name) in {step.name for step in contributions}:
        raise TranscriptInvalid(f"the name {name!r} is taken in this phase")


def _multiplied(
    backend: Backend, ceremony: Ceremony, state: Verified, factors: Mapping[str, int]
) -> Ceremony:
    if state.phase == POWERS:
        return replace(ceremony, powers=ceremony.powers.scaled(backend, factors["tau"]))
    assert ceremony.parameters is not None  # by verify
    return replace(ceremony, parameters=ceremony.parameters.scaled(backend, factors))


def _unproven_step(
    backend: Backend,
    transcript: Transcript,
    following: Ceremony,
    state: Verified,
    name: str,
    factors: Mapping[str, int],
) -> Step:
    return Step(
        index=len(transcript.steps) + 1,
        phase=state.phase,
        name=name,
        previous=transcript.hash,
        principals={
            scalar: group.multiply(backend, state.principals[scalar], factors[scalar])
            for scalar, group in PRINCIPALS[state.phase].items()
        },
        files=file_digests(following.files(state.phase)),
    )


def _appended(backend: Backend, following: Ceremony, step: Step) -> Ceremony:
    steps = (*following.transcript.steps, step)
    grown = replace(following, transcript=Transcript(following.transcript.header, steps))
    verify(backend, grown)
    return grown
