"""What a result must be before its lease is finished. A wrong one is refused with 422; the task stays leased.

Refusing early keeps malformed points out of combined proofs: what passes here is well-formed and signed, so
that whatever is still wrong with it can be held against its signer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from marketplace.orders.models import Job
from marketplace.signing.canonical import document_hash, keccak_hex
from marketplace.signing.eip712 import Contribution, Deal, TypedMessage
from marketplace.signing.errors import SigningError
from proofs import blame, formats
from proofs.backend import get_backend
from proofs.coordinator import answers_digest
from proofs.deal_commitments import DealerCommitments, check_shape
from proofs.errors import MalformedInput, ProofSystemError
from proofs.messages import Round1Message, Round2Message
from proofs.node import deal_context
from proofs.statement import PublicResult
from scheduler.leases.conf import blob_storage
from scheduler.leases.hooks import ResultValidator
from scheduler.leases.models import Blob, BlobPurpose, BlobState, Task, TaskKind
from scheduler.pipeline.accusing import binding_claim, own_claim, proof_points
from scheduler.pipeline.errors import (
    ContributionInvalid,
    PackagesInvalid,
    PointMalformed,
    ResultShareMissing,
)
from scheduler.pipeline.models import ProofRecord
from scheduler.pipeline.statement import contract_domain, job_statement, proving_key

__all__ = [
    "VALIDATORS",
    "check_blame_deal",
    "check_blame_open",
    "check_blame_prove",
    "check_compute",
    "check_deal",
    "check_prove",
]

ROUND_1, ROUND_2, ROUND_COMMITMENTS, ROUND_BLAME, ROUND_OPENING = 1, 2, 3, 4, 5


def check_deal(task: Task, result: dict[str, Any]) -> None:
    """One stored package for each seat, addressed to the seat's party, its hash signed by the dealer."""
    _keys(result, {"packages"})
    seats = {seat["seat"]: seat for seat in task.payload["context"]["seats"]}
    packages = result["packages"]
    if not isinstance(packages, list) or sorted(_seat_numbers(packages)) != sorted(seats):
        raise PackagesInvalid(f"packages for exactly the seats {sorted(seats)} are needed")
    for package in packages:
        _keys(package, {"seat", "blob_id", "content_hash", "signature"})
        seat = seats[package["seat"]]
        blob = _blob(task, package["blob_id"], BlobPurpose.SHARE, seat["party_id"])
        if blob is None:
            raise PackagesInvalid(
                f"the package of seat {package['seat']} is not a stored blob for its node's party",
                seat=package["seat"],
            )
        with blob_storage().open(blob.storage_name, "rb") as content:
            if keccak_hex(content.read()) != package["content_hash"]:
                raise PackagesInvalid(
                    f"content_hash of seat {package['seat']} is not the keccak256 of its blob",
                    seat=package["seat"],
                )
        deal = Deal(task.job_id, task.attempt, package["seat"], package["content_hash"])
        _check_signed(deal, package["signature"], task.party.eth_address)


def check_compute(task: Task, result: dict[str, Any]) -> None:
    """Round 1: proper points, signed by the node's signer; of a sealed job with the consumer's share."""
    _keys(result, {"round1", "content_hash", "signature"}, optional={"result_share"})
    job = _job(task)
    _check_contribution(task, result, "round1", ROUND_1)
    with _typed_points():
        message = Round1Message.from_document(result["round1"], task.seat)
        backend = get_backend()
        backend.g1_check(message.randomisers.r + message.randomisers.s)
        backend.g2_check(message.randomisers.s2)
        statement = job_statement(job)
        if isinstance(message.result, PublicResult) == statement.is_sealed:
            raise MalformedInput("a sealed job is answered with F_M, a public one with outputs")
        if isinstance(message.result, PublicResult):
            if len(message.result.outputs) != statement.statement.output_count:
                raise MalformedInput(f"the job has {statement.statement.output_count} outputs")
            return
        backend.g1_check(message.result.commitment)
    share = result.get("result_share")
    blob_id = share.get("blob_id") if isinstance(share, dict) else None
    if _blob(task, blob_id, BlobPurpose.RESULT_SHARE, str(job.consumer_id)) is None:
        raise ResultShareMissing("result_share names no stored blob of this node for the consumer")


def check_prove(task: Task, result: dict[str, Any]) -> None:
    """Round 2: proper points of the job's kind, signed by the node's signer; sealed, for the chain too."""
    is_sealed = job_statement(_job(task)).is_sealed
    _keys(result, {"round2", "content_hash", "signature", *(["binding_signature"] if is_sealed else [])})
    _check_contribution(task, result, "round2", ROUND_2)
    with _typed_points():
        message = Round2Message.from_document(result["round2"], task.seat)
        if (message.binding is not None) != is_sealed:
            raise MalformedInput("a sealed job is answered with C, Y, P and pi, a public one with C")
        if (message.challenge, message.answers) != (_challenge(task), _question(task)):
            raise MalformedInput("z and answers are not those of the round 1 that the task gives")
        points = message.c
        if message.binding is not None:
            points += message.binding.y + message.binding.p + message.binding.pi
        get_backend().g1_check(points)
        if message.binding is not None:
            _check_signed(binding_claim(task, message), result["binding_signature"], _seat_signer(task))


def check_blame_deal(task: Task, result: dict[str, Any]) -> None:
    """Commitments to this dealer's whole deal, for the failed set's challenge; signed by the dealer."""
    _keys(result, {"commitments", "content_hash", "signature"})
    _check_contribution(task, result, "commitments", ROUND_COMMITMENTS, signer=task.party.eth_address)
    job = _job(task)
    statement = job_statement(job)
    context = deal_context(
        proving_key(job),
        statement.context,
        statement.statement,
        task.attempt,
        is_sealed=statement.is_sealed,
    )
    with _typed_points():
        commitments = DealerCommitments.from_document(result["commitments"])
        check_shape(commitments, context, _own_positions(task))
        if commitments.challenge != _challenge(task):
            raise MalformedInput("the commitments are for another z than the failed answering set's")
        slopes = commitments.slopes
        get_backend().g1_check(b"".join(commitments.masks))
        get_backend().g1_check(b"".join(point for slope in slopes for point in slope.coefficients))
        get_backend().g2_check(b"".join(point for slope in slopes for point in slope.coefficients_g2))


def _own_positions(task: Task) -> list[int]:
    """The dealer's columns in the job's column list."""
    counts = [int(item["columns"]).bit_count() - 1 for item in task.payload["context"]["inputs"]]
    return [
        1 + sum(counts[:position]) + i
        for position in sorted(task.payload["input_positions"])
        for i in range(counts[position])
    ]


def _challenge(task: Task) -> int:
    """z of the attempt's answering set."""
    record = ProofRecord.objects.get(job_id=task.job_id, attempt=task.attempt)
    return int(record.combination["z"], 16)


def _question(task: Task) -> bytes:
    """The round 1 that a ``prove`` task asks about."""
    entries = task.payload["round1"]
    return answers_digest([Round1Message.from_document(entry["round1"], entry["seat"]) for entry in entries])


def check_blame_prove(task: Task, result: dict[str, Any]) -> None:
    """A proof of the node's own share statement, or the accusation of a dealer; signed by the node's signer.

    Whether the proof is right is not decided here: a wrong one is evidence, not a malformed answer.
    """
    name = "accusation" if "accusation" in result else "own_statement"
    signatures = {"signature"} if name == "accusation" else {"signature", "evidence_signature"}
    _keys(result, {name, "content_hash", *signatures})
    _check_contribution(task, result, name, ROUND_BLAME)
    with _typed_points():
        backend = get_backend()
        if name == "accusation":
            blame.Accusation.from_document(result[name], task.seat)
            return
        own = blame.OwnStatement.from_document(result[name], task.seat)
        a, b, *rest = proof_points(own)
        backend.g1_check(a + b"".join(rest))
        backend.g2_check(b)
        _check_signed(own_claim(task, own), result["evidence_signature"], _seat_signer(task))


def check_blame_open(task: Task, result: dict[str, Any]) -> None:
    """The ephemeral secret of the accused package, signed by the dealer; what it opens is judged later."""
    _keys(result, {"opening", "content_hash", "signature"})
    _check_contribution(task, result, "opening", ROUND_OPENING, signer=task.party.eth_address)
    with _typed_points():
        fields = formats.mapping(result["opening"], ("seat", "ephemeral_secret"), "opening")
        formats.from_hex(fields["ephemeral_secret"], "opening.ephemeral_secret", 32)
        if formats.integer(fields["seat"], "opening.seat", 1) != task.seat:
            raise MalformedInput(f"the package of seat {task.seat} is to be opened")


VALIDATORS: dict[str, ResultValidator] = {
    TaskKind.DEAL: check_deal,
    TaskKind.COMPUTE: check_compute,
    TaskKind.PROVE: check_prove,
    TaskKind.BLAME_DEAL: check_blame_deal,
    TaskKind.BLAME_PROVE: check_blame_prove,
    TaskKind.BLAME_OPEN: check_blame_open,
}


def _job(task: Task) -> Job:
    return Job.objects.select_related("program__setup").get(job_id=task.job_id)


def _keys(document: Any, expected: set[str], optional: frozenset[str] | set[str] = frozenset()) -> None:
    if not isinstance(document, dict):
        raise ContributionInvalid("the result is not an object")
    missing, unknown = expected - document.keys(), document.keys() - expected - optional
    if missing or unknown:
        raise ContributionInvalid(f"the result lacks {sorted(missing)} and has unknown {sorted(unknown)}")


def _seat_numbers(packages: list[Any]) -> list[int]:
    seats = [package.get("seat") if isinstance(package, dict) else None for package in packages]
    if not all(type(seat) is int for seat in seats):
        raise PackagesInvalid("each package names its seat")
    return [seat for seat in seats if seat is not None]


def _blob(task: Task, blob_id: Any, purpose: BlobPurpose, recipient_id: str) -> Blob | None:
    """The stored blob of this task's party with this purpose and recipient, for this job."""
    try:
        return Blob.objects.filter(
            id=blob_id,
            owner_id=task.party_id,
            recipient_id=UUID(recipient_id),
            job_id=task.job_id,
            purpose=purpose,
            state=BlobState.STORED,
        ).first()
    except (ValueError, TypeError, ValidationError):
        return None


def _check_contribution(
    task: Task, result: dict[str, Any], content: str, number: int, *, signer: str | None = None
) -> None:
    """The content hash is that of the content's canonical JSON, and the right key signed it."""
    try:
        content_hash = document_hash(result[content])
    except SigningError as error:
        raise ContributionInvalid(str(error)) from error
    if result["content_hash"] != content_hash:
        raise ContributionInvalid(f"content_hash is not the keccak256 of the canonical JSON of {content}")
    message = Contribution(task.job_id, task.attempt, number, task.seat, content_hash)
    _check_signed(message, result["signature"], signer or _seat_signer(task))


def _seat_signer(task: Task) -> str:
    seats = task.payload["context"]["seats"]
    return str(next(seat["signer"] for seat in seats if seat["seat"] == task.seat))


def _check_signed(message: TypedMessage, signature: Any, signer: str) -> None:
    try:
        found = message.recover(contract_domain(message.CONTRACT), str(signature))
    except SigningError as error:
        raise ContributionInvalid(str(error)) from error
    if found != signer:
        raise ContributionInvalid(f"the {type(message).__name__} is signed by {found}, not by {signer}")


@contextmanager
def _typed_points() -> Iterator[None]:
    """The proof system's errors as problem documents."""
    try:
        yield
    except ProofSystemError as error:
        raise PointMalformed(str(error)) from error
