"""The tasks of a node: rounds 1 and 2, and its answer when a proof failed. PROTOCOL, *Sharing and the nodes*.

The folder ``jobs/<job id>/<attempt>`` of the state directory makes all of them idempotent:

- ``packages.json``, ``package-<dealer>``: the dealers' sealed packages as they came, and who signed them
- ``round1.json``: secret randomisers, the answer and the sealed result share; written before anything is sent
- ``round2.json``: the question and its only answer; another question for the same randomisers is refused
- ``blame.json``: the dealers' commitments after a failed proof and the only answer to them

It is deleted when the job is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import TypedMessage
from marketplace.signing.evidence import result_binding
from proofs import node as proof_node
from proofs.blame import check_binding
from proofs.coordinator import CombinedRound1, answers_digest, combine_round1
from proofs.deal_commitments import DealerCommitments
from proofs.errors import AnswersInconsistent, ContextMismatch, ProofSystemError, StaleRandomisers
from proofs.messages import Round1Message, Round2Message
from proofs.node import NodeState
from proofs.sharing import DealerPackage
from proofs.statement import SealedResult
from scheduler.agents.errors import MalformedDocument, TaskRefused
from scheduler.agents.keys import seal_to
from scheduler.agents.leases import Work
from scheduler.agents.node.answering import blame_answer, own_claim, read_commitments
from scheduler.agents.node.packages import open_packages, reopen_packages
from scheduler.agents.node.task import NodeTask, begin_task
from scheduler.agents.patience import patiently
from scheduler.agents.session import Session
from scheduler.agents.testimony import ROUND_1, ROUND_2, ROUND_BLAME, signed_content
from scheduler.agents.wire import Lease

__all__ = ["NodeTasks"]


class NodeTasks:
    """Handlers for the lease loop."""

    def __init__(self, session: Session, node_id: str) -> None:
        self._session = session
        self._state = session.state
        self._node_id = node_id

    # round 1 -----------------------------------------------------------------------------------
    def compute(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """Open the packages, compute on shares, seal the result share, answer."""
        task = begin_task(self._session, self._node_id, lease, work)
        answer = self._state.read_json(f"{task.folder}/round1.json")
        if answer is None:
            work.progress(0.1, "packages")
            packages = open_packages(task, lease.payload.get("packages"), work)
            work.progress(0.3, "round 1")
            answer = self._round1(task, packages)
        work.progress(0.9, "result share")
        result: dict[str, Any] = {"round1": answer["message"]}
        if answer["sealed_share"]:
            result["result_share"] = self._uploaded_share(task, answer["sealed_share"], work)
        return result | task.signed(ROUND_1, answer["message"])

    def _round1(self, task: NodeTask, packages: list[DealerPackage]) -> dict[str, Any]:
        done = proof_node.round1(task.key, task.job.statement, packages)
        share = done.share
        sealed = seal_to(task.job.order.recipient_key, share.to_bytes()) if share is not None else b""
        stored: dict[str, Any] = self._state.create_json_once(
            f"{task.folder}/round1.json",
            {
                "node_state": done.state.to_bytes().hex(),
                "message": done.message.document(),
                "sealed_share": sealed.hex(),
            },
        )
        return stored

    def _uploaded_share(self, task: NodeTask, sealed_hex: str, work: Work) -> dict[str, str]:
        name = f"{task.folder}/result-blob.json"
        stored: dict[str, str] | None = self._state.read_json(name)
        if stored is None:
            client, job = self._session.client, task.job
            consumer = patiently(work, lambda: client.party_id_of(job.order.consumer, "consumer"))
            blob_id = patiently(
                work,
                lambda: client.upload_blob(
                    bytes.fromhex(sealed_hex),
                    purpose="result_share",
                    job_id=job.context.job_id,
                    recipient=consumer,
                ),
            )
            stored = {"blob_id": blob_id}
            self._state.write_json(name, stored)
        return stored

    # round 2 -----------------------------------------------------------------------------------
    def prove(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """Answer the fixed answering set; the same question gets the same answer, another one is refused."""
        task = begin_task(self._session, self._node_id, lease, work)
        answers = _round1_answers(task, lease.payload)
        question = "0x" + answers_digest(answers).hex()
        name = f"{task.folder}/round2.json"
        stored = self._state.read_json(name)
        if stored is None:
            document = self._round2(task, answers, work)
            stored = self._state.create_json_once(name, {"question": question, "round2": document})
        if stored["question"] != question:
            raise TaskRefused(
                "randomisers_used",
                "This attempt's randomisers have answered another set or another round 1.",
                "Start a new attempt with new shares.",
            )
        work.progress(0.95, "answer")
        result = {"round2": stored["round2"], **task.signed(ROUND_2, stored["round2"])}
        if "Y" in stored["round2"]:
            result["binding_signature"] = task.sign(_binding_claim(task, answers, stored["round2"]))
        return result

    def _round2(self, task: NodeTask, answers: list[Round1Message], work: Work) -> dict[str, Any]:
        work.progress(0.1, "packages")
        packages = reopen_packages(task, work)
        stored = self._state.read_json(f"{task.folder}/round1.json")
        if stored is None:
            raise TaskRefused("round1_missing", "No round 1 was answered in this attempt.")
        work.progress(0.3, "round 2")
        context = task.job.deal_context(task.key)
        try:
            done = proof_node.round2(
                task.key,
                task.job.job,
                task.job.statement,
                packages,
                NodeState.from_bytes(
                    bytes.fromhex(stored["node_state"]), context=context, seat=task.seat.seat
                ),
                answers,
            )
        except StaleRandomisers as error:
            raise TaskRefused("randomisers_used", str(error)) from None
        except (AnswersInconsistent, ContextMismatch) as error:
            raise TaskRefused("answers_inconsistent", str(error)) from None
        # It is signed for the chain, which takes stake for a wrong one.
        check_binding(task.key, _combined(task, answers), _own_answer(task, answers), done.message)
        return done.message.document()

    # blame -------------------------------------------------------------------------------------
    def blame_prove(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """A fresh proof of the own share statement, or the accusation of a dealer whose package is wrong."""
        task = begin_task(self._session, self._node_id, lease, work)
        answered = self._state.read_json(f"{task.folder}/round2.json")
        if answered is None:
            raise TaskRefused("round2_missing", "No round 2 was answered in this attempt.")
        dealt = read_commitments(task, lease.payload, answered["round2"]["z"])
        question = document_hash([commitments.document() for commitments in dealt])
        name = f"{task.folder}/blame.json"
        stored = self._state.read_json(name)
        if stored is None:
            work.progress(0.1, "packages")
            packages = reopen_packages(task, work)
            work.progress(0.3, "own statement")
            answer = self._blame_answer(task, packages, dealt)
            stored = self._state.create_json_once(name, {"question": question, "answer": answer})
        if stored["question"] != question:
            raise TaskRefused("blame_answered", "This node answered to other commitments in this attempt.")
        ((kind, answer),) = stored["answer"].items()
        result = {kind: answer, **task.signed(ROUND_BLAME, answer)}
        if kind == "own_statement":
            result["evidence_signature"] = task.sign(own_claim(task, answer, dealt))
        return result

    def _blame_answer(
        self, task: NodeTask, packages: list[DealerPackage], dealt: list[DealerCommitments]
    ) -> dict[str, Any]:
        return blame_answer(task, packages, dealt)


def _binding_claim(task: NodeTask, answers: list[Round1Message], document: Any) -> TypedMessage:
    """F_M(k), Y, P, pi with the weight and the challenge that they were made for."""
    combined = _combined(task, answers)
    result = _own_answer(task, answers).result
    binding = Round2Message.from_document(document, task.seat.seat).binding
    assert isinstance(result, SealedResult)
    assert binding is not None
    return result_binding(
        job_id=task.job.context.job_id,
        attempt=task.job.context.attempt,
        seat=task.seat.seat,
        weight=combined.weights[task.seat.seat],
        challenge=combined.bound.challenge,
        points=(result.commitment, binding.y, binding.p, binding.pi),
    )


def _combined(task: NodeTask, answers: list[Round1Message]) -> CombinedRound1:
    is_sealed = isinstance(answers[0].result, SealedResult)
    return combine_round1(task.key, task.job.job, task.job.statement, answers, is_sealed=is_sealed)


def _own_answer(task: NodeTask, answers: list[Round1Message]) -> Round1Message:
    return next(answer for answer in answers if answer.seat == task.seat.seat)


def _round1_answers(task: NodeTask, payload: Mapping[str, Any]) -> list[Round1Message]:
    """Round 1 of exactly the answering set, each signed by the seat's node."""
    answering, entries = payload.get("answering"), payload.get("round1")
    if not isinstance(answering, list) or not isinstance(entries, list):
        raise MalformedDocument("wrong_type", "answering and round1 should be lists.", "Correct the payload.")
    by_seat = {entry.get("seat"): entry for entry in entries}
    if len(by_seat) != len(entries) or by_seat.keys() != set(answering):
        raise TaskRefused("answers_inconsistent", "Round 1 is not given for exactly the answering set.")
    return [_round1_answer(task, by_seat[seat]) for seat in sorted(by_seat)]


def _round1_answer(task: NodeTask, entry: Mapping[str, Any]) -> Round1Message:
    seat = task.job.seat(entry["seat"])
    document = signed_content(
        task.session.deployment,
        task.job,
        entry,
        "round1",
        round_number=ROUND_1,
        seat=seat.seat,
        signer=seat.signer,
        code="answers_inconsistent",
    )
    try:
        return Round1Message.from_document(document, seat.seat)
    except ProofSystemError as error:
        raise TaskRefused("answers_inconsistent", f"Round 1 of seat {seat.seat}: {error}") from None
