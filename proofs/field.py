"""Constants of BN254 (alt_bn128): the fields, the curve parameter and the evaluation domain.

Sources: EIP-196 and EIP-197 (moduli, generators), Barreto-Naehrig, SAC 2005 (the parameter u),
the ``alt_bn128`` definition of libff (multiplicative generator 5, two-adicity 28).
"""

__all__ = [
    "BN_U",
    "BN_U_NAF",
    "COSET_GENERATOR",
    "TWO_ADICITY",
    "P",
    "R",
    "root_of_unity",
    "signed",
]

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""Modulus of the base field: the coordinates."""

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of G1, G2 and GT: the scalars."""

BN_U = 4965661367192848881
"""The parameter u: p = 36u^4 + 36u^3 + 24u^2 + 6u + 1, r = p - 6u^2."""

TWO_ADICITY = 28
"""2^28 divides r - 1, so domains reach 2^28 rows."""

COSET_GENERATOR = 5
"""Generates F_r*. Being a non-residue, it shifts every domain H off itself."""


def root_of_unity(size: int) -> int:
    """w = 5^((r-1)/size), of exact order ``size``, a power of two up to 2^28; else ValueError."""
    if size < 1 or size & (size - 1) or size > 1 << TWO_ADICITY:
        raise ValueError(f"domain size {size} is not a power of two between 1 and 2^{TWO_ADICITY}")
    return pow(COSET_GENERATOR, (R - 1) // size, R)


def signed(scalar: int) -> int:
    """The representative of a scalar in (-r/2, r/2); PROTOCOL section *Columns*."""
    return scalar - R if scalar > R // 2 else scalar


def _non_adjacent_form(value: int) -> tuple[int, ...]:
    """Signed binary digits in {-1, 0, 1}, least significant first, no two neighbours nonzero."""
    digits = []
    while value:
        digit = 2 - value % 4 if value & 1 else 0
        digits.append(digit)
        value = (value - digit) >> 1
    return tuple(digits)


BN_U_NAF = _non_adjacent_form(BN_U)
