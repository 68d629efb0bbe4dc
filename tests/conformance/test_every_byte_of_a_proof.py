"""A proof with any one byte changed is refused, by both backends and by the contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import formats, verifier
from proofs.backend import Backend
from proofs.errors import ProofSystemError
from proofs.field import R
from proofs.proof import Proof
from proofs.statement import BoundStatement, PublicResult, SealedResult
from tests.conformance.chain import Chain, calldata, vector
from tests.conformance.test_must_be_rejected import check

KINDS = ("valid_sealed", "valid_public")


def is_accepted(backend: Backend, key: Any, bound: BoundStatement, raw: bytes) -> bool:
    try:
        verifier.verify_statement(backend, key, bound, Proof.from_bytes(raw))
    except ProofSystemError:
        return False
    return True


def parts(backend: Backend, kind: str) -> tuple[Any, BoundStatement, bytes]:
    """Key, statement and proof of a vector that was accepted."""
    document = vector(kind)
    bound = check(backend, document)
    names = {"a": "A", "b": "B", "c": "C", "y": "Y", "p": "P", "pi": "pi"}
    points = {names[name]: value for name, value in document["proof"].items() if value != "0x"}
    key = formats.verifying_key_from(document["verifyingKey"])
    return key, bound, formats.proof_from(points).to_bytes()


def changed(raw: bytes, index: int) -> bytes:
    """One bit of the byte, another one in each place."""
    return raw[:index] + bytes([raw[index] ^ 1 << index % 8]) + raw[index + 1 :]


@pytest.mark.parametrize("kind", KINDS)
def test_by_a_backend(backend: Backend, kind: str) -> None:
    key, bound, raw = parts(backend, kind)
    assert is_accepted(backend, key, bound, raw)
    accepted = [i for i in range(len(raw)) if is_accepted(backend, key, bound, changed(raw, i))]
    assert accepted == []


def test_of_the_sealed_result_by_a_backend(backend: Backend) -> None:
    key, bound, raw = parts(backend, "valid_sealed")
    assert isinstance(bound.result, SealedResult)
    point = bound.result.commitment
    for index in range(len(point)):
        other = replace(bound, result=SealedResult(changed(point, index)))
        assert not is_accepted(backend, key, other, raw), index


def test_of_the_public_outputs_by_a_backend(native: Backend) -> None:
    key, bound, raw = parts(native, "valid_public")
    assert isinstance(bound.result, PublicResult)
    outputs = b"".join(output.to_bytes(32, "big") for output in bound.result.outputs)
    for index in range(len(outputs)):
        other = changed(outputs, index)
        values = [int.from_bytes(other[i : i + 32], "big") for i in range(0, len(other), 32)]
        if max(values) >= R:
            continue  # not even a PublicResult: test_must_be_rejected, output_plus_r
        result = PublicResult(tuple(values))
        assert not is_accepted(native, key, replace(bound, result=result), raw), index


@pytest.mark.parametrize("kind", KINDS)
def test_of_the_whole_call_by_the_contract(chain: Chain, verifier_address: str, kind: str) -> None:
    """Claim, columns, result, proof and combination: whatever is not what was proven reverts."""
    data = calldata(vector(kind))
    (valid,) = chain.calls(verifier_address, [data])
    assert valid is not None
    assert valid[:32].hex() == vector(kind)["job"][2:]
    answers = chain.calls(verifier_address, [changed(data, i) for i in range(4, len(data))])
    assert [i for i, answer in enumerate(answers, 4) if answer is not None] == []


@settings(max_examples=12, deadline=None)
@given(kind=st.sampled_from(KINDS), k=st.integers(2, R - 1))
def test_a_proof_that_is_randomised_anew_is_accepted_by_all(
    reference: Backend, native: Backend, chain: Chain, verifier_address: str, kind: str, k: int
) -> None:
    """(kA, B/k, C) satisfies Groth16's equation as well: all three must agree on yes too."""
    key, bound, raw = parts(native, kind)
    inverse = pow(k, -1, R)
    a, b = native.g1_mul(raw[:64], k), native.g2_mul(raw[64:192], inverse)
    assert agree(reference, native, chain, verifier_address, (key, bound, kind), a + b + raw[192:]) is True


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    place=st.integers(0, 5),
    source=st.integers(0, 5),
    k=st.sampled_from([0, 1, 2, R - 1]) | st.integers(0, R - 1),
    keeps=st.booleans(),
)
def test_points_put_in_place_of_others_are_judged_alike(
    reference: Backend,
    native: Backend,
    chain: Chain,
    verifier_address: str,
    kind: str,
    place: int,
    source: int,
    k: int,
    keeps: bool,
) -> None:
    """One element of G1 becomes k times another, added to what it was or in its stead; 0 is infinity."""
    key, bound, raw = parts(native, kind)
    starts = [0, *range(192, len(raw), 64)]
    at, of = starts[place % len(starts)], starts[source % len(starts)]
    own = native.g1_mul(raw[of : of + 64], k)
    other = native.g1_sum(own + raw[at : at + 64]) if keeps else own
    forged = raw[:at] + other + raw[at + 64 :]
    verdict = agree(reference, native, chain, verifier_address, (key, bound, kind), forged)
    assert verdict is (forged == raw)


def agree(
    reference: Backend,
    native: Backend,
    chain: Chain,
    address: str,
    claim: tuple[Any, BoundStatement, str],
    raw: bytes,
) -> bool:
    key, bound, kind = claim
    document = vector(kind)
    names = ("a", "b", "c", "y", "p", "pi")[: 6 if bound.is_sealed else 3]
    sizes = dict.fromkeys(names, 64) | {"b": 128}
    at = 0
    for name in names:
        document["proof"][name] = "0x" + raw[at : at + sizes[name]].hex()
        at += sizes[name]
    (answer,) = chain.calls(address, [calldata(document)])
    verdicts = {
        "py_ecc": is_accepted(reference, key, bound, raw),
        "native": is_accepted(native, key, bound, raw),
        "contract": answer is not None,
    }
    assert len(set(verdicts.values())) == 1, verdicts
    return verdicts["native"]
