"""Points are decoded strictly: length, canonical coordinates, curve, infinity, subgroup."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proofs.backend import Backend
from proofs.errors import (
    MalformedInput,
    NonCanonicalCoordinate,
    NotInSubgroup,
    NotOnCurve,
    UnexpectedInfinity,
    WrongLength,
)
from proofs.field import P

ONE = (1).to_bytes(32)


def g1_entries(backend: Backend) -> list[Callable[[bytes], object]]:
    """Every way in for a G1 point."""
    return [
        lambda q: backend.g1_check(q, allow_infinity=True),
        backend.g1_sum,
        backend.g1_neg,
        backend.g1_bases,
        lambda q: backend.g1_mul(q, 1),
        lambda q: backend.g1_msm(q, ONE),
        lambda q: backend.g1_multiples(q, ONE),
        lambda q: backend.pairing_product_is_one(q, backend.g2_generator()),
    ]


def g2_entries(backend: Backend) -> list[Callable[[bytes], object]]:
    """Every way in for a G2 point."""
    return [
        lambda q: backend.g2_check(q, allow_infinity=True),
        backend.g2_sum,
        backend.g2_neg,
        backend.g2_bases,
        lambda q: backend.g2_bases(q, trusted=True),
        lambda q: backend.g2_mul(q, 1),
        lambda q: backend.g2_msm(q, ONE),
        lambda q: backend.g2_multiples(q, ONE),
        lambda q: backend.pairing_product_is_one(backend.g1_generator(), q),
    ]


def assert_all_refuse(
    entries: list[Callable[[bytes], object]], point: bytes, error: type[MalformedInput]
) -> None:
    for entry in entries:
        with pytest.raises(error) as caught:
            entry(point)
        assert caught.type is error


def shifted(point: bytes, coordinate: int) -> bytes:
    """The same point with p added to one coordinate: congruent, not canonical."""
    start = 32 * coordinate
    value = int.from_bytes(point[start : start + 32]) + P
    return point[:start] + value.to_bytes(32) + point[start + 32 :]


@pytest.mark.parametrize("coordinate", [0, 1])
def test_a_g1_coordinate_not_below_p_is_refused(backend: Backend, coordinate: int) -> None:
    assert_all_refuse(
        g1_entries(backend), shifted(backend.g1_generator(), coordinate), NonCanonicalCoordinate
    )


@pytest.mark.parametrize("coordinate", [0, 1, 2, 3])
def test_a_g2_coordinate_not_below_p_is_refused(backend: Backend, coordinate: int) -> None:
    assert_all_refuse(
        g2_entries(backend), shifted(backend.g2_generator(), coordinate), NonCanonicalCoordinate
    )


def test_p_itself_does_not_stand_for_the_zero_of_infinity(backend: Backend) -> None:
    zero = P.to_bytes(32)
    assert_all_refuse(g1_entries(backend), zero * 2, NonCanonicalCoordinate)
    assert_all_refuse(g2_entries(backend), zero * 4, NonCanonicalCoordinate)


@pytest.mark.parametrize("point", [ONE * 2, bytes(32) + ONE, ONE + bytes(32)])
def test_a_point_off_the_curve_is_refused(backend: Backend, point: bytes) -> None:
    assert_all_refuse(g1_entries(backend), point, NotOnCurve)


def test_a_point_off_the_twist_is_refused(backend: Backend) -> None:
    generator = backend.g2_generator()
    swapped = generator[32:64] + generator[:32] + generator[96:] + generator[64:96]
    for point in (ONE * 4, bytes(96) + ONE, swapped):
        assert_all_refuse(g2_entries(backend), point, NotOnCurve)


@pytest.mark.parametrize("size", [1, 63, 65, 127])
def test_a_broken_number_of_bytes_is_refused(backend: Backend, size: int) -> None:
    assert_all_refuse(g1_entries(backend), bytes(size), WrongLength)
    assert_all_refuse(g2_entries(backend), bytes(size), WrongLength)


@pytest.mark.parametrize("count", [0, 2])
def test_one_point_means_exactly_one(backend: Backend, count: int) -> None:
    calls: list[Callable[[], bytes]] = [
        lambda: backend.g1_mul(backend.g1_generator() * count, 1),
        lambda: backend.g2_mul(backend.g2_generator() * count, 1),
        lambda: backend.g1_multiples(backend.g1_generator() * count, ONE),
        lambda: backend.g2_multiples(backend.g2_generator() * count, ONE),
    ]
    for call in calls:
        with pytest.raises(WrongLength):
            call()


def test_infinity_is_refused_where_a_point_is_required(backend: Backend) -> None:
    with pytest.raises(UnexpectedInfinity, match="point 1 "):
        backend.g1_check(backend.g1_generator() + bytes(64))
    with pytest.raises(UnexpectedInfinity, match="point 1 "):
        backend.g2_check(backend.g2_generator() + bytes(128))


def test_proper_points_and_empty_buffers_pass(backend: Backend) -> None:
    backend.g1_check(backend.g1_generator() * 2)
    backend.g2_check(backend.g2_generator() * 2)
    backend.g1_check(b"")
    backend.g2_check(b"")
    backend.g1_check(bytes(64), allow_infinity=True)
    backend.g2_check(bytes(128), allow_infinity=True)


def test_the_first_bad_point_is_named(backend: Backend) -> None:
    good = backend.g1_generator()
    with pytest.raises(NotOnCurve, match="point 700 "):
        backend.g1_check(good * 700 + ONE * 2 + good * 700 + ONE * 2)


def test_a_twist_point_outside_the_subgroup_is_refused(
    backend: Backend, twist_point: bytes, small_order_point: bytes
) -> None:
    good = backend.g2_generator()
    shifted_by_small_order = backend.g2_sum(good + small_order_point)
    for point in (twist_point, small_order_point, shifted_by_small_order):
        calls: list[Callable[[bytes], object]] = [
            backend.g2_check,
            backend.g2_bases,
            lambda raw: backend.pairing_product_is_one(bytes(64) + backend.g1_generator(), raw),
        ]
        for call in calls:
            with pytest.raises(NotInSubgroup, match="point 1 "):
                call(good + point)


def test_trusted_bases_skip_the_subgroup_check_and_nothing_else(backend: Backend, twist_point: bytes) -> None:
    assert len(backend.g2_bases(twist_point, trusted=True)) == 1
