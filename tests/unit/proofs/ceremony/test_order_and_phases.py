"""Steps in another order, under other names, or in another phase than theirs are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofs import ceremony as rooms
from proofs.backend import Backend
from proofs.ceremony import ContributionInvalid, TranscriptInvalid, TranscriptMalformed, WrongPhase
from proofs.ceremony.transcript import Beacon
from proofs.ceremony.verification import replay
from proofs.errors import MalformedInput
from proofs.randomness import SeededRandom

from .conftest import ITERATIONS, Cheat, Run, refuse

Factors = dict[str, int]

# order -----------------------------------------------------------------------------------------


def test_a_skipped_step(run: Run, cheat: Cheat, backend: Backend) -> None:
    steps = run.third.transcript.steps
    for missing in range(len(steps) - 1):
        refuse(backend, cheat.steps(run.third, steps[:missing] + steps[missing + 1 :]), TranscriptInvalid)


def test_a_skipped_step_whose_followers_were_renumbered(run: Run, cheat: Cheat, backend: Backend) -> None:
    *kept, mallory, ada = run.second.transcript.steps
    joined = replace(ada, index=mallory.index, previous=mallory.previous)
    refuse(backend, cheat.steps(run.second, (*kept, joined)), ContributionInvalid)


def test_a_dropped_last_step_leaves_the_wrong_files(run: Run, cheat: Cheat, backend: Backend) -> None:
    forged = cheat.steps(run.second, run.second.transcript.steps[:-1])
    refuse(backend, forged, TranscriptMalformed, "is not the file that the last step")


def test_two_steps_exchanged(run: Run, cheat: Cheat, backend: Backend) -> None:
    *kept, first, second = run.second.transcript.steps
    refuse(backend, cheat.steps(run.second, (*kept, second, first)), TranscriptInvalid)


@pytest.mark.parametrize("change", [{"index": 7}, {"previous": bytes(32)}])
def test_a_proven_step_with_another_number_or_predecessor(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, change: dict[str, object]
) -> None:
    """Eve proves the step as it stands, so that only its place is wrong."""
    forged = cheat.step(run.second, eve)
    moved = replace(forged.transcript.steps[-1], **change)
    proven = cheat.proven(moved, replay(backend, run.second.transcript), eve)
    refuse(backend, cheat.last(forged, **vars(proven)), TranscriptInvalid, "does not follow")


def test_a_name_that_is_taken(run: Run, cheat: Cheat, backend: Backend, eve: Factors) -> None:
    with pytest.raises(TranscriptInvalid, match="taken"):
        rooms.verify(backend, cheat.step(run.second, eve, "Ada"))
    with pytest.raises(TranscriptInvalid, match="taken"):
        rooms.contribute(backend, run.second, "Ada", SeededRandom(bytes(32)))


@pytest.mark.parametrize("name", ["", " Ada", "a\nb", "x" * 101, "\ud800"])
def test_a_name_that_is_not_printable_text(run: Run, backend: Backend, name: str) -> None:
    with pytest.raises(MalformedInput):
        rooms.contribute(backend, run.second, name, SeededRandom(bytes(32)))


# phases and beacons ----------------------------------------------------------------------------


def test_a_contribution_after_the_last_beacon(run: Run, cheat: Cheat, backend: Backend, eve: Factors) -> None:
    refuse(backend, cheat.step(run.closed, eve), WrongPhase, "closed")
    with pytest.raises(WrongPhase, match="closed"):
        rooms.contribute(backend, run.closed, "Late", SeededRandom(bytes(32)))
    with pytest.raises(WrongPhase, match="closed"):
        rooms.add_beacon(backend, run.closed, "again", bytes(32), 1)


def test_a_contribution_to_phase_1_in_phase_2(run: Run, cheat: Cheat, backend: Backend) -> None:
    late = replace(run.powers.transcript.steps[0], index=3, previous=run.keys.transcript.hash)
    refuse(backend, cheat.append(run.keys, late), WrongPhase)


def test_a_beacon_without_a_contribution(run: Run, backend: Backend, cheat: Cheat) -> None:
    for empty in (run.begun, run.keys):
        with pytest.raises(WrongPhase, match="no contribution"):
            rooms.add_beacon(backend, empty, "alone", bytes(32), 1)
    contribution = run.powers.transcript.steps[0]
    alone = replace(contribution, beacon=Beacon(bytes(32), 1), proofs={})
    refuse(backend, cheat.steps(run.powers, (alone,)), WrongPhase, "no contribution")


def test_a_beacon_with_another_value_or_number_of_iterations(
    run: Run, cheat: Cheat, backend: Backend
) -> None:
    beacon = run.closed.transcript.steps[-1].beacon
    assert beacon is not None
    for other in (Beacon(bytes(32), ITERATIONS), Beacon(beacon.value, ITERATIONS + 1)):
        with pytest.raises(ContributionInvalid, match="beacon"):
            rooms.verify(backend, cheat.last(run.closed, beacon=other))


def test_a_contribution_passed_off_as_a_beacon(run: Run, cheat: Cheat, backend: Backend) -> None:
    forged = cheat.last(run.second, beacon=Beacon(bytes(32), 1), proofs={})
    refuse(backend, forged, ContributionInvalid, "beacon")


def test_no_key_before_the_last_beacon(run: Run, backend: Backend) -> None:
    for early in (run.powers, run.third):
        with pytest.raises(WrongPhase):
            rooms.export_key(backend, early)
