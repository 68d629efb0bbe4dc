"""The tasks of a node: ``compute`` (round 1) and ``prove`` (round 2). PROTOCOL, *Sharing and the nodes*.

The folder ``jobs/<job id>/<attempt>`` of the state directory holds what makes both idempotent:

- ``packages.json``, ``package-<dealer>``: the dealers' sealed packages as they came, and who signed them
- ``round1.json``: secret randomisers, the answer and the sealed result share; written before anything is sent
- ``round2.json``: the question and its only answer; another question for the same randomisers is refused

It is deleted when the job is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from eth_utils.crypto import keccak

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution, Deal
from marketplace.signing.errors import SigningError
from proofs import node as proof_node
from proofs.errors import AnswersInconsistent, ContextMismatch, ProofSystemError, StaleRandomisers
from proofs.keys import ProvingKey
from proofs.messages import Round1Message
from proofs.node import NodeState
from proofs.sharing import DealerPackage
from scheduler.agents.decoding import decode
from scheduler.agents.errors import MalformedDocument, NotFound, TaskRefused
from scheduler.agents.jobs import CheckedJob, check_job
from scheduler.agents.keys import seal_to
from scheduler.agents.leases import Work
from scheduler.agents.onchain import check_job_is_open, check_seats
from scheduler.agents.patience import patiently
from scheduler.agents.session import Session
from scheduler.agents.wire import PackageReference, Seat, TaskContext

__all__ = ["NodeTasks", "attempt_folder"]

ROUND_1, ROUND_2 = 1, 2


def attempt_folder(job_id: str, attempt: int) -> str:
    """Where the state of one attempt is kept."""
    return f"jobs/{job_id}/{attempt}"


@dataclass(frozen=True)
class _Task:
    """A checked task: what every handler starts from."""

    job: CheckedJob
    key: ProvingKey
    seat: Seat
    folder: str


class NodeTasks:
    """Handlers for the lease loop."""

    def __init__(self, session: Session, node_id: str) -> None:
        self.session = session
        self.node_id = node_id

    # compute -----------------------------------------------------------------------------------
    def compute(self, lease: Any, work: Work) -> Mapping[str, Any]:
        """Round 1: open the packages, compute on shares, seal the result share, answer."""
        task = self._begin(lease, work)
        work.progress(0.1, "packages")
        given = decode(tuple[PackageReference, ...], lease.payload.get("packages"), where="packages")
        packages = self._packages(task, given, work)
        stored = [asdict(reference) for reference in given]
        self.session.state.create_json_once(f"{task.folder}/packages.json", stored)
        work.progress(0.3, "round 1")
        answer = self.session.state.read_json(f"{task.folder}/round1.json")
        if answer is None:
            answer = self._round1(task, packages)
        work.progress(0.9, "result share")
        return self._round1_result(task, answer, work)

    def _round1(self, task: _Task, packages: list[DealerPackage]) -> dict[str, Any]:
        done = proof_node.round1(task.key, task.job.statement, packages)
        share = done.share
        sealed = seal_to(task.job.order.recipient_key, share.to_bytes()) if share is not None else b""
        stored: dict[str, Any] = self.session.state.create_json_once(
            f"{task.folder}/round1.json",
            {
                "node_state": done.state.to_bytes().hex(),
                "message": done.message.document(),
                "sealed_share": sealed.hex(),
            },
        )
        return stored

    def _round1_result(self, task: _Task, answer: Mapping[str, Any], work: Work) -> dict[str, Any]:
        result: dict[str, Any] = {"round1": answer["message"]}
        result |= self._signed(task, ROUND_1, document_hash(answer["message"]))
        if answer["sealed_share"]:
            name = f"{task.folder}/result-blob.json"
            stored = self.session.state.read_json(name)
            if stored is None:
                sealed = bytes.fromhex(answer["sealed_share"])
                stored = {"blob_id": self._upload_share(task, sealed, work)}
                self.session.state.write_json(name, stored)
            result["result_share"] = stored
        return result

    def _upload_share(self, task: _Task, sealed: bytes, work: Work) -> str:
        client, job = self.session.client, task.job
        consumer = patiently(work, lambda: client.party_id_of(job.order.consumer, "consumer"))
        return patiently(
            work,
            lambda: client.upload_blob(
                sealed, purpose="result_share", job_id=job.context.job_id, recipient=consumer
            ),
        )

    # prove -------------------------------------------------------------------------------------
    def prove(self, lease: Any, work: Work) -> Mapping[str, Any]:
        """Round 2 for the fixed answering set; the same question is answered the same, another one is
        refused.
        """
        task = self._begin(lease, work)
        answers = _round1_answers(lease.payload, task.job, self.session)
        question = document_hash([{"seat": a.seat, "round1": a.document()} for a in answers])
        name = f"{task.folder}/round2.json"
        stored = self.session.state.read_json(name)
        if stored is None:
            work.progress(0.1, "packages")
            document = self._round2(task, answers, work)
            stored = self.session.state.create_json_once(name, {"question": question, "round2": document})
        if stored["question"] != question:
            raise TaskRefused(
                "randomisers_used",
                "This attempt's randomisers have answered another set or another round 1.",
                "Start a new attempt with new shares.",
            )
        work.progress(0.95, "answer")
        signed = self._signed(task, ROUND_2, document_hash(stored["round2"]))
        return {"round2": stored["round2"], **signed}

    def _round2(self, task: _Task, answers: list[Round1Message], work: Work) -> dict[str, Any]:
        stored = self.session.state.read_json(f"{task.folder}/round1.json")
        references = self.session.state.read_json(f"{task.folder}/packages.json")
        if stored is None or references is None:
            raise TaskRefused(
                "round1_missing",
                "This node has no randomisers for the attempt: no round 1 was answered, or the job is final.",
                "Start a new attempt.",
            )
        state = NodeState.from_bytes(
            bytes.fromhex(stored["node_state"]), context=task.job.deal_context(task.key), seat=task.seat.seat
        )
        given = decode(tuple[PackageReference, ...], references, where="packages.json")
        packages = self._packages(task, given, work)
        work.progress(0.3, "round 2")
        try:
            done = proof_node.round2(task.key, task.job.job, task.job.statement, packages, state, answers)
        except StaleRandomisers as error:
            raise TaskRefused("randomisers_used", str(error)) from None
        except (AnswersInconsistent, ContextMismatch) as error:
            raise TaskRefused("answers_inconsistent", str(error)) from None
        return done.message.document()

    # common ------------------------------------------------------------------------------------
    def _begin(self, lease: Any, work: Work) -> _Task:
        context = decode(TaskContext, lease.payload.get("context"), where="context")
        if (context.job_id, context.attempt) != (lease.job_id, lease.attempt):
            raise TaskRefused("context_invalid", "The context is of another job or attempt than the lease.")
        job = check_job(context, self.session.deployment)
        seat = job.seat(lease.seat or 0)
        keys = self.session.keys
        if (seat.node_id, seat.signer, seat.sealing_key) != (self.node_id, keys.address, keys.sealing_key):
            raise TaskRefused("context_invalid", f"Seat {seat.seat} is not this node's.")
        key = self.session.proving_keys.get(context.setup_id)
        job.check_ones(key)
        patiently(work, lambda: check_job_is_open(self.session.reader(), job))
        patiently(work, lambda: check_seats(self.session.reader(), job))
        return _Task(job, key, seat, attempt_folder(context.job_id, context.attempt))

    def _packages(
        self, task: _Task, references: tuple[PackageReference, ...], work: Work
    ) -> list[DealerPackage]:
        """This seat's packages, one of each dealer of the job."""
        dealers = [reference.dealer for reference in references]
        owners = {item.owner for item in task.job.context.inputs}
        if len(set(dealers)) != len(dealers) or set(dealers) != owners:
            raise TaskRefused("packages_incomplete", "There is not exactly one package of each dealer.")
        return [self._package(task, reference, work) for reference in references]

    def _package(self, task: _Task, reference: PackageReference, work: Work) -> DealerPackage:
        sealed = self._sealed_package(task, reference, work)
        backend = task.key.backend
        try:
            plain = self.session.keys.unseal(sealed)
            package = DealerPackage.from_bytes(
                backend, plain, context=task.job.deal_context(task.key), seat=task.seat.seat
            )
        except (TaskRefused, ProofSystemError) as error:
            raise TaskRefused(
                "package_unreadable",
                f"The package of dealer {reference.dealer} cannot be used: {error}",
                "The dealer must deal again in a new attempt.",
                evidence={"dealer": reference.dealer, "content_hash": reference.content_hash},
            ) from None
        if set(package.columns) != _positions_of(task.job, reference.dealer):
            raise TaskRefused(
                "package_unreadable",
                f"The package of dealer {reference.dealer} holds other columns than its own.",
                evidence={"dealer": reference.dealer, "content_hash": reference.content_hash},
            )
        return package

    def _sealed_package(self, task: _Task, reference: PackageReference, work: Work) -> bytes:
        """The bytes that the dealer signed for this seat, from disk or from the market."""
        context = task.job.context
        deal = Deal(
            job_id=context.job_id,
            attempt=context.attempt,
            seat=task.seat.seat,
            content_hash=reference.content_hash,
        )
        try:
            signer = deal.recover(self.session.deployment.domain("Market"), reference.signature)
        except SigningError as error:
            raise TaskRefused("package_not_signed", f"Dealer {reference.dealer}: {error}") from None
        if signer != reference.dealer:
            raise TaskRefused("package_not_signed", f"Dealer {reference.dealer} did not sign this package.")
        name = f"{task.folder}/package-{reference.dealer}"
        sealed = self.session.state.read_bytes(name)
        if sealed is None or _content_hash(sealed) != reference.content_hash:
            sealed = self._download(reference, work)
            self.session.state.write_bytes(name, sealed)
        return sealed

    def _download(self, reference: PackageReference, work: Work) -> bytes:
        try:
            sealed = patiently(work, lambda: self.session.client.download_blob(reference.blob_id))
        except NotFound as error:
            raise TaskRefused("package_missing", f"Dealer {reference.dealer}: {error.detail}") from None
        if _content_hash(sealed) != reference.content_hash:
            raise TaskRefused(
                "package_altered", f"The package of dealer {reference.dealer} is not the one that it signed."
            )
        return sealed

    def _signed(self, task: _Task, round_number: int, content_hash: str) -> dict[str, str]:
        message = Contribution(
            job_id=task.job.context.job_id,
            attempt=task.job.context.attempt,
            round=round_number,
            seat=task.seat.seat,
            content_hash=content_hash,
        )
        domain = self.session.deployment.domain("Market")
        return {
            "content_hash": content_hash,
            "signature": message.sign(domain, self.session.keys.account.key),
        }


def _positions_of(job: CheckedJob, dealer: str) -> set[int]:
    return {
        position
        for number, item in enumerate(job.context.inputs)
        if item.owner == dealer
        for position in job.positions(number).values()
    }


def _round1_answers(payload: Mapping[str, Any], job: CheckedJob, session: Session) -> list[Round1Message]:
    """Round 1 of the answering set, each signed by the seat's node."""
    answering = payload.get("answering")
    entries = payload.get("round1")
    if not isinstance(answering, list) or not isinstance(entries, list):
        raise MalformedDocument("wrong_type", "answering and round1 should be lists.", "Correct the payload.")
    if sorted(entry.get("seat") for entry in entries) != sorted(answering):
        raise TaskRefused("answers_inconsistent", "Round 1 is not given for exactly the answering set.")
    answers = []
    for entry in sorted(entries, key=lambda entry: int(entry["seat"])):
        _check_round1_signature(entry, job, session)
        try:
            answers.append(Round1Message.from_document(entry["round1"], entry["seat"]))
        except ProofSystemError as error:
            raise TaskRefused("answers_inconsistent", str(error)) from None
    return answers


def _check_round1_signature(entry: Mapping[str, Any], job: CheckedJob, session: Session) -> None:
    seat = job.seat(entry["seat"])
    try:
        message = Contribution(
            job_id=job.context.job_id,
            attempt=job.context.attempt,
            round=ROUND_1,
            seat=seat.seat,
            content_hash=document_hash(entry["round1"]),
        )
        signer = message.recover(session.deployment.domain("Market"), entry["signature"])
    except (KeyError, SigningError) as error:
        raise TaskRefused("answers_inconsistent", f"Round 1 of seat {seat.seat}: {error}") from None
    if signer != seat.signer:
        raise TaskRefused("answers_inconsistent", f"Round 1 of seat {seat.seat} is not signed by its node.")


def _content_hash(sealed: bytes) -> str:
    return "0x" + keccak(sealed).hex()
