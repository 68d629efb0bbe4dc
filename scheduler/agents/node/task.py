"""What every task of a node starts from: a checked job, this node's seat in it, and the signature of an
answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution, TypedMessage
from proofs.keys import ProvingKey
from scheduler.agents.decoding import decode
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob, check_job
from scheduler.agents.leases import Work
from scheduler.agents.onchain import check_job_is_open, check_seats
from scheduler.agents.patience import patiently
from scheduler.agents.session import Session
from scheduler.agents.wire import Lease, Seat, TaskContext

__all__ = ["NodeTask", "begin_task"]


@dataclass(frozen=True)
class NodeTask:
    """A task that was checked against the order's signature and the chain."""

    job: CheckedJob
    key: ProvingKey
    seat: Seat
    session: Session

    @property
    def folder(self) -> str:
        """Where the state of this attempt is kept."""
        return f"jobs/{self.job.context.job_id}/{self.job.context.attempt}"

    def signed(self, round_number: int, answer: Any) -> dict[str, str]:
        """``content_hash`` and ``signature`` (Contribution) of an answer."""
        message = Contribution(
            job_id=self.job.context.job_id,
            attempt=self.job.context.attempt,
            round=round_number,
            seat=self.seat.seat,
            content_hash=document_hash(answer),
        )
        return {"content_hash": message.content_hash, "signature": self.sign(message)}

    def sign(self, message: TypedMessage) -> str:
        """The node's signature for the contract that the message is for."""
        domain = self.session.deployment.domain(message.CONTRACT)
        return message.sign(domain, self.session.keys.account.key)


def begin_task(session: Session, node_id: str, lease: Lease, work: Work) -> NodeTask:
    """Check the task. Raises TaskRefused ``context_invalid``, ``job_not_open``, ``chain_disagrees``."""
    context = decode(TaskContext, lease.payload.get("context"), where="context")
    if (context.job_id, context.attempt) != (lease.job_id, lease.attempt):
        raise TaskRefused("context_invalid", "The context is of another job or attempt than the lease.")
    job = check_job(context, session.deployment)
    seat = job.seat(lease.seat or 0)
    keys = session.keys
    if (seat.node_id, seat.signer, seat.sealing_key) != (node_id, keys.address, keys.sealing_key):
        raise TaskRefused("context_invalid", f"Seat {seat.seat} is not this node's.")
    key = session.proving_keys.get(context.setup_id)
    job.check_ones(key)
    patiently(work, lambda: check_job_is_open(session.reader(), job))
    patiently(work, lambda: check_seats(session.reader(), job))
    return NodeTask(job, key, seat, session)
