"""G1 and G2 are groups of order r, and multi-scalar multiplication is what its name says."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.backend import Backend, Bases
from proofs.errors import WrongLength
from proofs.field import R

EDGES = [0, 1, 2, 3, R // 2, R // 2 + 1, R - 2, R - 1]
scalars = st.sampled_from(EDGES) | st.integers(0, R - 1) | st.integers(0, 2**20)
few = settings(max_examples=8, deadline=None)


@dataclass(frozen=True)
class GroupCalls:
    """One of the two groups of a backend, under names without the group's number."""

    size: int
    generator: bytes
    sum: Callable[[bytes], bytes]
    neg: Callable[[bytes], bytes]
    mul: Callable[[bytes, int], bytes]
    msm: Callable[[bytes, bytes], bytes]
    multiples: Callable[[bytes, bytes], bytes]
    bases: Callable[[bytes], Bases]

    @property
    def infinity(self) -> bytes:
        return bytes(self.size)

    def points(self, buffer: bytes) -> list[bytes]:
        return [buffer[i : i + self.size] for i in range(0, len(buffer), self.size)]


@pytest.fixture(scope="session", params=["g1", "g2"])
def group(request: pytest.FixtureRequest, backend: Backend) -> GroupCalls:
    def method(name: str) -> Any:
        return getattr(backend, f"{request.param}_{name}")

    return GroupCalls(
        size=64 if request.param == "g1" else 128,
        generator=method("generator")(),
        **{name: method(name) for name in ("sum", "neg", "mul", "msm", "multiples", "bases")},
    )


def pack(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in values)


@few
@given(a=scalars, b=scalars)
def test_multiplication_is_a_homomorphism(group: GroupCalls, a: int, b: int) -> None:
    left, right = group.mul(group.generator, a), group.mul(group.generator, b)
    assert group.sum(left + right) == group.sum(right + left) == group.mul(group.generator, (a + b) % R)
    assert group.mul(left, b) == group.mul(right, a) == group.mul(group.generator, a * b % R)


@few
@given(a=st.integers(1, R - 1))
def test_a_point_and_its_negative_cancel(group: GroupCalls, a: int) -> None:
    point = group.mul(group.generator, a)
    assert group.neg(point) == group.mul(group.generator, R - a)
    assert group.sum(point + group.neg(point)) == group.infinity


def test_infinity_is_neutral_and_its_own_negative(group: GroupCalls) -> None:
    assert group.sum(group.generator + group.infinity) == group.generator
    assert group.sum(group.infinity * 3) == group.infinity
    assert group.neg(group.infinity) == group.infinity
    assert group.mul(group.infinity, 5) == group.infinity
    assert group.mul(group.generator, 0) == group.infinity
    assert group.sum(b"") == group.infinity
    assert group.neg(b"") == b""


@pytest.mark.parametrize("count", [1, 2, 3, 33, 1500])
def test_the_sum_of_equal_points_is_a_multiple(group: GroupCalls, count: int) -> None:
    assert group.sum(group.generator * count) == group.mul(group.generator, count)


def test_multiples_of_one_point_are_its_products(group: GroupCalls) -> None:
    base = group.mul(group.generator, 77)
    numbers = [*EDGES, random.Random(1).randrange(R)]
    assert group.points(group.multiples(base, pack(numbers))) == [group.mul(base, k) for k in numbers]
    assert group.multiples(base, b"") == b""
    assert group.multiples(group.infinity, pack([1, 2])) == group.infinity * 2


@few
@given(terms=st.lists(st.tuples(scalars, scalars), max_size=9))
def test_an_msm_is_the_sum_of_its_products(group: GroupCalls, terms: list[tuple[int, int]]) -> None:
    logs, numbers = [a for a, _ in terms], [k for _, k in terms]
    points = group.multiples(group.generator, pack(logs))
    expected = group.mul(group.generator, sum(a * k for a, k in terms) % R)
    assert group.msm(points, pack(numbers)) == expected
    assert group.bases(points).msm(pack(numbers)) == expected


@pytest.mark.parametrize("scalar", [0, 1, 2, R - 1, R // 2, R // 2 + 1, 2**128, 0xAAAA, 2**253])
@pytest.mark.parametrize("count", [1, 40, 600])
def test_equal_points_with_equal_scalars_collide_in_one_bucket(
    group: GroupCalls, scalar: int, count: int
) -> None:
    expected = group.mul(group.generator, scalar * count % R)
    assert group.msm(group.generator * count, pack([scalar] * count)) == expected


def test_terms_that_cancel_leave_infinity(group: GroupCalls) -> None:
    point, opposite = group.generator, group.neg(group.generator)
    assert group.msm((point + opposite) * 40, pack([12345, 12345] * 40)) == group.infinity
    assert group.msm(point * 80, pack([R - 9, 9] * 40)) == group.infinity
    assert group.sum((point + opposite) * 40) == group.infinity
    assert group.sum((point + opposite) * 40 + point) == point


def test_an_msm_skips_infinity_and_zero(group: GroupCalls) -> None:
    points = group.infinity + group.generator * 2 + group.infinity
    assert group.msm(points, pack([5, 0, 7, 0])) == group.mul(group.generator, 7)
    assert group.msm(points, pack([0] * 4)) == group.infinity
    assert group.msm(b"", b"") == group.infinity


@pytest.mark.parametrize("bits", [1, 2, 7, 20, 63, 64, 65, 127, 200, 253])
def test_signed_scalars_of_every_length_are_right(group: GroupCalls, bits: int) -> None:
    source = random.Random(bits)
    logs = [source.randrange(R) for _ in range(64)]
    numbers = [source.randrange(-(2**bits), 2**bits) % R for _ in range(62)] + [2**bits - 1, R - 2**bits + 1]
    points = group.multiples(group.generator, pack(logs))
    expected = sum(a * k for a, k in zip(logs, numbers, strict=True)) % R
    assert group.msm(points, pack(numbers)) == group.mul(group.generator, expected)


def test_bases_multiply_a_window_of_themselves(group: GroupCalls) -> None:
    bases = group.bases(group.multiples(group.generator, pack([1, 10, 100, 1000])))
    assert len(bases) == 4
    assert bases.msm(pack([2, 3]), 1) == group.mul(group.generator, 320)
    assert bases.msm(pack([2, 3]), offset=2) == group.mul(group.generator, 3200)
    assert bases.msm(b"", 4) == group.infinity


@pytest.mark.parametrize(("count", "offset"), [(5, 0), (2, 3), (1, 4), (0, 5), (1, -1), (4, 2**62)])
def test_a_window_outside_the_bases_is_refused(group: GroupCalls, count: int, offset: int) -> None:
    bases = group.bases(group.generator * 4)
    with pytest.raises(WrongLength):
        bases.msm(pack([1] * count), offset)


def test_an_msm_needs_as_many_scalars_as_points(group: GroupCalls) -> None:
    with pytest.raises(WrongLength):
        group.msm(group.generator * 2, pack([1]))
