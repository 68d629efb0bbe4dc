"""The product of pairings is bilinear, non-degenerate and checked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.backend import Backend
from proofs.errors import WrongLength
from proofs.field import R

scalars = st.sampled_from([0, 1, R - 1]) | st.integers(0, R - 1)


@settings(max_examples=4, deadline=None)
@given(a=scalars, b=scalars)
def test_the_pairing_is_bilinear(backend: Backend, a: int, b: int) -> None:
    g, h = backend.g1_generator(), backend.g2_generator()
    left = backend.g1_mul(g, a) + backend.g1_mul(g, R - a * b % R if a * b % R else 0)
    assert backend.pairing_product_is_one(left, backend.g2_mul(h, b) + h)


def test_the_pairing_of_generators_is_not_one(backend: Backend) -> None:
    assert not backend.pairing_product_is_one(backend.g1_generator(), backend.g2_generator())


def test_a_product_over_several_pairs_sees_every_pair(backend: Backend) -> None:
    g, h = backend.g1_generator(), backend.g2_generator()
    lefts = [backend.g1_mul(g, k) for k in (1, 2, 3, R - 14)]
    rights = [backend.g2_mul(h, k) for k in (1, 2, 3, 1)]
    assert backend.pairing_product_is_one(b"".join(lefts), b"".join(rights))
    assert not backend.pairing_product_is_one(b"".join(lefts[:3]), b"".join(rights[:3]))


def test_a_pair_with_infinity_counts_as_one(backend: Backend) -> None:
    g, h = backend.g1_generator(), backend.g2_generator()
    assert backend.pairing_product_is_one(bytes(64), h)
    assert backend.pairing_product_is_one(g, bytes(128))
    assert backend.pairing_product_is_one(bytes(64), bytes(128))
    assert not backend.pairing_product_is_one(bytes(64) + g, h + h)


def test_the_empty_product_is_one(backend: Backend) -> None:
    assert backend.pairing_product_is_one(b"", b"")


def test_pairs_need_two_sides(backend: Backend) -> None:
    with pytest.raises(WrongLength):
        backend.pairing_product_is_one(backend.g1_generator() * 2, backend.g2_generator())
