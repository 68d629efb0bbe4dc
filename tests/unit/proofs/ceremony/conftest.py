"""One small ceremony with fixed randomness, stage by stage, and the tools of a contributor who cheats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pytest

from proofs import ceremony as rooms
from proofs.backend import Backend, available_backends, get_backend
from proofs.ceremony import Ceremony
from proofs.ceremony.entropy import beacon_scalars, draw_secrets
from proofs.ceremony.knowledge import Update
from proofs.ceremony.scalars import KEYS, POWERS, PRINCIPALS
from proofs.ceremony.transcript import Step, Transcript
from proofs.ceremony.verification import file_digests, replay
from proofs.errors import ProofSystemError
from proofs.field import R
from proofs.randomness import SeededRandom

CAPACITY, OUTPUTS, ITERATIONS = 8, 4, 10
FIRST_BEACON, LAST_BEACON = b"\x01" * 32, b"\x02" * 32


def seeded(label: str) -> SeededRandom:
    return SeededRandom(bytes(32), label.encode())


@dataclass
class Run:
    """Ada makes phase 1, Mallory and Ada phase 2; ``ada`` names the seed of Ada's secrets of phase 2."""

    backend: Backend
    ada: str = "ada, keys"
    factors: list[dict[str, int]] = field(default_factory=list)

    def contribute(self, ceremony: Ceremony, name: str, seed: str) -> Ceremony:
        phase = KEYS if ceremony.parameters else POWERS
        self.factors.append(draw_secrets(seeded(seed), phase))
        return rooms.contribute(self.backend, ceremony, name, seeded(seed))

    def beacon(self, ceremony: Ceremony, value: bytes) -> Ceremony:
        phase = KEYS if ceremony.parameters else POWERS
        self.factors.append(beacon_scalars(value, ITERATIONS, phase, ceremony.transcript.hash))
        return rooms.add_beacon(self.backend, ceremony, "beacon", value, ITERATIONS)

    @cached_property
    def begun(self) -> Ceremony:
        return rooms.begin_own(self.backend, CAPACITY, OUTPUTS)

    @cached_property
    def powers(self) -> Ceremony:
        return self.contribute(self.begun, "Ada", "ada, powers")

    @cached_property
    def keys(self) -> Ceremony:
        """Phase 2 begins."""
        return self.beacon(self.powers, FIRST_BEACON)

    @cached_property
    def first(self) -> Ceremony:
        return self.contribute(self.keys, "Mallory", "mallory")

    @cached_property
    def second(self) -> Ceremony:
        return self.contribute(self.first, "Ada", self.ada)

    @cached_property
    def third(self) -> Ceremony:
        return self.contribute(self.second, "Trudy", "trudy")

    @cached_property
    def closed(self) -> Ceremony:
        return self.beacon(self.third, LAST_BEACON)

    def product(self, without: Mapping[str, int] | None = None) -> dict[str, int]:
        """Every scalar as the product of its factors, of all steps or of all but one."""
        assert self.closed
        result = dict.fromkeys((*PRINCIPALS[POWERS], *PRINCIPALS[KEYS]), 1)
        for step in self.factors:
            if step != without:
                result |= {scalar: result[scalar] * factor % R for scalar, factor in step.items()}
        return result


@dataclass(frozen=True)
class Cheat:
    """Makes a step that no honest program would, with true proofs of whatever factors it used."""

    backend: Backend

    def step(
        self,
        ceremony: Ceremony,
        factors: Mapping[str, int],
        name: str = "Eve",
        points: Ceremony | None = None,
    ) -> Ceremony:
        """Multiplies by ``factors``; ``points`` replaces what the step leaves behind."""
        phase = KEYS if ceremony.parameters else POWERS
        after = points or self.multiplied(ceremony, factors)
        before = replay(self.backend, ceremony.transcript)
        groups = PRINCIPALS[phase]
        step = Step(
            index=len(ceremony.transcript.steps) + 1,
            phase=phase,
            name=name,
            previous=ceremony.transcript.hash,
            principals={s: g.multiply(self.backend, before[s], factors[s]) for s, g in groups.items()},
            files=file_digests(after.files(phase)),
        )
        return self.append(after, self.proven(step, before, factors))

    def multiplied(self, ceremony: Ceremony, factors: Mapping[str, int]) -> Ceremony:
        if ceremony.parameters is None:
            return replace(ceremony, powers=ceremony.powers.scaled(self.backend, factors["tau"]))
        return replace(ceremony, parameters=ceremony.parameters.scaled(self.backend, factors))

    def proven(self, step: Step, before: Mapping[str, bytes], factors: Mapping[str, int]) -> Step:
        proofs = {
            s: Update(s, g, before[s], step.principals[s], step.statement).prove(
                self.backend, factors[s], seeded(f"nonce of {s}")
            )
            for s, g in PRINCIPALS[step.phase].items()
        }
        return replace(step, proofs=proofs)

    def append(self, ceremony: Ceremony, step: Step) -> Ceremony:
        return self.steps(ceremony, (*ceremony.transcript.steps, step))

    def steps(self, ceremony: Ceremony, steps: tuple[Step, ...]) -> Ceremony:
        """Other steps, same points."""
        return replace(ceremony, transcript=Transcript(ceremony.transcript.header, steps))

    def last(self, ceremony: Ceremony, **changes: object) -> Ceremony:
        """The last step with some fields replaced."""
        *earlier, last = ceremony.transcript.steps
        return self.steps(ceremony, (*earlier, replace(last, **changes)))


def refuse(
    backend: Backend, forged: Ceremony, error: type[ProofSystemError], match: str | None = None
) -> None:
    with pytest.raises(error, match=match):
        rooms.verify(backend, forged)
    with pytest.raises(error, match=match):
        rooms.contribute(backend, forged, "Bob", SeededRandom(bytes(32)))


@pytest.fixture(scope="session")
def backend() -> Backend:
    """The fastest; ``test_both_backends`` compares the other."""
    return get_backend(available_backends()[0])


@pytest.fixture(scope="session")
def run(backend: Backend) -> Run:
    return Run(backend)


@pytest.fixture(scope="session")
def other_run(backend: Backend) -> Run:
    """Everybody has the same secrets but Ada in phase 2."""
    return Run(backend, ada="ada, other keys")


@pytest.fixture(scope="session")
def cheat(backend: Backend) -> Cheat:
    return Cheat(backend)


@pytest.fixture(scope="session")
def eve() -> dict[str, int]:
    """Eve's factors of phase 2."""
    return draw_secrets(seeded("eve"), KEYS)
