"""Circuit 2 share-wise: nodes multiply their shares alone, and the sum of their answers is a proof."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from proofs import columns as column_rules
from proofs import hadamard, hadamard_shares
from proofs.columns import ColumnCommitment, check_commitment
from proofs.data_rows import data_rows_key
from proofs.errors import (
    AnswersInconsistent,
    ContextMismatch,
    InvalidProof,
    MalformedInput,
    PairingFailed,
    WrongLength,
)
from proofs.hadamard import HadamardStatement
from proofs.hadamard_shares import OutputMask, OutputMessage, ProductMasks
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from proofs.sharing import DealContext, Dealing, lagrange_at_zero
from proofs.statement import JobContext

CONTEXT = JobContext(31337, b"\x11" * 20, b"\x22" * 32, b"\x44" * 32, b"\x33" * 32)
SEATS = (1, 2, 4)


@dataclass
class Nodes:
    """Two dealers with a column each, and the nodes' shares of p, q and u."""

    key: ProvingKey
    context: DealContext
    commitments: list[ColumnCommitment]
    shares: dict[int, tuple[bytes, bytes, bytes]]
    masks: dict[int, list[OutputMask]]

    @classmethod
    def deal(cls, key: ProvingKey, seats: tuple[int, ...] = SEATS, degree: int = 2) -> Nodes:
        context = DealContext(key.setup_id, CONTEXT.job_id, 0, key.n, 1, degree=degree)
        backend = key.backend
        columns = [
            column_rules.blind(
                backend, backend.vec_from_i64(values) + bytes(32 * (key.n - 3)), SeededRandom(bytes([i]) * 32)
            )
            for i, values in enumerate(([3, -4, 7], [2, 9, 5]))
        ]
        dealings = [
            Dealing(backend, context, bytes([i]) * 32, {i + 1: column}) for i, column in enumerate(columns)
        ]
        products = [ProductMasks(context, bytes([i]) * 32, 0, 2) for i in range(2)]
        shares, masks = {}, {}
        for seat in seats:
            p, q = (dealing.package(seat).columns[i + 1] for i, dealing in enumerate(dealings))
            masks[seat] = [product.mask(seat) for product in products]
            shares[seat] = (p, q, hadamard_shares.share_product(backend, p, q, masks[seat]))
        commitments = [column_rules.commit(key, column) for column in columns]
        return cls(key, context, commitments, shares, masks)

    def outputs(self) -> list[OutputMessage]:
        return [hadamard_shares.output_message(self.key, k, u) for k, (_, _, u) in self.shares.items()]

    def statement(self, u: ColumnCommitment) -> HadamardStatement:
        return HadamardStatement.of(self.key.setup_id, *self.commitments, u)

    def quotients(self, job: int) -> list[hadamard_shares.QuotientMessage]:
        return [
            hadamard_shares.quotient_message(
                self.key, *self.shares[k], self.masks[k], job, tuple(self.shares)
            )
            for k in self.shares
        ]


@pytest.mark.parametrize(("seats", "degree"), [(SEATS, 2), ((1, 2, 3, 4, 6), 4)])
def test_the_nodes_answers_make_a_proof_of_the_product(
    fast_key: ProvingKey, seats: tuple[int, ...], degree: int
) -> None:
    """Three answers if the program ends with the product; five if it goes on to degree four."""
    check_play(Nodes.deal(fast_key, seats, degree))


def test_the_same_on_every_backend(key: ProvingKey) -> None:
    check_play(Nodes.deal(key))


def check_play(nodes: Nodes) -> None:
    key = nodes.key
    u = hadamard_shares.combine_outputs(key, nodes.context, nodes.outputs())
    check_commitment(key.backend, key.verifying, u)
    statement = nodes.statement(u)
    messages = nodes.quotients(statement.job(CONTEXT))
    proof = hadamard_shares.combine_quotients(key, nodes.context, messages)
    arguments = (key.backend, key.verifying, data_rows_key(key), CONTEXT, statement, proof, u.f_kappa)
    hadamard.verify_under_checked_key(*arguments)
    weights = lagrange_at_zero(tuple(nodes.shares))
    shares = [share[2] for share in nodes.shares.values()]
    opened = key.backend.vec_combine(shares, list(weights.values()))
    assert opened[:96] == key.backend.vec_from_i64([6, -36, 35])
    assert key.lagrange.msm(opened) == u.f


@pytest.mark.parametrize("culprit", SEATS)
def test_one_wrong_answer_breaks_the_proof(fast_key: ProvingKey, culprit: int) -> None:
    nodes = Nodes.deal(fast_key)
    u = hadamard_shares.combine_outputs(fast_key, nodes.context, nodes.outputs())
    statement = nodes.statement(u)
    messages = [
        replace(message, h=fast_key.delta1) if message.seat == culprit else message
        for message in nodes.quotients(statement.job(CONTEXT))
    ]
    proof = hadamard_shares.combine_quotients(fast_key, nodes.context, messages)
    rows = data_rows_key(fast_key)
    arguments = (fast_key.backend, fast_key.verifying, rows, CONTEXT, statement, proof, u.f_kappa)
    with pytest.raises(PairingFailed, match="Hadamard"):
        hadamard.verify_under_checked_key(*arguments)


def test_a_node_cannot_answer_for_another_product_of_its_shares(fast_key: ProvingKey) -> None:
    nodes = Nodes.deal(fast_key)
    p, q, u = nodes.shares[1]
    with pytest.raises(InvalidProof):
        hadamard_shares.quotient_message(fast_key, p, p, u, nodes.masks[1], 5, SEATS)
    with pytest.raises(AnswersInconsistent, match="not in the answering set"):
        hadamard_shares.quotient_message(fast_key, p, q, u, nodes.masks[1], 5, (2, 3, 4))


def test_too_few_repeated_or_infinite_answers_are_refused(fast_key: ProvingKey) -> None:
    nodes = Nodes.deal(fast_key)
    outputs = nodes.outputs()
    for wrong in (outputs[:2], [*outputs[:2], outputs[0]]):
        with pytest.raises(AnswersInconsistent, match="exactly 3"):
            hadamard_shares.combine_outputs(fast_key, nodes.context, wrong)
    outputs[0] = replace(outputs[0], commitment=replace(outputs[0].commitment, f=bytes(64)))
    with pytest.raises(MalformedInput):
        hadamard_shares.combine_outputs(fast_key, nodes.context, outputs)


def test_masks_travel_as_bytes_and_are_bound_to_their_place(fast_key: ProvingKey) -> None:
    nodes = Nodes.deal(fast_key)
    mask, backend = nodes.masks[2][0], fast_key.backend
    place = {"context": nodes.context, "seat": 2, "product": 0}
    assert OutputMask.from_bytes(backend, mask.to_bytes(), **place) == mask
    for change in ({"seat": 3}, {"product": 1}, {"context": replace(nodes.context, attempt=1)}):
        with pytest.raises(ContextMismatch):
            OutputMask.from_bytes(backend, mask.to_bytes(), **(place | change))
    with pytest.raises(WrongLength):
        OutputMask.from_bytes(backend, mask.to_bytes()[:-1], **place)
    with pytest.raises(ContextMismatch):
        hadamard_shares.share_product(backend, b"", b"", [mask, nodes.masks[1][0]])
    with pytest.raises(MalformedInput, match="degree"):
        ProductMasks(nodes.context, bytes(32), 0, 3)
