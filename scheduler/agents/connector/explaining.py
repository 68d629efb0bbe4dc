"""What a dealer shows when a combined proof failed: commitments to its deal, and one package to the market.

docs/adr/0008 says why neither harms: commitments for one z in an attempt hide everything; and the node whose
package is opened accused this dealer by its signature, so it lied, and is the corrupt one that t allows, or
this dealer did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.sealing import ephemeral_secret
from proofs.blame import Accusation
from proofs.errors import ProofSystemError
from proofs.messages import Round2Message
from proofs.sharing import answers_needed
from proofs.statement import Program
from scheduler.agents.chain import Deployment
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob
from scheduler.agents.state import StateDirectory
from scheduler.agents.testimony import ROUND_2, ROUND_BLAME, signed_content
from scheduler.agents.wire import Lease

__all__ = ["answered_challenge", "check_accusation", "package_opening"]


def answered_challenge(deployment: Deployment, job: CheckedJob, payload: Mapping[str, Any]) -> int:
    """The z that a whole answering set signed in round 2. No honest node signs two in an attempt.

    Raises TaskRefused ``answers_inconsistent``.
    """
    entries = payload.get("round2")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise _inconsistent("round2 should be a list of the nodes' signed answers.")
    challenges = {
        entry.get("seat"): _challenge(deployment, job, entry, entry.get("seat")) for entry in entries
    }
    if len(challenges) != len(entries) or len(challenges) != answers_needed(Program.DEGREE):
        raise _inconsistent(f"Round 2 of {answers_needed(Program.DEGREE)} different seats is needed.")
    if len(set(challenges.values())) != 1:
        raise _inconsistent("The nodes answered different challenges.")
    return challenges.popitem()[1]


def _challenge(deployment: Deployment, job: CheckedJob, entry: Mapping[str, Any], number: Any) -> int:
    seat = job.seat(number)
    document = signed_content(
        deployment,
        job,
        entry,
        "round2",
        round_number=ROUND_2,
        seat=seat.seat,
        signer=seat.signer,
        code="answers_inconsistent",
    )
    try:
        return Round2Message.from_document(document, seat.seat).challenge
    except ProofSystemError as error:
        raise _inconsistent(f"Round 2 of seat {seat.seat}: {error}") from None


def check_accusation(
    deployment: Deployment, job: CheckedJob, lease: Lease, committed: Any, own: set[int]
) -> int:
    """The lease's seat, if its node signed an accusation of this dealer by these commitments of its.

    ``own``: positions of this dealer's columns. Raises TaskRefused ``accusation_unusable``.
    """
    seat, payload = job.seat(lease.seat or 0), lease.payload
    document = signed_content(
        deployment,
        job,
        payload,
        "accusation",
        round_number=ROUND_BLAME,
        seat=seat.seat,
        signer=seat.signer,
        code="accusation_unusable",
    )
    try:
        accusation = Accusation.from_document(document, seat.seat)
    except ProofSystemError as error:
        raise TaskRefused("accusation_unusable", str(error)) from None
    if accusation.position not in own or document["commitments"] != document_hash(committed):
        raise TaskRefused("accusation_unusable", "It is not about this dealer's columns and commitments.")
    return seat.seat


def package_opening(state: StateDirectory, folder: str, seat: int, sealing_seed: bytes) -> dict[str, Any]:
    """The ephemeral secret of one seat's package; of a single one in an attempt.

    Two shares would show the data (t = 1). Raises TaskRefused ``package_opened``.
    """
    opened = state.create_json_once(f"{folder}/opened.json", {"seat": seat})
    if opened["seat"] != seat:
        raise TaskRefused(
            "package_opened", f"The package of seat {opened['seat']} was opened; one is enough."
        )
    return {"seat": seat, "ephemeral_secret": "0x" + ephemeral_secret(sealing_seed).hex()}


def _inconsistent(detail: str) -> TaskRefused:
    return TaskRefused("answers_inconsistent", detail)
