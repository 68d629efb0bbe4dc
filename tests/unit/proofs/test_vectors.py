"""Conformance with tests/vectors/protocol: every intermediate value of PROTOCOL's worked example."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proofs import inner_product, node, prover, setup
from proofs.backend import Backend, get_backend
from proofs.columns import commit, ones_column
from proofs.coordinator import CombinedRound1, combine_round2
from proofs.field import R, root_of_unity
from proofs.inner_product import Blinding, scalar_bytes
from proofs.keys import G1_NAMES, G2_NAMES, ProvingKey
from proofs.messages import Round2Message
from proofs.sharing import lagrange_at_zero
from proofs.statement import BoundStatement, JobContext, PublicResult, SealedResult, Statement

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "protocol" / "n8.json").read_bytes())
N = VECTOR["n"]


def scalars(values: list[str]) -> bytes:
    return b"".join(scalar_bytes(int(value)) for value in values)


def g1(point: list[str]) -> bytes:
    return scalars(point)


def g2(point: list[list[str]]) -> bytes:
    (x0, x1), (y0, y1) = point
    return scalars([x1, x0, y1, y0])


def points(bases: Any) -> list[bytes]:
    """The points behind opaque bases, one unit vector each."""
    return [bases.msm(scalar_bytes(1), offset=index) for index in range(len(bases))]


class FixedRandom:
    """Gives the vector's r and s, in the order in which they are drawn."""

    def __init__(self, *values: str) -> None:
        self._values = [int(value) for value in values]

    def draw(self, count: int) -> bytes:
        return self._values.pop(0).to_bytes(count, "big")


class GivenStatement(BoundStatement):
    """The vector gives job and z; they are not hashed."""

    job = int(VECTOR["job"])
    challenge = int(VECTOR["z"])


@cache
def vector_key(backend_name: str) -> ProvingKey:
    secrets = setup.SetupSecrets(**{name: int(value) for name, value in VECTOR["setup_secrets"].items()})
    material = setup.generate(get_backend(backend_name), N, secrets=secrets, max_outputs=9)
    return material.proving_key(get_backend(backend_name), trusted=False)


@pytest.fixture
def key(backend: Backend) -> ProvingKey:
    return vector_key(backend.name)


@pytest.fixture
def columns() -> list[bytes]:
    return [scalars(column) for column in VECTOR["columns"]]


def bound_statement(key: ProvingKey, kind: str) -> GivenStatement:
    commitments = tuple(g1(point) for point in VECTOR["commitments"]["F"])
    sides = tuple(range(len(commitments)))
    statement = Statement(key.setup_id, commitments, sides, sides, 6)
    context = JobContext(1, bytes(20), bytes(32), bytes(32), bytes(32))
    outputs = tuple(int(output) for output in VECTOR["outputs"])
    result = SealedResult(g1(VECTOR["sealed"]["F_M"])) if kind == "sealed" else PublicResult(outputs)
    return GivenStatement(context, statement, result)


def test_proving_key_follows_from_the_secrets(key: ProvingKey) -> None:
    expected = VECTOR["proving_key"]
    assert root_of_unity(N) == int(VECTOR["omega"])
    assert points(key.lagrange) == [g1(point) for point in expected["L_g1"]]
    assert points(key.quotient_points) == [g1(point) for point in expected["t_over_delta"]]
    assert points(key.output_points) == [g1(point) for point in expected["E"]]
    assert points(key.witness_points) == [
        g1(expected["K_inner_product"][str(row)]) for row in range(1, len(key.witness_points) + 1)
    ]
    names = {"eta_delta": "eta_over_delta", "kappa_l0": "kp_L0", "kappa_eta": "kp_eta"}
    for ours, theirs in names.items():
        assert getattr(key, ours) == g1(expected[theirs])
    assert key.verifying.eta == g1(expected["eta"])


def test_verifying_key_follows_from_the_secrets(key: ProvingKey) -> None:
    names = {"l0": "L0", "eta": "eta", "job_point": "job_point"}
    for name in G1_NAMES:
        assert getattr(key.verifying, name) == g1(VECTOR["verifying_key"][names.get(name, "alpha_1")])
    for name in G2_NAMES:
        assert getattr(key.verifying, name) == g2(VECTOR["verifying_key"][f"{name[:-1]}_2"])


def test_column_commitments(key: ProvingKey, columns: list[bytes]) -> None:
    assert ones_column(N, 6) == columns[0]
    for index, column in enumerate(columns):
        commitment = commit(key, column)
        assert commitment.f == g1(VECTOR["commitments"]["F"][index])
        assert commitment.f2 == g2(VECTOR["commitments"]["F_g2"][index])
        assert commitment.f_kappa == g1(VECTOR["commitments"]["F_kappa"][index])


def test_outputs_combined_columns_and_core(key: ProvingKey, columns: list[bytes]) -> None:
    bound = bound_statement(key, "sealed")
    outputs = inner_product.gram_outputs(key.backend, bound.statement, columns)
    assert outputs == scalars(VECTOR["outputs"])
    p, q = inner_product.combine_columns(key.backend, bound, columns)
    assert (p, q) == (scalars(VECTOR["p"]), scalars(VECTOR["q"]))
    y = inner_product.evaluate_outputs(key.backend, outputs, bound.challenge)
    assert y == int(VECTOR["y"])
    assert inner_product.core(key, p, q, y, bound.job) == g1(VECTOR["core"])


@pytest.mark.parametrize("kind", ["sealed", "public"])
def test_single_prover(key: ProvingKey, columns: list[bytes], kind: str) -> None:
    bound = bound_statement(key, kind)
    expected = VECTOR[kind]
    outputs = scalars(VECTOR["outputs"])
    blinding = Blinding(int(VECTOR["mu"]) if kind == "sealed" else 0)
    commitments = [commit(key, column) for column in columns]
    random = FixedRandom(VECTOR["r"], VECTOR["s"])
    proof = prover.prove_with(key, bound, columns, commitments, outputs, blinding, random)
    assert (proof.a, proof.b, proof.c) == (g1(expected["A"]), g2(expected["B"]), g1(expected["C"]))
    if proof.binding is not None:
        assert inner_product.result_commitment(key, outputs, blinding) == g1(expected["F_M"])
        assert proof.binding.y == g1(expected["Y"])
        assert proof.binding.p == g1(expected["P"])
        assert proof.binding.pi == g1(expected["pi"])


def combined_round1(key: ProvingKey) -> CombinedRound1:
    nodes = VECTOR["share_wise"]["nodes"]
    backend = key.backend
    r = sum(int(entry["r"]) for entry in nodes) % R
    s = sum(int(entry["s"]) for entry in nodes) % R
    return CombinedRound1(
        bound=bound_statement(key, "sealed"),
        weights=lagrange_at_zero([entry["k"] for entry in nodes]),
        answers=bytes(32),
        r=backend.g1_mul(key.delta1, r),
        s=backend.g1_mul(key.delta1, s),
        s2=backend.g2_mul(key.verifying.delta2, s),
    )


def contribution(key: ProvingKey, combined: CombinedRound1, entry: dict[str, Any]) -> Round2Message:
    """The node's own functions, with the vector's shares, masks and randomisers."""
    shares = [scalars(share) for share in entry["shares"]]
    masked = node.Masked(
        scalars(entry["masked_outputs"]), Blinding(int(entry["mu"])), (int(entry["zero_share"]),)
    )
    state = node.NodeState(None, entry["k"], int(entry["r"]), int(entry["s"]))  # type: ignore[arg-type]
    c = node.contribution(key, combined, shares, masked, state)
    binding = node.weighted_binding(key, combined, masked, entry["k"])
    return Round2Message(entry["k"], combined.bound.challenge, combined.answers, c, binding)


def test_share_wise_prover(key: ProvingKey) -> None:
    expected = VECTOR["share_wise"]
    combined = combined_round1(key)
    messages = []
    for entry in expected["nodes"]:
        assert combined.weights[entry["k"]] == int(entry["lagrange"])
        masked = scalars(entry["masked_outputs"])
        blinding = Blinding(int(entry["mu"]))
        assert inner_product.result_commitment(key, masked, blinding) == g1(entry["F_M"])
        message = contribution(key, combined, entry)
        assert message.c == g1(entry["C"])
        messages.append(message)
    commitments = [commit(key, scalars(column)) for column in VECTOR["columns"]]
    proof = combine_round2(key, combined, commitments, messages)
    assert (proof.a, proof.b, proof.c) == (g1(expected["A"]), g2(expected["B"]), g1(expected["C"]))
    assert proof.binding is not None
    single = VECTOR["sealed"]
    sums = (proof.binding.y, proof.binding.p, proof.binding.pi)
    assert sums == (g1(single["Y"]), g1(single["P"]), g1(single["pi"]))


def test_result_commitment_interpolates(key: ProvingKey) -> None:
    nodes = VECTOR["share_wise"]["nodes"]
    weights = b"".join(scalar_bytes(int(entry["lagrange"])) for entry in nodes)
    shares = b"".join(g1(entry["F_M"]) for entry in nodes)
    assert key.backend.g1_msm(shares, weights) == g1(VECTOR["sealed"]["F_M"])
