"""What a node signed of its answers for the chain, and taking its stake when that is false.

docs/adr/0010-what-parties-answer-for.md. The contract ``Evidence`` checks everything again and reverts unless
the node's own words convict it; the indexer, not the wish, says that stake was taken.
"""

from __future__ import annotations

from typing import Any

from marketplace.chain.models import ChainTransaction
from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job
from marketplace.signing.eip712 import OwnStatement, ResultBinding
from marketplace.signing.evidence import own_statement, result_binding
from proofs import blame
from proofs.deal_commitments import DealerCommitments
from proofs.messages import Round1Message, Round2Message
from proofs.sharing import lagrange_at_zero
from proofs.statement import SealedResult
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.pipeline.models import ProofRecord, Seat
from scheduler.pipeline.payloads import seats_of
from scheduler.pipeline.statement import job_statement
from scheduler.pipeline.wishes import g1, g2

__all__ = ["binding_claim", "bound_points", "own_claim", "proof_points", "seating_on_chain", "wish_accuse"]


def bound_points(task: Task, message: Round2Message) -> tuple[bytes, ...]:
    """F_M(k), Y, P and pi of a seat in a sealed job: its round 1 and its round 2."""
    entry = next(entry for entry in task.payload["round1"] if entry["seat"] == task.seat)
    result = Round1Message.from_document(entry["round1"], task.seat).result
    assert isinstance(result, SealedResult)  # the caller has a sealed job
    assert message.binding is not None
    return result.commitment, message.binding.y, message.binding.p, message.binding.pi


def binding_claim(task: Task, message: Round2Message) -> ResultBinding:
    """What the node of this ``prove`` task signs, with the weight and the challenge that it was asked for."""
    record = ProofRecord.objects.get(job_id=task.job_id, attempt=task.attempt)
    return result_binding(
        job_id=task.job_id,
        attempt=task.attempt,
        seat=task.seat,
        weight=lagrange_at_zero(record.answering)[task.seat],
        challenge=int(record.combination["z"], 16),
        points=bound_points(task, message),
    )


def proof_points(own: blame.OwnStatement) -> tuple[bytes, ...]:
    """A, B, C, F_M, Y, P, pi: the contract's SealedProof."""
    proof, binding = own.proof, own.proof.binding
    assert binding is not None  # by its strict reader
    return proof.a, proof.b, proof.c, own.result.commitment, binding.y, binding.p, binding.pi


def own_claim(task: Task, own: blame.OwnStatement) -> OwnStatement:
    """What the node of this ``blame_prove`` task signs, with the slopes that it was given."""
    return own_statement(
        job_id=task.job_id,
        attempt=task.attempt,
        seat=task.seat,
        slopes=_slopes(task),
        proof=proof_points(own),
    )


def wish_accuse(job: Job, seat: int) -> ChainTransaction | None:
    """Wish that the stake of a node at fault is taken; None if it signed nothing that shows its fault."""
    seats = seats_of(job)
    accusation = _accusation_of_statement(job, seat, seats) or _accusation_of_binding(job, seat, seats)
    if accusation is None:
        return None
    function, arguments = accusation
    return transaction_enqueue(
        kind="accuse",
        dedupe_key=f"accuse-{job.attempt}-{seat}/{job.job_id}",
        contract="Evidence",
        function=function,
        arguments=arguments,
        job=job,
    )


def _accusation_of_binding(job: Job, seat: int, seats: list[Seat]) -> tuple[str, list[Any]] | None:
    task = _done(job, TaskKind.PROVE, seat)
    if task is None or "binding_signature" not in task.result:
        return None
    message = Round2Message.from_document(task.result["round2"], seat)
    claim = binding_claim(task, message)
    points = [g1(point) for point in bound_points(task, message)]
    signature = task.result["binding_signature"]
    return "accuseBinding", [
        claim.to_struct(),
        seating_on_chain(seats),
        _signer(seats, seat),
        signature,
        points,
    ]


def _accusation_of_statement(job: Job, seat: int, seats: list[Seat]) -> tuple[str, list[Any]] | None:
    task = _done(job, TaskKind.BLAME_PROVE, seat)
    if task is None or "own_statement" not in task.result:
        return None
    own = blame.OwnStatement.from_document(task.result["own_statement"], seat)
    a, b, *rest = proof_points(own)
    return "accuse", [
        own_claim(task, own).to_struct(),
        seating_on_chain(seats),
        _signer(seats, seat),
        task.result["evidence_signature"],
        [g1(column) for column in job_statement(job).statement.columns],
        [g1(slope) for slope in _slopes(task)],
        [g1(a), g2(b), *map(g1, rest)],
    ]


def _slopes(task: Task) -> list[bytes]:
    """F_s1 of columns 1, 2, …; the contract knows threshold 1."""
    dealt = [DealerCommitments.from_document(entry["commitments"]) for entry in task.payload["commitments"]]
    slopes = sorted((slope for part in dealt for slope in part.slopes), key=lambda slope: slope.position)
    return [slope.coefficients[0] for slope in slopes]


def _done(job: Job, kind: TaskKind, seat: int) -> Any:
    """The finished task, whose result is there."""
    tasks = Task.objects.filter(job=job, attempt=job.attempt, kind=kind, seat=seat, state=TaskState.DONE)
    return tasks.first()


def seating_on_chain(seats: list[Seat]) -> list[Any]:
    """As the market keeps it on the chain: node ids and (operator, fee) by seat."""
    return [
        [seat.node_id for seat in seats],
        [[seat.node.operator, int(seat.node.fee_per_job)] for seat in seats],
    ]


def _signer(seats: list[Seat], number: int) -> str:
    return next(seat.node.signer for seat in seats if seat.seat == number)
