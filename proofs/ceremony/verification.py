"""Whether a ceremony is good: its steps one by one, then its points against what the steps proved.

Transitions: ``powers`` (own phase 1) -beacon-> ``keys`` -beacon-> ``closed``; contributions stay in a phase.
A beacon needs a contribution before it in its phase: its scalars are public.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from proofs.backend.base import Backend
from proofs.ceremony.entropy import beacon_scalars
from proofs.ceremony.errors import (
    ContributionInvalid,
    ParametersInvalid,
    TranscriptInvalid,
    TranscriptMalformed,
    WrongPhase,
)
from proofs.ceremony.knowledge import Update
from proofs.ceremony.parameters import FIXED, Parameters
from proofs.ceremony.powers import Powers
from proofs.ceremony.scalars import CLOSED, KEYS, POWERS, PRINCIPALS, principals_at_one
from proofs.ceremony.transcript import BEACON, Step, Transcript
from proofs.randomness import Random

__all__ = ["Ceremony", "Verified", "file_digests", "phase_of", "replay", "require_turn", "verify"]

NEXT_PHASE = {POWERS: KEYS, KEYS: CLOSED}


@dataclass(frozen=True)
class Verified:
    """Where a good ceremony stands."""

    phase: str
    principals: Mapping[str, bytes]


@dataclass(frozen=True)
class Ceremony:
    """A transcript with the points as its last step left them; no parameters in phase 1."""

    transcript: Transcript
    powers: Powers
    parameters: Parameters | None

    def files(self, phase: str) -> dict[str, bytes]:
        """The binary files of a phase by name."""
        if phase == POWERS:
            return {"powers_g1": self.powers.g1, "powers_g2": self.powers.g2}
        assert self.parameters is not None  # phase 2 has them
        fixed = b"".join(self.parameters.fixed[name] for name in FIXED)
        return {"fixed": fixed, **self.parameters.lists}


def file_digests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: hashlib.sha256(content).digest() for name, content in files.items()}


def phase_of(transcript: Transcript) -> str:
    """The phase after the last step; TranscriptInvalid or WrongPhase for a step that is out of turn."""
    phase, contributed = transcript.header.first_phase, False
    names: set[tuple[str, str]] = set()
    previous = transcript.header.genesis
    for number, step in enumerate(transcript.steps, start=1):
        if step.index != number or step.previous != previous:
            raise TranscriptInvalid(f"step {number} ({step.name}) does not follow the step before it")
        require_turn(step.phase, step.kind, phase, contributed)
        if (step.phase, step.name) in names:
            raise TranscriptInvalid(f"step {number}: the name {step.name!r} is taken in this phase")
        names.add((step.phase, step.name))
        previous, contributed = step.hash, True
        if step.kind == BEACON:
            phase, contributed = NEXT_PHASE[phase], False
    return phase


def require_turn(step_phase: str, kind: str, phase: str, contributed: bool) -> None:
    """WrongPhase unless a step of this phase and kind may come now."""
    if phase == CLOSED:
        raise WrongPhase("the ceremony is closed by its beacon; no step comes after it")
    if step_phase != phase:
        raise WrongPhase(f"a step of phase {step_phase} in phase {phase}")
    if kind == BEACON and not contributed:
        raise WrongPhase(
            f"phase {phase} has no contribution; a beacon alone makes a setup that all can forge"
        )


def replay(backend: Backend, transcript: Transcript) -> dict[str, bytes]:
    """The principal points after the last step, every factor on the way proven or recomputed.

    For steps whose order ``phase_of`` has checked. Raises ContributionInvalid, or a MalformedInput for a bad
    point.
    """
    principals = {s: p for phase in PRINCIPALS for s, p in principals_at_one(backend, phase).items()}
    seen = {scalar: {point} for scalar, point in principals.items()}
    for step in transcript.steps:
        _check_step(backend, step, principals)
        for scalar, point in step.principals.items():
            if point in seen[scalar]:
                raise ContributionInvalid(
                    f"step {step.index} ({step.name}) leaves {scalar} unchanged or undoes earlier steps"
                )
            seen[scalar].add(point)
        principals |= step.principals
    return principals


def _check_step(backend: Backend, step: Step, before: Mapping[str, bytes]) -> None:
    groups = PRINCIPALS[step.phase]
    for scalar, group in groups.items():
        group.check(backend, step.principals[scalar])
    if step.beacon is not None:
        factors = beacon_scalars(step.beacon.value, step.beacon.iterations, step.phase, step.previous)
        for scalar, group in groups.items():
            if group.multiply(backend, before[scalar], factors[scalar]) != step.principals[scalar]:
                raise ContributionInvalid(
                    f"step {step.index}: {scalar} is not multiplied by the beacon's scalar"
                )
        return
    statement = step.statement
    for scalar, group in groups.items():
        update = Update(scalar, group, before[scalar], step.principals[scalar], statement)
        try:
            update.check(backend, step.proofs[scalar])
        except ContributionInvalid as error:
            raise ContributionInvalid(f"step {step.index} ({step.name}): {error}") from None


def verify(backend: Backend, ceremony: Ceremony, random: Random | None = None) -> Verified:
    """Every step and every point; raises for the first fault, naming step, list or file."""
    transcript = ceremony.transcript
    phase, shape = phase_of(transcript), transcript.header.shape
    if phase != POWERS and ceremony.parameters is None:
        raise TranscriptMalformed("the points of phase 2 are missing")
    principals = replay(backend, transcript)
    for kept in (POWERS,) if phase == POWERS else (POWERS, KEYS):
        _check_digests(ceremony, kept)
    ceremony.powers.check(backend, shape, random)
    if transcript.header.first_phase == POWERS and ceremony.powers.tau1 != principals["tau"]:
        raise ParametersInvalid("the powers of tau are not those of the tau that the steps proved")
    if ceremony.parameters is not None:
        ceremony.parameters.check(backend, ceremony.powers, shape, principals, random)
    return Verified(phase, principals)


def _check_digests(ceremony: Ceremony, phase: str) -> None:
    """The files of a phase are those that its last step left; without a step the pairings alone decide."""
    recorded = ceremony.transcript.digests(phase)
    actual = file_digests(ceremony.files(phase))
    for name, digest in recorded.items():
        if actual[name] != digest:
            raise TranscriptMalformed(f"{name} is not the file that the last step of phase {phase} left")
