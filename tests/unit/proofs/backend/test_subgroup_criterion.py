"""The endomorphism test of G2 membership decides exactly: a calculation with the curve's constants."""

from __future__ import annotations

from math import gcd

from proofs.field import BN_U, BN_U_NAF, P, R

TRACE = 6 * BN_U**2 + 1

# The relation of proofs.backend.subgroup as a polynomial in psi, lowest coefficient first.
RELATION = [BN_U + 1, BN_U, BN_U, -2 * BN_U]


def test_the_parameter_gives_the_moduli() -> None:
    assert P == 36 * BN_U**4 + 36 * BN_U**3 + 24 * BN_U**2 + 6 * BN_U + 1
    assert R == P + 1 - TRACE
    assert sum(digit << i for i, digit in enumerate(BN_U_NAF)) == BN_U


def test_the_relation_holds_in_the_subgroup_where_psi_multiplies_by_the_trace_less_one() -> None:
    assert sum(c * (TRACE - 1) ** i for i, c in enumerate(RELATION)) % R == 0


def test_a_twist_point_that_satisfies_the_relation_has_order_r() -> None:
    relation = list(RELATION)
    while len(relation) > 2:  # psi^2 = t*psi - p
        leading = relation.pop()
        relation[-1] += leading * TRACE
        relation[-2] -= leading * P
    a, b = relation
    norm = a * a + a * b * TRACE + b * b * P
    assert gcd(norm, R * (2 * P - R)) == R
