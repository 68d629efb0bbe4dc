"""A node that is not always honest: the real agent, with its answers changed before it signs them.

Run in place of `hengsuan node` on a node's home; `odd.json` there says when to do what.
"""

import sys
from collections.abc import Mapping
from typing import Any

import odd

from proofs.backend import get_backend
from proofs.blame import Accusation
from proofs.deal_commitments import DealerCommitments
from proofs.messages import Round1Message
from proofs.sharing import DealerPackage
from scheduler.agents.errors import Unprocessable
from scheduler.agents.leases import Work
from scheduler.agents.node import cli
from scheduler.agents.node.task import NodeTask
from scheduler.agents.node.worker import NodeTasks
from scheduler.agents.session import Session
from scheduler.agents.wire import Lease

OTHER_POINT = "0x" + get_backend().g1_mul(get_backend().g1_generator(), 12345).hex()
OFF_CURVE = "0x" + (1).to_bytes(32, "big").hex() + (3).to_bytes(32, "big").hex()
CHANGES = {
    "wrong_binding": {"Y": OTHER_POINT},
    "wrong_core": {"C": OTHER_POINT},
    "off_curve": {"C": OFF_CURVE},
}


class OddTasks(NodeTasks):
    """The node's work, spoiled on demand."""

    def __init__(self, session: Session, node_id: str) -> None:
        super().__init__(session, node_id)
        note_refused_finishes(session)

    def compute(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        result = super().compute(lease, work)
        if odd.told("compute") == "pause":
            odd.pause("compute", work)
        return result

    def prove(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        result = super().prove(lease, work)
        if odd.told("prove") == "pause":
            odd.pause("prove", work)
        return result

    def _round2(self, task: NodeTask, answers: list[Round1Message], work: Work) -> dict[str, Any]:
        return super()._round2(task, answers, work) | CHANGES.get(odd.told("prove"), {})

    def _blame_answer(
        self, task: NodeTask, packages: list[DealerPackage], dealt: list[DealerCommitments]
    ) -> dict[str, Any]:
        if odd.told("blame_prove") == "accuse":
            return {"accusation": Accusation(task.seat.seat, 1, dealer_of(1, dealt)).document()}
        changes = CHANGES.get(odd.told("blame_prove"), {})
        answer = super()._blame_answer(task, packages, dealt)
        return {kind: content | changes for kind, content in answer.items()}


def dealer_of(position: int, dealt: list[DealerCommitments]) -> bytes:
    """The digest of the commitments to this column."""
    return next(made.digest for made in dealt if position in made.positions)


def note_refused_finishes(session: Session) -> None:
    """Keep what the market says to a wrong answer, and whether it leaves the lease in this node's hands."""
    client = session.client
    finish = client.finish

    def noted(lease: Lease, result: Mapping[str, Any], *, patience_seconds: float) -> None:
        try:
            finish(lease, result, patience_seconds=patience_seconds)
        except Unprocessable as error:
            beat = client.heartbeat(lease, progress=1.0, note="still here")
            odd.note(
                "refused.json",
                {
                    "status": error.status,
                    "code": error.code,
                    "detail": error.detail,
                    "remedy": error.remedy,
                    "task_id": lease.task_id,
                    "then": beat.action,
                },
            )
            raise

    client.finish = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    cli.NodeTasks = OddTasks  # type: ignore[misc]
    sys.exit(cli.main())
