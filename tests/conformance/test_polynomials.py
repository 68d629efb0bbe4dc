"""Transforms and divisions, against their definitions."""

from __future__ import annotations

import random

import pytest

from proofs.backend import Backend
from proofs.errors import InvalidProof, WrongLength
from proofs.field import R, root_of_unity


def pack(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(32) for value in values)


def random_vector(size: int, seed: int = 0) -> list[int]:
    source = random.Random(seed)
    return [source.randrange(R) for _ in range(size)]


@pytest.mark.parametrize("size", [1, 2, 4, 8, 32])
def test_a_transform_evaluates_at_the_powers_of_the_root_in_order(backend: Backend, size: int) -> None:
    coefficients = pack(random_vector(size))
    root = root_of_unity(size)
    values = [backend.poly_eval(coefficients, pow(root, i, R)) for i in range(size)]
    assert backend.ntt(coefficients) == pack(values)


@pytest.mark.parametrize("size", [1, 2, 16, 1024, 8192])
def test_the_inverse_transform_undoes_the_transform(backend: Backend, size: int) -> None:
    coefficients = pack(random_vector(size))
    assert backend.ntt(backend.ntt(coefficients), inverse=True) == coefficients
    assert backend.ntt(backend.ntt(coefficients, inverse=True)) == coefficients


@pytest.mark.parametrize("size", [0, 3, 6, 1000])
def test_a_transform_needs_a_power_of_two(backend: Backend, size: int) -> None:
    vector = pack([1] * size)
    with pytest.raises(WrongLength):
        backend.ntt(vector)
    with pytest.raises(WrongLength):
        backend.quotient(vector, vector, vector)


def test_the_empty_polynomial_is_zero(backend: Backend) -> None:
    assert backend.poly_eval(b"", 5) == 0


@pytest.mark.parametrize("z", [0, 1, 7, R - 1])
def test_linear_division_gives_the_quotient_of_a_kzg_opening(backend: Backend, z: int) -> None:
    f = pack(random_vector(9))
    q = backend.poly_divide_linear(f, z)
    assert len(q) == 8 * 32
    x = 123456789
    left = backend.poly_eval(f, x) - backend.poly_eval(f, z)
    assert (left - backend.poly_eval(q, x) * (x - z)) % R == 0


def test_a_constant_divides_to_nothing_and_an_empty_polynomial_not_at_all(backend: Backend) -> None:
    assert backend.poly_divide_linear(pack([5]), 3) == b""
    with pytest.raises(WrongLength):
        backend.poly_divide_linear(b"", 3)


@pytest.mark.parametrize("size", [1, 2, 8, 256])
def test_the_quotient_times_the_vanishing_polynomial_is_the_difference(backend: Backend, size: int) -> None:
    a, b = pack(random_vector(size, 1)), pack(random_vector(size, 2))
    c = backend.vec_mul(a, b)
    h = backend.quotient(a, b, c)
    assert len(h) == (size - 1) * 32
    x = 987654321
    left, right, out = (backend.poly_eval(backend.ntt(v, inverse=True), x) for v in (a, b, c))
    assert (left * right - out - backend.poly_eval(h, x) * (pow(x, size, R) - 1)) % R == 0


@pytest.mark.parametrize("row", [0, 5, 7])
def test_a_row_that_does_not_hold_leaves_a_remainder(backend: Backend, row: int) -> None:
    a, b = random_vector(8, 1), random_vector(8, 2)
    c = [x * y % R for x, y in zip(a, b, strict=True)]
    c[row] = (c[row] + 1) % R
    with pytest.raises(InvalidProof, match=f"row {row} "):
        backend.quotient(pack(a), pack(b), pack(c))


def test_the_quotient_needs_three_columns_of_one_length(backend: Backend) -> None:
    four, two = pack([0] * 4), pack([0] * 2)
    for columns in ((two, four, four), (four, two, four), (four, four, two)):
        with pytest.raises(WrongLength):
            backend.quotient(*columns)
