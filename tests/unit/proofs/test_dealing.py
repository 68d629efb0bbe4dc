"""Dealer packages: shares interpolate, masks vanish at zero, a seed repeats its deal, bytes are strict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofs.backend import Backend
from proofs.errors import ContextMismatch, MalformedInput, NonCanonicalScalar, WrongLength
from proofs.field import R
from proofs.prover import scalars_of
from proofs.randomness import SeededRandom, draw_scalar
from proofs.sharing import CHALLENGES, DealContext, DealerPackage, Dealing, lagrange_at, lagrange_at_zero

CONTEXT = DealContext(b"\x01" * 32, b"\x02" * 32, attempt=3, n=8, output_count=4, degree=2)
SEED = b"\x07" * 32


@pytest.fixture
def columns() -> dict[int, bytes]:
    return {1: b"".join(i.to_bytes(32, "big") for i in range(8)), 4: bytes(256)}


def interpolate(values: dict[int, int]) -> int:
    weights = lagrange_at_zero(list(values))
    return sum(weights[seat] * value for seat, value in values.items()) % R


def test_two_shares_of_a_column_give_it_back_and_one_differs_from_it(
    backend: Backend, columns: dict[int, bytes]
) -> None:
    dealing = Dealing(backend, CONTEXT, SEED, columns)
    first, second = dealing.package(2), dealing.package(5)
    weights = lagrange_at_zero([2, 5])
    for position, column in columns.items():
        shares = [first.columns[position], second.columns[position]]
        assert backend.vec_combine(shares, [weights[2], weights[5]]) == column
        assert not set(scalars_of(shares[0])) & set(scalars_of(column))


def test_zero_sharings_vanish_and_masks_are_random_of_degree_two(
    backend: Backend, columns: dict[int, bytes]
) -> None:
    dealing = Dealing(backend, CONTEXT, SEED, columns)
    packages = {seat: dealing.package(seat) for seat in (1, 2, 3, 4)}
    three = {seat: packages[seat] for seat in (1, 3, 4)}
    for index in range(CHALLENGES):
        assert interpolate({seat: package.z[index] for seat, package in three.items()}) == 0
    assert len(set(packages[1].z)) == CHALLENGES
    assert interpolate({seat: package.mask(77) for seat, package in three.items()}) == 0
    assert packages[1].mask(77) != packages[1].mask(78)
    for index in range(4):
        assert interpolate({seat: scalars_of(package.zero)[index] for seat, package in three.items()}) == 0
    for name in ("mu", "mu_tau"):
        values = {seat: getattr(package, name) for seat, package in packages.items()}
        assert interpolate(values) == interpolate({seat: values[seat] for seat in (1, 2, 4)}) != 0
        assert interpolate({seat: values[seat] for seat in (1, 2)}) != interpolate(values)


def test_a_public_job_has_no_blinding(backend: Backend, columns: dict[int, bytes]) -> None:
    package = Dealing(backend, replace(CONTEXT, is_sealed=False), SEED, columns).package(1)
    assert (package.mu, package.mu_tau) == (0, 0)
    assert all(package.z)


def test_a_seed_repeats_its_deal_and_every_context_has_its_own(
    backend: Backend, columns: dict[int, bytes]
) -> None:
    package = Dealing(backend, CONTEXT, SEED, columns).package(1)
    assert Dealing(backend, CONTEXT, SEED, columns).package(1) == package
    for context, seed in (
        (replace(CONTEXT, attempt=4), SEED),
        (replace(CONTEXT, job_id=b"\x03" * 32), SEED),
        (replace(CONTEXT, setup_id=b"\x03" * 32), SEED),
        (CONTEXT, b"\x08" * 32),
    ):
        other = Dealing(backend, context, seed, columns).package(1)
        assert other.columns != package.columns
        assert (other.zero, other.mu, other.z) != (package.zero, package.mu, package.z)


def test_the_expansion_of_a_seed_is_the_documented_one() -> None:
    """SHAKE-256 of tag, context, seed and counter, as proofs.randomness documents it."""
    stream = SeededRandom(bytes(32), b"context")
    assert stream.draw(8).hex() == "72ef3c9a984c5425"
    assert draw_scalar(stream) == int("28371cd381017ac0e70d7f9eb937ab533bf65d75428c480b984302f76aa69fde", 16)
    with pytest.raises(WrongLength):
        SeededRandom(bytes(31))


def test_a_package_round_trips(backend: Backend, columns: dict[int, bytes]) -> None:
    package = Dealing(backend, CONTEXT, SEED, columns).package(9)
    assert DealerPackage.from_bytes(backend, package.to_bytes(), context=CONTEXT, seat=9) == package


@pytest.mark.parametrize(
    "change",
    [
        {"setup_id": b"\x09" * 32},
        {"job_id": b"\x09" * 32},
        {"attempt": 4},
        {"n": 16},
        {"output_count": 5},
        {"is_sealed": False},
        {"threshold": 2},
        {"degree": 3},
    ],
)
def test_a_package_is_bound_to_its_context(
    backend: Backend, columns: dict[int, bytes], change: dict[str, Any]
) -> None:
    data = Dealing(backend, CONTEXT, SEED, columns).package(1).to_bytes()
    with pytest.raises(ContextMismatch):
        DealerPackage.from_bytes(backend, data, context=replace(CONTEXT, **change), seat=1)


def test_a_package_is_bound_to_its_seat_and_strict(backend: Backend, columns: dict[int, bytes]) -> None:
    data = Dealing(backend, CONTEXT, SEED, columns).package(1).to_bytes()

    def parse(changed: bytes, seat: int = 1) -> DealerPackage:
        return DealerPackage.from_bytes(backend, changed, context=CONTEXT, seat=seat)

    with pytest.raises(ContextMismatch, match="another seat"):
        parse(data, seat=2)
    for changed in (b"", data[:50], data[:-1], data + b"\x00"):
        with pytest.raises(WrongLength):
            parse(changed)
    with pytest.raises(MalformedInput, match="version 2"):
        parse(b"X" + data[1:])
    with pytest.raises(NonCanonicalScalar):
        parse(data[:-32] + b"\xff" * 32)
    head = data.index((4).to_bytes(4, "big"), len(data) - 8 * 32 - 4)
    with pytest.raises(MalformedInput, match="positions rise"):
        parse(data[:head] + (1).to_bytes(4, "big") + data[head + 4 :])


def test_what_cannot_be_dealt_is_refused(backend: Backend, columns: dict[int, bytes]) -> None:
    for bad, error in (
        ({}, MalformedInput),
        ({0: bytes(256)}, MalformedInput),
        ({1: bytes(32)}, WrongLength),
    ):
        with pytest.raises(error):
            Dealing(backend, CONTEXT, SEED, bad)
    dealing = Dealing(backend, CONTEXT, SEED, columns)
    for seat in (0, 256):
        with pytest.raises(MalformedInput):
            dealing.package(seat)
    for seats in ([1, 1], [0, 1], [256]):
        with pytest.raises(MalformedInput):
            lagrange_at(seats, 0)


@pytest.mark.parametrize("change", [{"job_id": b""}, {"attempt": -1}, {"output_count": 0}, {"threshold": 0}])
def test_a_deal_context_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(CONTEXT, **change)
