"""Lists of points are worked on element by element, and powers of tau become Lagrange points."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from proofs.backend import Backend
from proofs.errors import NonCanonicalScalar, NotOnCurve, WrongLength
from proofs.field import R, root_of_unity

EDGES = [0, 1, 2, R // 2, R // 2 + 1, R - 1]
TAU = 0x1234567890ABCDEF


@dataclass(frozen=True)
class ListCalls:
    """The functions on lists of points of one group, and what is known of it already."""

    backend: Backend
    group: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, f"{self.group}_{name}")

    def points(self, logs: list[int]) -> bytes:
        multiples = self.multiples(self.generator(), pack(logs))
        assert isinstance(multiples, bytes)
        return multiples


@pytest.fixture(params=["g1", "g2"])
def lists(request: pytest.FixtureRequest, backend: Backend) -> ListCalls:
    return ListCalls(backend, request.param)


def pack(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in values)


def logs(count: int, seed: int) -> list[int]:
    source = random.Random(seed)
    return EDGES[:count] + [source.randrange(R) for _ in range(count - len(EDGES))]


def test_sums_are_element_wise_also_of_equal_opposite_and_infinite_points(lists: ListCalls) -> None:
    left = [0, 0, 5, 5, 5, 7]
    right = [0, 3, 0, 5, R - 5, 11]
    expected = [(a + b) % R for a, b in zip(left, right, strict=True)]
    assert lists.add(lists.points(left), lists.points(right)) == lists.points(expected)
    assert lists.add(b"", b"") == b""


@pytest.mark.parametrize("k", [*EDGES, 0xDEADBEEF << 200])
def test_scaling_multiplies_every_point_by_the_same_scalar(lists: ListCalls, k: int) -> None:
    values = logs(9, 1)
    assert lists.scale(lists.points(values), k) == lists.points([a * k % R for a in values])


def test_products_pair_every_point_with_its_scalar(lists: ListCalls) -> None:
    values, factors = logs(10, 2), logs(10, 3)[::-1]
    expected = [a * k % R for a, k in zip(values, factors, strict=True)]
    assert lists.products(lists.points(values), pack(factors)) == lists.points(expected)
    assert lists.products(b"", b"") == b""


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_powers_of_tau_become_lagrange_points(lists: ListCalls, n: int) -> None:
    powers = [pow(TAU, i, R) for i in range(n)]
    vanishing = (pow(TAU, n, R) - 1) * pow(n, -1, R)
    rows = [pow(root_of_unity(n), i, R) for i in range(n)]
    expected = [w * vanishing * pow(TAU - w, -1, R) % R for w in rows]
    assert lists.lagrange(lists.points(powers)) == lists.points(expected)


def test_the_transform_of_points_is_the_transform_of_their_logarithms(
    lists: ListCalls, backend: Backend
) -> None:
    values = logs(32, 4)
    transformed = backend.ntt(pack(values), inverse=True)
    assert lists.lagrange(lists.points(values)) == lists.multiples(lists.generator(), transformed)


def test_a_long_transform_uses_both_threads_and_is_still_right(native: Backend) -> None:
    values = pack(logs(256, 5))
    points = native.g1_multiples(native.g1_generator(), values)
    expected = native.g1_multiples(native.g1_generator(), native.ntt(values, inverse=True))
    assert native.g1_lagrange(points) == expected


def test_lists_of_unequal_length_and_odd_domains_are_refused(lists: ListCalls) -> None:
    three = lists.points([1, 2, 3])
    for call in (
        lambda: lists.add(three, lists.points([1])),
        lambda: lists.products(three, pack([1, 2])),
        lambda: lists.lagrange(three),
        lambda: lists.lagrange(b""),
        lambda: lists.scale(three[:-1], 2),
    ):
        with pytest.raises(WrongLength):
            call()


def test_foreign_points_and_scalars_are_refused(lists: ListCalls) -> None:
    two = lists.points([1, 2])
    bent = bytearray(two)
    bent[-1] ^= 1
    for call in (
        lambda: lists.add(two, bent),
        lambda: lists.scale(bent, 2),
        lambda: lists.products(bent, pack([1, 2])),
        lambda: lists.lagrange(bent),
    ):
        with pytest.raises(NotOnCurve):
            call()
    with pytest.raises(NonCanonicalScalar):
        lists.scale(two, R)
    with pytest.raises(NonCanonicalScalar):
        lists.products(two, pack([1, R]))
