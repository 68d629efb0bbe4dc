"""What a node answers when a combined proof failed. docs/adr/0008, docs/protocol.md, *Naming*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.signing.eip712 import TypedMessage
from marketplace.signing.evidence import own_statement
from proofs.blame import Accusation, OwnStatement, answer_blame, verify_own_statement
from proofs.deal_commitments import DealerCommitments, SlopeCommitment
from proofs.errors import ProofSystemError
from proofs.sharing import DealerPackage
from scheduler.agents.errors import MalformedDocument, TaskRefused
from scheduler.agents.node.task import NodeTask
from scheduler.agents.testimony import ROUND_COMMITMENTS, signed_content

__all__ = ["blame_answer", "own_claim", "read_commitments"]


def read_commitments(task: NodeTask, payload: Mapping[str, Any], challenge: str) -> list[DealerCommitments]:
    """One document of each dealer, signed by it, for the challenge that this node's round 2 answered.

    Only then does a mismatch speak against the dealer. Raises TaskRefused ``commitments_unusable``.
    """
    entries = payload.get("commitments")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise MalformedDocument("wrong_type", "commitments should be a list.", "Correct the payload.")
    by_dealer = {entry.get("dealer"): entry for entry in entries}
    owners = {item.owner for item in task.job.context.inputs}
    if len(by_dealer) != len(entries) or by_dealer.keys() != owners:
        raise _unusable("There is not exactly one document of each dealer.")
    return [_read(task, owner, by_dealer[owner], challenge) for owner in sorted(owners)]


def _read(task: NodeTask, owner: str, entry: Mapping[str, Any], challenge: str) -> DealerCommitments:
    document = signed_content(
        task.session.deployment,
        task.job,
        entry,
        "commitments",
        round_number=ROUND_COMMITMENTS,
        seat=0,
        signer=owner,
        code="commitments_unusable",
    )
    try:
        commitments = DealerCommitments.from_document(document)
    except ProofSystemError as error:
        raise _unusable(f"Dealer {owner}: {error}") from None
    if document["z"] != challenge:
        raise _unusable(f"Dealer {owner} committed for another challenge than this node answered.")
    return commitments


def blame_answer(
    task: NodeTask, packages: Sequence[DealerPackage], dealt: Sequence[DealerCommitments]
) -> dict[str, Any]:
    """``{"own_statement": …}`` or ``{"accusation": …}`` of the first dealer whose package is wrong."""
    key, job = task.key, task.job
    try:
        answer = answer_blame(key, job.job, job.statement, packages, dealt)
        if isinstance(answer, OwnStatement):  # signed for the chain, which takes stake for a wrong one
            slopes = _slopes(dealt)
            verify_own_statement(key.backend, key.verifying, job.job, job.statement, slopes, answer)
    except ProofSystemError as error:
        raise _unusable(str(error)) from None
    return {"accusation" if isinstance(answer, Accusation) else "own_statement": answer.document()}


def own_claim(task: NodeTask, answer: Any, dealt: Sequence[DealerCommitments]) -> TypedMessage:
    """The own statement as the contract reads it: slopes by column, then the proof's points."""
    own = OwnStatement.from_document(answer, task.seat.seat)
    proof, binding = own.proof, own.proof.binding
    assert binding is not None  # by its strict reader
    return own_statement(
        job_id=task.job.context.job_id,
        attempt=task.job.context.attempt,
        seat=task.seat.seat,
        slopes=[slope.coefficients[0] for slope in _slopes(dealt)],
        proof=(proof.a, proof.b, proof.c, own.result.commitment, binding.y, binding.p, binding.pi),
    )


def _slopes(dealt: Sequence[DealerCommitments]) -> list[SlopeCommitment]:
    """By column."""
    slopes = [slope for commitments in dealt for slope in commitments.slopes]
    return sorted(slopes, key=lambda slope: slope.position)


def _unusable(detail: str) -> TaskRefused:
    return TaskRefused("commitments_unusable", f"The dealers' commitments cannot be used. {detail}")
