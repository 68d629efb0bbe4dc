"""Checks that a later one would often make up for: each of them refuses by itself, and names what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proofs.backend import Backend
from proofs.ceremony import ParametersInvalid, TranscriptMalformed
from proofs.ceremony.knowledge import Knowledge
from proofs.ceremony.parameters import FIXED, LISTS
from proofs.ceremony.powers import Powers
from proofs.errors import NotInSubgroup, ProofSystemError, UnexpectedInfinity, WrongLength

from .conftest import Cheat, Run, refuse
from .test_forged_steps import TWIST_POINT, altered

SIZES = {"g1": 64, "g2": 128}


def refuse_powers(
    backend: Backend, run: Run, powers: Powers, error: type[ProofSystemError], message: str
) -> None:
    with pytest.raises(error, match=message):
        powers.check(backend, run.powers.transcript.header.shape)


def test_phase_2_without_its_points(run: Run, backend: Backend) -> None:
    refuse(backend, replace(run.second, parameters=None), TranscriptMalformed, "missing")


@pytest.mark.parametrize("name", [*FIXED, *LISTS])
@pytest.mark.parametrize("change", [lambda points: points[:-64], lambda points: points + points[:64]])
def test_a_list_of_another_length(
    run: Run, backend: Backend, name: str, change: Callable[[bytes], bytes]
) -> None:
    forged = altered(run.second, name, change)
    assert forged.parameters is not None
    with pytest.raises(WrongLength, match=f"{name} has .* points have"):
        forged.parameters._check_points(backend, forged.transcript.header.shape)


@pytest.mark.parametrize("group", SIZES)
@pytest.mark.parametrize("is_longer", [True, False])
def test_powers_of_another_length(run: Run, backend: Backend, group: str, is_longer: bool) -> None:
    good, size = run.powers.powers, SIZES[group]
    points = getattr(good, group)
    other = points + points[:size] if is_longer else points[:-size]
    refuse_powers(backend, run, replace(good, **{group: other}), WrongLength, "n = 8")


@pytest.mark.parametrize("group", SIZES)
def test_infinity_among_the_powers(run: Run, backend: Backend, group: str) -> None:
    good, size = run.powers.powers, SIZES[group]
    points = getattr(good, group)
    other = points[: 3 * size] + bytes(size) + points[4 * size :]
    refuse_powers(backend, run, replace(good, **{group: other}), UnexpectedInfinity, "point 3")


def test_a_power_outside_the_subgroup_is_named_and_not_left_to_chance(run: Run, backend: Backend) -> None:
    """In a random combination a point of small order would vanish now and then."""
    good = run.powers.powers
    other = good.g2[:256] + TWIST_POINT + good.g2[384:]
    refuse_powers(backend, run, replace(good, g2=other), NotInSubgroup, "point 2 ")


@pytest.mark.parametrize("group", SIZES)
def test_powers_that_begin_elsewhere(run: Run, backend: Backend, group: str) -> None:
    good = run.powers.powers
    scale = backend.g1_scale if group == "g1" else backend.g2_scale
    other = replace(good, **{group: scale(getattr(good, group), 2)})
    refuse_powers(backend, run, other, ParametersInvalid, "begin with the generators")


def test_a_proof_whose_commitment_is_two_points(run: Run, cheat: Cheat, backend: Backend) -> None:
    proofs = dict(run.second.transcript.steps[-1].proofs)
    honest = proofs["eta"]
    proofs["eta"] = Knowledge(honest.commitment * 2, honest.response)
    refuse(backend, cheat.last(run.second, proofs=proofs), WrongLength, "outside G1")
