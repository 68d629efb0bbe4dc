"""anvil's precompiles 6, 7 and 8 answer what the backends answer, and refuse what they refuse.

Two differences are by design and left out: a precompile takes scalars above r, and fills a short input up
with zeros; the backends refuse both.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.backend import Backend
from proofs.errors import ProofSystemError
from proofs.field import P, R
from tests.conformance.chain import Chain

TRUE, FALSE = (1).to_bytes(32, "big"), bytes(32)
scalars = st.sampled_from([0, 1, 2, R - 1, R - 2, (R - 1) // 2]) | st.integers(0, R - 1)
KINDS = ("multiple", "infinity", "off curve", "x + p", "zero x")


def point(backend: Backend, kind: str, k: int) -> bytes:
    """A point of G1 of this kind; only the first two are points."""
    proper = backend.g1_mul(backend.g1_generator(), k or 1)
    x, y = int.from_bytes(proper[:32], "big"), proper[32:]
    forms = {
        "multiple": proper,
        "infinity": bytes(64),
        "off curve": proper[:63] + bytes([proper[63] ^ 1]),
        "x + p": (x + P).to_bytes(33, "big")[-32:] + y,
        "zero x": bytes(32) + y,
    }
    return forms[kind]


def outcome(call: Callable[[], bytes]) -> bytes | None:
    try:
        return call()
    except ProofSystemError:
        return None


@settings(max_examples=40, deadline=None)
@given(kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), a=scalars, b=scalars)
def test_on_sums(
    reference: Backend, native: Backend, chain: Chain, kinds: tuple[str, str], a: int, b: int
) -> None:
    raw = point(native, kinds[0], a) + point(native, kinds[1], b)
    expected = chain.precompile(6, raw)
    assert outcome(lambda: native.g1_sum(raw)) == expected
    assert outcome(lambda: reference.g1_sum(raw)) == expected


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(KINDS), a=scalars, k=scalars)
def test_on_products(reference: Backend, native: Backend, chain: Chain, kind: str, a: int, k: int) -> None:
    raw, scalar = point(native, kind, a), k.to_bytes(32, "big")
    expected = chain.precompile(7, raw + scalar)
    for backend in (native, reference):
        assert outcome(lambda backend=backend: backend.g1_mul(raw, k)) == expected  # type: ignore[misc]
        assert outcome(lambda backend=backend: backend.g1_msm(raw, scalar)) == expected  # type: ignore[misc]


@settings(max_examples=20, deadline=None)
@given(data=st.data(), exponents=st.lists(st.tuples(scalars, scalars), max_size=3), closes=st.booleans())
def test_on_products_of_pairings(
    reference: Backend,
    native: Backend,
    chain: Chain,
    twist_point: bytes,
    data: st.DataObject,
    exponents: list[tuple[int, int]],
    closes: bool,
) -> None:
    pairs = [
        (native.g1_mul(native.g1_generator(), a), native.g2_mul(native.g2_generator(), b))
        for a, b in exponents
    ]
    total = sum(a * b for a, b in exponents) % R
    if closes:
        pairs.append((native.g1_mul(native.g1_generator(), -total % R), native.g2_generator()))
    flaw = data.draw(st.sampled_from(["none", "none", *KINDS[2:], "outside the subgroup", "x of G2 + p"]))
    if flaw in KINDS:
        pairs.append((point(native, flaw, 5), native.g2_generator()))
    elif flaw == "outside the subgroup":
        pairs.append((native.g1_generator(), twist_point))
    elif flaw != "none":
        g2 = native.g2_generator()
        pairs.append(
            (native.g1_generator(), (int.from_bytes(g2[:32], "big") + P).to_bytes(32, "big") + g2[32:])
        )
    lefts, rights = b"".join(pair[0] for pair in pairs), b"".join(pair[1] for pair in pairs)
    expected = chain.precompile(8, b"".join(left + right for left, right in pairs))
    if flaw == "none":
        assert expected == (TRUE if closes or total == 0 else FALSE)
    else:
        assert expected is None
    for backend in (native, reference):
        answer = outcome(
            lambda backend=backend: TRUE if backend.pairing_product_is_one(lefts, rights) else FALSE  # type: ignore[misc]
        )
        assert answer == expected
