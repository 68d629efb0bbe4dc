"""The native kernel answers what py_ecc answers, byte for byte, on random and on hostile input."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.backend import Backend
from proofs.errors import ProofSystemError
from proofs.field import P, R

SIZE = 256

CALLS: dict[str, Callable[[Backend, list[bytes]], object]] = {
    "vec_add": lambda b, v: b.vec_add(v[0], v[1]),
    "vec_sub": lambda b, v: b.vec_sub(v[0], v[1]),
    "vec_mul": lambda b, v: b.vec_mul(v[0], v[1]),
    "vec_scale": lambda b, v: b.vec_scale(v[0], int.from_bytes(v[1][:32])),
    "vec_combine": lambda b, v: b.vec_combine(v, [3, R - 1]),
    "vec_inner": lambda b, v: b.vec_inner(v[0], v[1]),
    "vec_sum": lambda b, v: b.vec_sum(v[0]),
    "vec_inverse": lambda b, v: b.vec_inverse(v[0]),
    "vec_reduce": lambda b, v: b.vec_reduce(v[0]),
    "ntt": lambda b, v: b.ntt(v[0]),
    "ntt inverse": lambda b, v: b.ntt(v[0], inverse=True),
    "poly_eval": lambda b, v: b.poly_eval(v[0], 12345),
    "poly_divide_linear": lambda b, v: b.poly_divide_linear(v[0], 12345),
    "quotient": lambda b, v: b.quotient(v[0], v[1], b.vec_mul(v[0], v[1])),
    "g1_multiples": lambda b, v: b.g1_multiples(b.g1_generator(), v[0]),
    "g2_multiples": lambda b, v: b.g2_multiples(b.g2_generator(), v[0]),
    "g1_msm": lambda b, v: b.g1_msm(b.g1_multiples(b.g1_generator(), v[0]), v[1]),
    "g2_msm": lambda b, v: b.g2_msm(b.g2_multiples(b.g2_generator(), v[0]), v[1]),
}


def random_scalars(source: random.Random, size: int = SIZE) -> bytes:
    return b"".join(source.randrange(1, R).to_bytes(32) for _ in range(size))


@pytest.mark.parametrize("name", CALLS)
def test_backends_agree_on_random_vectors(reference: Backend, native: Backend, name: str) -> None:
    source = random.Random(name)
    vectors = [random_scalars(source), random_scalars(source)]
    assert CALLS[name](native, vectors) == CALLS[name](reference, vectors)


def outcome(call: Callable[..., object], *arguments: object, **options: object) -> object:
    """The answer, or the type of the refusal and the element that it names."""
    try:
        return call(*arguments, **options)
    except ProofSystemError as error:
        return type(error), str(error).split()[:2]


READERS = ["vec_check", "vec_sum", "ntt", "g1_check", "g2_check", "g1_sum", "g2_sum", "g1_neg", "g2_neg"]

edges = [0, 1, 2, P - 1, P, P + 1, R - 1, R, R + 1, 2**256 - 1]
numbers = st.sampled_from(edges) | st.integers(0, 2**256 - 1)
hostile_words = st.lists(numbers.map(lambda value: value.to_bytes(32)), max_size=8).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(raw=hostile_words | st.binary(max_size=300))
def test_backends_refuse_the_same_bytes(reference: Backend, native: Backend, raw: bytes) -> None:
    for name in READERS:
        assert outcome(getattr(native, name), raw) == outcome(getattr(reference, name), raw), name


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["g1", "doubled", "infinity", "off curve", "shifted"]), max_size=6),
    allow_infinity=st.booleans(),
)
def test_backends_agree_on_lists_with_bad_points(
    reference: Backend, native: Backend, kinds: list[str], allow_infinity: bool
) -> None:
    generator = reference.g1_generator()
    points = {
        "g1": generator,
        "doubled": reference.g1_mul(generator, 2),
        "infinity": bytes(64),
        "off curve": generator[:32] * 2,
        "shifted": (P + 1).to_bytes(32) + generator[32:],
    }
    raw = b"".join(points[kind] for kind in kinds)
    answers = [outcome(b.g1_check, raw, allow_infinity=allow_infinity) for b in (native, reference)]
    assert answers[0] == answers[1]


def test_backends_agree_outside_the_subgroup(
    reference: Backend, native: Backend, twist_point: bytes, small_order_point: bytes
) -> None:
    points = twist_point + small_order_point + reference.g2_generator()
    assert native.g2_sum(points) == reference.g2_sum(points)
    assert native.g2_neg(points) == reference.g2_neg(points)
    assert native.g2_mul(twist_point, 10**20) == reference.g2_mul(twist_point, 10**20)


def test_backends_agree_on_a_whole_column_of_small_numbers(reference: Backend, native: Backend) -> None:
    source = random.Random(0)
    points = native.g1_multiples(native.g1_generator(), random_scalars(source, 2048))
    column = native.vec_from_i64([source.randrange(-(2**20), 2**20) for _ in range(2048)])
    assert native.g1_bases(points).msm(column) == reference.g1_bases(points).msm(column)


def _native_sum_in_child(raw: bytes) -> bytes:
    from proofs.backend import get_backend

    return get_backend("native").g1_sum(raw)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_gets_threads_of_its_own(native: Backend) -> None:
    raw = native.g1_generator() * 2000
    expected = native.g1_sum(raw)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_native_sum_in_child, (raw,)).get(timeout=30) == expected
