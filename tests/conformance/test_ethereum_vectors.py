"""Inputs and results of Ethereum's precompiles 6, 7 and 8 (EIP-196, EIP-197).

The values are those of the vectors that Ethereum clients share (chfast, cdetrio, jeff).
"""

from __future__ import annotations

import pytest

from proofs.backend import Backend
from proofs.field import P
from tests.conformance.chain import Chain

SUMS = {
    "generator doubled": (
        "0000000000000000000000000000000000000000000000000000000000000001"
        "0000000000000000000000000000000000000000000000000000000000000002"
        "0000000000000000000000000000000000000000000000000000000000000001"
        "0000000000000000000000000000000000000000000000000000000000000002",
        "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
        "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4",
    ),
    "chfast1": (
        "18b18acfb4c2c30276db5411368e7185b311dd124691610c5d3b74034e093dc9"
        "063c909c4720840cb5134cb9f59fa749755796819658d32efc0d288198f37266"
        "07c2b7f58a84bd6145f00c9c2bc0bb1a187f20ff2c92963a88019e7c6a014eed"
        "06614e20c147e940f2d70da3f74c9a17df361706a4485c742bd6788478fa17d7",
        "2243525c5efd4b9c3d3c45ac0ca3fe4dd85e830a4ce6b65fa1eeaee202839703"
        "301d1d33be6da8e509df21cc35964723180eed7532537db9ae5e7d48f195c915",
    ),
    "cdetrio14, opposite points": (
        "17c139df0efee0f766bc0204762b774362e4ded88953a39ce849a8a7fa163fa9"
        "01e0559bacb160664764a357af8a9fe70baa9258e0b959273ffc5718c6d4cc7c"
        "17c139df0efee0f766bc0204762b774362e4ded88953a39ce849a8a7fa163fa9"
        "2e83f8d734803fc370eba25ed1f6b8768bd6d83887b87165fc2434fe11a830cb",
        "00" * 64,
    ),
}

PRODUCTS = {
    "chfast1": (
        "2bd3e6d0f3b142924f5ca7b49ce5b9d54c4703d7ae5648e61d02268b1a0a9fb7"
        "21611ce0a6af85915e2f1d70300909ce2e49dfad4a4619c8390cae66cefdb204",
        "00000000000000000000000000000000000000000000000011138ce750fa15c2",
        "070a8d6a982153cae4be29d434e8faef8a47b274a053f5a4ee2a6c9c13c31e5c"
        "031b8ce914eba3a9ffb989f9cdd5b0f01943074bf4f0f315690ec3cec6981afc",
    ),
    "chfast3": (
        "025a6f4181d2b4ea8b724290ffb40156eb0adb514c688556eb79cdea0752c2bb"
        "2eff3f31dea215f1eb86023a133a996eb6300b44da664d64251d05381bb8a02e",
        "183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea3",
        "14789d0d4a730b354403b5fac948113739e276c23e0258d8596ee72f9cd9d323"
        "0af18a63153e0ec25ff9f2951dd3fa90ed0197bfef6e2a1a62b5095b9d2b4a27",
    ),
    "cdetrio2, times r - 1": (
        "1a87b0584ce92f4593d161480614f2989035225609f08058ccfa3d0f940febe3"
        "1a2f3c951f6dadcc7ee9007dff81504b0fcd6d7cf59996efdc33d92bf7f9f8f6",
        "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000",
        "1a87b0584ce92f4593d161480614f2989035225609f08058ccfa3d0f940febe3"
        "163511ddc1c3f25d396745388200081287b3fd1472d8339d5fecb2eae0830451",
    ),
}

JEFF1_LEFT = (
    "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f59"
    "3034dd2920f673e204fee2811c678745fc819b55d3e9d294e45c9b03a76aef41",
    "111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49d1b6df7c"
    "2032c61a830e3c17286de9462bf242fca2883585b93870a73853face6a6bf411",
)
JEFF1_RIGHT = (
    "209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf7"
    "04bf11ca01483bfa8b34b43561848d28905960114c8ac04049af4b6315a41678"
    "2bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d"
    "120a2a4cf30c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550",
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
)


@pytest.mark.parametrize(("points", "expected"), SUMS.values(), ids=SUMS.keys())
def test_the_chain_has_these_sums(chain: Chain, points: str, expected: str) -> None:
    answer = chain.precompile(6, bytes.fromhex(points))
    assert answer is not None
    assert answer.hex() == expected


@pytest.mark.parametrize(("point", "scalar", "expected"), PRODUCTS.values(), ids=PRODUCTS.keys())
def test_the_chain_has_these_products(chain: Chain, point: str, scalar: str, expected: str) -> None:
    answer = chain.precompile(7, bytes.fromhex(point + scalar))
    assert answer is not None
    assert answer.hex() == expected


def test_the_chain_has_these_pairings(chain: Chain) -> None:
    pairs = zip(JEFF1_LEFT, JEFF1_RIGHT, strict=True)
    raw = bytes.fromhex("".join(left + right for left, right in pairs))
    assert chain.precompile(8, raw) == (1).to_bytes(32)
    assert chain.precompile(8, raw[:192]) == bytes(32), "one pair alone is not one"
    assert chain.precompile(8, b"") == (1).to_bytes(32), "the empty product is"


@pytest.mark.parametrize(("points", "expected"), SUMS.values(), ids=SUMS.keys())
def test_addition_is_precompile_6(backend: Backend, points: str, expected: str) -> None:
    assert backend.g1_sum(bytes.fromhex(points)).hex() == expected


@pytest.mark.parametrize(("point", "scalar", "expected"), PRODUCTS.values(), ids=PRODUCTS.keys())
def test_multiplication_is_precompile_7(backend: Backend, point: str, scalar: str, expected: str) -> None:
    base, k = bytes.fromhex(point), bytes.fromhex(scalar)
    assert backend.g1_mul(base, int.from_bytes(k)).hex() == expected
    assert backend.g1_msm(base, k).hex() == expected
    assert backend.g1_multiples(base, k).hex() == expected


def test_pairing_is_precompile_8(backend: Backend) -> None:
    lefts, rights = bytes.fromhex("".join(JEFF1_LEFT)), bytes.fromhex("".join(JEFF1_RIGHT))
    assert backend.pairing_product_is_one(lefts, rights)


def test_pairing_is_precompile_8_when_the_product_is_not_one(backend: Backend) -> None:
    lefts, rights = bytes.fromhex("".join(JEFF1_LEFT)), bytes.fromhex("".join(JEFF1_RIGHT))
    negated = lefts[:96] + (P - int.from_bytes(lefts[96:])).to_bytes(32)
    assert not backend.pairing_product_is_one(negated, rights)


def test_the_generators_are_those_of_the_standard(backend: Backend) -> None:
    assert backend.g1_generator() == (1).to_bytes(32) + (2).to_bytes(32)
    assert backend.g2_generator().hex() == JEFF1_RIGHT[1]
