"""Vectors of scalars behave as F_r does, and refuse what is not a canonical vector."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.backend import Backend
from proofs.errors import NonCanonicalScalar, WrongLength
from proofs.field import R

EDGES = [0, 1, 2, R // 2, R // 2 + 1, R - 2, R - 1]
scalars = st.sampled_from(EDGES) | st.integers(0, R - 1)
pairs = st.lists(st.tuples(scalars, scalars), max_size=12)
few = settings(max_examples=20, deadline=None)


def pack(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in values)


def unpack(buffer: bytes) -> list[int]:
    return [int.from_bytes(buffer[i : i + 32]) for i in range(0, len(buffer), 32)]


@pytest.mark.parametrize(
    ("method", "operation"),
    [("vec_add", operator.add), ("vec_sub", operator.sub), ("vec_mul", operator.mul)],
)
@few
@given(rows=pairs)
def test_elementwise_operations_are_those_of_integers_modulo_r(
    backend: Backend, method: str, operation: Callable[[int, int], int], rows: list[tuple[int, int]]
) -> None:
    a, b = [x for x, _ in rows], [y for _, y in rows]
    assert unpack(getattr(backend, method)(pack(a), pack(b))) == [operation(x, y) % R for x, y in rows]


@few
@given(rows=pairs, k=scalars)
def test_sums_products_and_scaling_agree_with_integers(
    backend: Backend, rows: list[tuple[int, int]], k: int
) -> None:
    a, b = [x for x, _ in rows], [y for _, y in rows]
    assert backend.vec_inner(pack(a), pack(b)) == sum(x * y for x, y in rows) % R
    assert backend.vec_sum(pack(a)) == sum(a) % R
    assert unpack(backend.vec_scale(pack(a), k)) == [x * k % R for x in a]
    combined = backend.vec_combine([pack(a), pack(b)], [k, R - 1])
    assert unpack(combined) == [(k * x - y) % R for x, y in rows]


@few
@given(rows=pairs)
def test_inner_products_of_pairs_are_those_of_each_pair(
    backend: Backend, rows: list[tuple[int, int]]
) -> None:
    vectors = [pack([x for x, _ in rows]), pack([y for _, y in rows])]
    chosen = [(0, 1), (0, 0), (1, 1), (1, 0), (0, 1)]
    expected = [backend.vec_inner(vectors[i], vectors[j]) for i, j in chosen]
    assert unpack(backend.vec_inners(vectors, chosen)) == expected
    assert backend.vec_inners(vectors, []) == b""


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (-1, 0)])
def test_a_pair_of_vectors_that_are_not_there_is_refused(backend: Backend, pair: tuple[int, int]) -> None:
    with pytest.raises(WrongLength, match="no pair"):
        backend.vec_inners([pack([1])], [pair])


def test_combining_no_vectors_gives_the_empty_vector(backend: Backend) -> None:
    assert backend.vec_combine([], []) == b""


@few
@given(x=scalars, n=st.integers(0, 20))
def test_powers_start_at_one(backend: Backend, x: int, n: int) -> None:
    assert unpack(backend.vec_powers(x, n)) == [pow(x, i, R) for i in range(n)]


@few
@given(values=st.lists(st.integers(1, R - 1), max_size=8))
def test_an_inverse_times_its_element_is_one(backend: Backend, values: list[int]) -> None:
    inverses = backend.vec_inverse(pack(values))
    assert unpack(backend.vec_mul(pack(values), inverses)) == [1] * len(values)


def test_zero_has_no_inverse(backend: Backend) -> None:
    with pytest.raises(ZeroDivisionError, match="scalar 1 "):
        backend.vec_inverse(pack([1, 0, 0]))


@few
@given(values=st.lists(st.integers(-(R // 2), R // 2) | st.integers(-(2**63), 2**63 - 1), max_size=8))
def test_signed_integers_keep_their_sign(backend: Backend, values: list[int]) -> None:
    assert unpack(backend.vec_from_i64(values)) == [value % R for value in values]


@pytest.mark.parametrize("value", [R // 2 + 1, -(R // 2) - 1, R, 2**300])
def test_an_integer_that_would_wrap_is_refused(backend: Backend, value: int) -> None:
    with pytest.raises(NonCanonicalScalar, match="integer 1 "):
        backend.vec_from_i64([0, value])


def test_a_float_is_not_a_signed_integer(backend: Backend) -> None:
    with pytest.raises(TypeError):
        backend.vec_from_i64([1.5])  # type: ignore[list-item]


@few
@given(values=st.lists(st.integers(0, 2**512 - 1) | st.sampled_from([R, 2**256, 2**512 - 1]), max_size=4))
def test_wide_integers_are_reduced_modulo_r(backend: Backend, values: list[int]) -> None:
    wide = b"".join(value.to_bytes(64) for value in values)
    assert unpack(backend.vec_reduce(wide)) == [value % R for value in values]


def test_every_kind_of_buffer_is_accepted(backend: Backend) -> None:
    raw = pack([3, 4])
    for buffer in (raw, bytearray(raw), memoryview(raw), memoryview(b"x" + raw)[1:]):
        assert backend.vec_sum(buffer) == 7


def test_what_is_not_a_buffer_is_refused(backend: Backend) -> None:
    for value in (32, "0" * 32, [0] * 32, None):
        with pytest.raises(TypeError):
            backend.vec_check(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 31, 33, 63])
def test_a_broken_length_is_refused(backend: Backend, size: int) -> None:
    with pytest.raises(WrongLength):
        backend.vec_check(bytes(size))


@pytest.mark.parametrize("value", [R, R + 1, 2**256 - 1])
def test_a_scalar_not_below_r_is_refused_by_index(backend: Backend, value: int) -> None:
    vector = pack([0, R - 1, value, value])
    for call in (
        lambda: backend.vec_check(vector),
        lambda: backend.vec_add(vector, vector),
        lambda: backend.vec_sum(vector),
        lambda: backend.ntt(vector),
        lambda: backend.g1_multiples(backend.g1_generator(), vector),
        lambda: backend.g1_msm(backend.g1_generator() * 4, vector),
        lambda: backend.g1_bases(backend.g1_generator() * 4).msm(vector),
    ):
        with pytest.raises(NonCanonicalScalar, match="scalar 2 "):
            call()


@pytest.mark.parametrize("k", [-1, R, 2**256])
def test_an_integer_outside_the_field_is_refused(backend: Backend, k: int) -> None:
    one = pack([1])
    for call in (
        lambda: backend.vec_scale(one, k),
        lambda: backend.vec_combine([one], [k]),
        lambda: backend.vec_powers(k, 2),
        lambda: backend.poly_eval(one, k),
        lambda: backend.poly_divide_linear(one, k),
        lambda: backend.g1_mul(backend.g1_generator(), k),
        lambda: backend.g2_mul(backend.g2_generator(), k),
    ):
        with pytest.raises(NonCanonicalScalar):
            call()


def test_two_sides_of_different_length_are_refused(backend: Backend) -> None:
    one, two = pack([1]), pack([1, 2])
    for call in (
        lambda: backend.vec_add(one, two),
        lambda: backend.vec_sub(two, one),
        lambda: backend.vec_mul(one, two),
        lambda: backend.vec_inner(two, one),
        lambda: backend.vec_inners([two, one], [(0, 1)]),
        lambda: backend.vec_combine([one, two], [1, 1]),
        lambda: backend.vec_combine([one, one], [1]),
        lambda: backend.vec_powers(2, -1),
        lambda: backend.vec_powers(2, 2**62),
        lambda: backend.vec_reduce(one),
    ):
        with pytest.raises(WrongLength):
            call()
