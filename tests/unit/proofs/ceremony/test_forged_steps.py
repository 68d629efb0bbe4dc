"""Every step that is not an honest one is refused, whatever else about it is right.

Eve proves truly what she did wherever she can: what she is caught by is the one thing that she changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proofs import ceremony as rooms
from proofs.backend import Backend
from proofs.ceremony import (
    Ceremony,
    ContributionInvalid,
    ParametersInvalid,
    TranscriptMalformed,
)
from proofs.ceremony.knowledge import Knowledge
from proofs.ceremony.parameters import FIXED, LISTS, Parameters
from proofs.ceremony.powers import Powers
from proofs.ceremony.scalars import KEYS, PRINCIPALS
from proofs.ceremony.verification import file_digests
from proofs.errors import (
    MalformedInput,
    NonCanonicalScalar,
    NotInSubgroup,
    NotOnCurve,
    UnexpectedInfinity,
)
from proofs.field import R

from .conftest import Cheat, Run, refuse

Factors = dict[str, int]
SCALARS = list(PRINCIPALS[KEYS])
POINTS = [*FIXED, *LISTS]
TWIST_POINT = bytes.fromhex(
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4"
    "2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb"
)
"""On the twist, outside the subgroup of order r."""


def altered(ceremony: Ceremony, name: str, change: Callable[[bytes], bytes]) -> Ceremony:
    """The same ceremony with another point or list of phase 2."""
    parameters = ceremony.parameters
    assert parameters is not None
    fixed, lists = dict(parameters.fixed), dict(parameters.lists)
    target = fixed if name in fixed else lists
    target[name] = change(target[name])
    return replace(ceremony, parameters=Parameters(fixed, lists))


def with_digests(cheat: Cheat, ceremony: Ceremony) -> Ceremony:
    """The last step's digests made to fit the points, without a new proof."""
    phase = ceremony.transcript.steps[-1].phase
    return cheat.last(ceremony, files=file_digests(ceremony.files(phase)))


def test_eves_honest_step_is_accepted(run: Run, cheat: Cheat, backend: Backend, eve: Factors) -> None:
    assert rooms.verify(backend, cheat.step(run.second, eve)).phase == KEYS


# the factor ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scalar", SCALARS)
def test_an_unchanged_scalar(run: Run, cheat: Cheat, backend: Backend, eve: Factors, scalar: str) -> None:
    forged = cheat.step(run.second, eve | {scalar: 1})
    refuse(backend, forged, ContributionInvalid, f"leaves {scalar} unchanged")


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_that_becomes_zero(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, scalar: str
) -> None:
    points = cheat.multiplied(run.second, eve)
    refuse(backend, cheat.step(run.second, eve | {scalar: 0}, points=points), UnexpectedInfinity)


def test_a_step_that_undoes_the_one_before(run: Run, cheat: Cheat, backend: Backend, eve: Factors) -> None:
    once = cheat.step(run.first, eve, "Eve")
    inverse = {scalar: pow(factor, -1, R) for scalar, factor in eve.items()}
    refuse(backend, cheat.step(once, inverse, "Eve again"), ContributionInvalid, "undoes")


def test_a_factor_that_returns_the_scalar_to_one(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors
) -> None:
    once = cheat.step(run.keys, eve, "Eve")
    back = eve | {"delta": pow(eve["delta"], -1, R)}
    refuse(backend, cheat.step(once, back, "Eve again"), ContributionInvalid, "delta")


def test_a_tau_that_is_zero_or_unchanged_in_phase_1(run: Run, cheat: Cheat, backend: Backend) -> None:
    refuse(backend, cheat.step(run.powers, {"tau": 1}), ContributionInvalid, "leaves tau unchanged")
    refuse(backend, cheat.step(run.powers, {"tau": 0}, points=run.powers), UnexpectedInfinity)


def test_a_tau_in_the_domain_has_no_parameters(run: Run, backend: Backend) -> None:
    """tau^n = 1 makes t(tau) = 0: every point of the quotient is infinity."""
    shape = run.begun.transcript.header.shape
    powers = Powers.at_one(backend, shape)
    ones = rooms.verify(backend, run.keys).principals
    with pytest.raises(UnexpectedInfinity):
        Parameters.at_one(backend, powers, shape).check(backend, powers, shape, ones)


# the proof of knowledge ------------------------------------------------------------------------


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_wrong_response(run: Run, cheat: Cheat, backend: Backend, scalar: str) -> None:
    proofs = dict(run.second.transcript.steps[-1].proofs)
    proofs[scalar] = Knowledge(proofs[scalar].commitment, (proofs[scalar].response + 1) % R)
    refuse(backend, cheat.last(run.second, proofs=proofs), ContributionInvalid, f"factor of {scalar}")


def test_a_response_that_is_not_canonical(run: Run, cheat: Cheat, backend: Backend) -> None:
    proofs = dict(run.second.transcript.steps[-1].proofs)
    proofs["eta"] = Knowledge(proofs["eta"].commitment, proofs["eta"].response + R)
    refuse(backend, cheat.last(run.second, proofs=proofs), NonCanonicalScalar)


def test_commitments_of_two_scalars_swapped(run: Run, cheat: Cheat, backend: Backend) -> None:
    proofs = dict(run.second.transcript.steps[-1].proofs)
    proofs["alpha"], proofs["beta"] = proofs["beta"], proofs["alpha"]
    refuse(backend, cheat.last(run.second, proofs=proofs), ContributionInvalid)


def test_a_commitment_at_infinity_or_in_the_other_group(run: Run, cheat: Cheat, backend: Backend) -> None:
    for size, error in ((128, UnexpectedInfinity), (64, MalformedInput)):
        proofs = dict(run.second.transcript.steps[-1].proofs)
        proofs["alpha"] = Knowledge(bytes(size), 0)
        refuse(backend, cheat.last(run.second, proofs=proofs), error)


def test_a_proof_replayed_from_another_step(run: Run, cheat: Cheat, backend: Backend, eve: Factors) -> None:
    """The same factors again, and the proofs that were true of them in the step before."""
    once = cheat.step(run.first, eve, "Eve")
    twice = cheat.step(once, eve, "Eve again")
    replayed = cheat.last(twice, proofs=once.transcript.steps[-1].proofs)
    refuse(backend, replayed, ContributionInvalid)


def test_a_step_replayed_in_another_ceremony(
    run: Run, other_run: Run, cheat: Cheat, backend: Backend, eve: Factors
) -> None:
    """Another history that has the same principal points where the step is put."""
    step = cheat.step(run.first, eve, "Eve").transcript.steps[-1]
    renamed = cheat.step(run.keys, run.factors[2], "Not Mallory")
    assert renamed.transcript.steps[-1].principals == run.first.transcript.steps[-1].principals
    moved = replace(step, previous=renamed.transcript.hash)
    forged = cheat.append(cheat.multiplied(renamed, eve), moved)
    refuse(backend, forged, ContributionInvalid)


def test_one_proof_for_two_scalars_that_move_alike(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors
) -> None:
    forged = cheat.step(run.keys, eve | {"beta": eve["alpha"]})
    proofs = dict(forged.transcript.steps[-1].proofs)
    refuse(backend, cheat.last(forged, proofs=proofs | {"beta": proofs["alpha"]}), ContributionInvalid)


def test_another_name_on_a_proven_step(run: Run, cheat: Cheat, backend: Backend) -> None:
    refuse(backend, cheat.last(run.second, name="Eve"), ContributionInvalid)


def test_a_step_without_knowledge_on_the_points_of_another(run: Run, cheat: Cheat, backend: Backend) -> None:
    """Eve publishes a point whose factor she does not know, and guesses."""
    *_, last = run.second.transcript.steps
    points = dict(last.principals)
    points["eta"] = backend.g1_sum(points["eta"] + backend.g1_generator())
    refuse(backend, cheat.last(run.second, principals=points), ContributionInvalid)


# the points ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POINTS)
def test_a_list_that_eve_multiplied_by_something_else_and_signed(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, name: str
) -> None:
    honest = cheat.multiplied(run.second, eve)
    points = altered(honest, name, lambda content: backend.g1_scale(content, 2))
    refuse(backend, cheat.step(run.second, eve, points=points), ParametersInvalid, name)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("position", [0, -1])
def test_one_wrong_point_of_a_list(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, name: str, position: int
) -> None:
    def replace_one(content: bytes) -> bytes:
        points = [content[i : i + 64] for i in range(0, len(content), 64)]
        points[position] = backend.g1_generator()
        return b"".join(points)

    points = altered(cheat.multiplied(run.second, eve), name, replace_one)
    refuse(backend, cheat.step(run.second, eve, points=points), ParametersInvalid, name)


@pytest.mark.parametrize("name", LISTS)
def test_two_points_of_a_list_exchanged(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, name: str
) -> None:
    def swap(content: bytes) -> bytes:
        return content[64:128] + content[:64] + content[128:]

    points = altered(cheat.multiplied(run.second, eve), name, swap)
    refuse(backend, cheat.step(run.second, eve, points=points), ParametersInvalid, name)


@pytest.mark.parametrize("name", POINTS)
def test_points_that_were_changed_on_the_way(run: Run, backend: Backend, name: str) -> None:
    forged = altered(run.second, name, lambda content: backend.g1_scale(content, 2))
    refuse(backend, forged, TranscriptMalformed, "is not the file")


@pytest.mark.parametrize("name", POINTS)
def test_points_that_were_changed_on_the_way_with_their_digests(
    run: Run, cheat: Cheat, backend: Backend, name: str
) -> None:
    forged = altered(run.second, name, lambda content: backend.g1_scale(content, 2))
    refuse(backend, with_digests(cheat, forged), ContributionInvalid)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("bad", ["off the curve", "infinity", "cut"])
def test_points_that_are_none(
    run: Run, cheat: Cheat, backend: Backend, eve: Factors, name: str, bad: str
) -> None:
    changes: dict[str, Callable[[bytes], bytes]] = {
        "off the curve": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        "infinity": lambda content: content[:-64] + bytes(64),
        "cut": lambda content: content[:-64],
    }
    points = altered(cheat.multiplied(run.second, eve), name, changes[bad])
    refuse(backend, cheat.step(run.second, eve, points=points), MalformedInput)


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_principal_point_off_the_curve(run: Run, cheat: Cheat, backend: Backend, scalar: str) -> None:
    points = dict(run.second.transcript.steps[-1].principals)
    points[scalar] = points[scalar][:-1] + bytes([points[scalar][-1] ^ 1])
    refuse(backend, cheat.last(run.second, principals=points), NotOnCurve)


def test_a_principal_point_outside_the_subgroup(run: Run, cheat: Cheat, backend: Backend) -> None:
    points = dict(run.second.transcript.steps[-1].principals) | {"delta": TWIST_POINT}
    refuse(backend, cheat.last(run.second, principals=points), NotInSubgroup)


# the powers of tau -----------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["g1", "g2"])
def test_powers_that_are_of_no_tau_but_signed(run: Run, cheat: Cheat, backend: Backend, group: str) -> None:
    factors = {"tau": 12345}
    powers = run.powers.powers.scaled(backend, 12345)
    size, content = (64, powers.g1) if group == "g1" else (128, powers.g2)
    swapped = content[: -2 * size] + content[-size:] + content[-2 * size : -size]
    points = replace(run.powers, powers=replace(powers, **{group: swapped}))
    forged = cheat.step(run.powers, factors, points=points)
    refuse(backend, forged, ParametersInvalid, f"in {group.upper()}")


def test_powers_of_another_tau_in_each_group(run: Run, cheat: Cheat, backend: Backend) -> None:
    good, other = (run.powers.powers.scaled(backend, k) for k in (12345, 54321))
    points = replace(run.powers, powers=replace(good, g2=other.g2))
    refuse(backend, cheat.step(run.powers, {"tau": 12345}, points=points), ParametersInvalid)


def test_powers_of_a_tau_that_was_not_proven(run: Run, cheat: Cheat, backend: Backend) -> None:
    points = replace(run.powers, powers=run.powers.powers.scaled(backend, 54321))
    forged = cheat.step(run.powers, {"tau": 12345}, points=points)
    refuse(backend, forged, ParametersInvalid, "not those of the tau")


def test_powers_that_do_not_begin_with_the_generator(run: Run, cheat: Cheat, backend: Backend) -> None:
    powers = run.powers.powers.scaled(backend, 12345)
    points = replace(run.powers, powers=replace(powers, g1=backend.g1_scale(powers.g1, 2)))
    refuse(backend, cheat.step(run.powers, {"tau": 12345}, points=points), ParametersInvalid, "begin")


def test_powers_exchanged_in_phase_2(run: Run, other_run: Run, backend: Backend) -> None:
    """The powers stay those of phase 1: their digest is its last step's."""
    other = replace(run.second, powers=run.keys.powers.scaled(backend, 7))
    refuse(backend, other, TranscriptMalformed, "powers")


def test_powers_outside_the_subgroup(run: Run, cheat: Cheat, backend: Backend) -> None:
    powers = run.powers.powers.scaled(backend, 12345)
    points = replace(run.powers, powers=replace(powers, g2=powers.g2[:-128] + TWIST_POINT))
    refuse(backend, cheat.step(run.powers, {"tau": 12345}, points=points), NotInSubgroup)
