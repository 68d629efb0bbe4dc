"""The shared Miller loop is py_ecc's pairing: the same value after the final exponentiation."""

from __future__ import annotations

import random

import pytest
from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128 import G1, G2, multiply, normalize, optimized_pairing

from proofs.backend.codec import G1Affine, G2Affine
from proofs.backend.miller import multi_miller_loop
from proofs.field import R

Pair = tuple[tuple[FQ, FQ, FQ], tuple[FQ2, FQ2, FQ2]]


def affine(pair: Pair) -> tuple[G1Affine, G2Affine]:
    (x, y), (u, v) = normalize(pair[0]), normalize(pair[1])
    (u0, u1), (v0, v1) = u.coeffs, v.coeffs
    return (int(x), int(y)), (int(u0), int(u1), int(v0), int(v1))


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_product_of_pairings_is_that_of_py_ecc(count: int) -> None:
    draw = random.Random(count)
    pairs = [(multiply(G1, draw.randrange(1, R)), multiply(G2, draw.randrange(1, R))) for _ in range(count)]
    expected = FQ12.one()
    for left, right in pairs:
        expected *= optimized_pairing.pairing(right, left)
    value = FQ12(multi_miller_loop([affine(pair) for pair in pairs]))
    assert optimized_pairing.final_exponentiate(value) == expected


def test_equal_and_opposite_points_share_a_loop() -> None:
    pairs = [(G1, G2), (multiply(G1, R - 1), G2), (G1, multiply(G2, R - 1)), (G1, G2)]
    value = FQ12(multi_miller_loop([affine(pair) for pair in pairs]))
    assert optimized_pairing.final_exponentiate(value) == FQ12.one()
