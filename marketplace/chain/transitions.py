"""The states of an outbox transaction: one table, one function.

| from | event | to | when |
|---|---|---|---|
| QUEUED | send | SENT | the node took a signed form |
| QUEUED | refuse | REVERTED | the contract refuses in simulation; nothing was sent |
| SENT | mine | MINED | a form is in a block, with success |
| SENT | revert | REVERTED | a form is in a block, without success |
| SENT | displace | QUEUED | a stranger used the nonce, finally; signed anew |
| MINED | orphan | SENT | its block is no longer part of the chain |
| MINED | finalise | FINAL | enough blocks are above it |
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import structlog
from django.utils import timezone

from marketplace.chain.errors import TransactionTransitionLost
from marketplace.chain.models import ChainTransaction

__all__ = ["TRANSITIONS", "TransactionEvent", "transaction_apply"]

logger = structlog.get_logger(__name__)

State = ChainTransaction.State


class TransactionEvent(StrEnum):
    SEND = "send"
    REFUSE = "refuse"
    MINE = "mine"
    REVERT = "revert"
    DISPLACE = "displace"
    ORPHAN = "orphan"
    FINALISE = "finalise"


TRANSITIONS: dict[tuple[State, TransactionEvent], State] = {
    (State.QUEUED, TransactionEvent.SEND): State.SENT,
    (State.QUEUED, TransactionEvent.REFUSE): State.REVERTED,
    (State.SENT, TransactionEvent.MINE): State.MINED,
    (State.SENT, TransactionEvent.REVERT): State.REVERTED,
    (State.SENT, TransactionEvent.DISPLACE): State.QUEUED,
    (State.MINED, TransactionEvent.ORPHAN): State.SENT,
    (State.MINED, TransactionEvent.FINALISE): State.FINAL,
}


def transaction_apply(wish: ChainTransaction, event: TransactionEvent, **changes: Any) -> ChainTransaction:
    """Move a transaction along the table and set `changes` in the same update.

    Raises `TransactionTransitionLost` when the table does not allow it or another process was first.
    """
    from_state = State(wish.state)
    to_state = TRANSITIONS.get((from_state, event))
    values = {**changes, "state": to_state, "updated_at": timezone.now()}
    if to_state is None or not ChainTransaction.objects.filter(pk=wish.pk, state=from_state).update(**values):
        raise TransactionTransitionLost(f"transaction {wish.pk} was {from_state}; {event} is lost")
    wish.refresh_from_db()
    logger.info(
        "chain_transaction_moved",
        transaction_id=str(wish.pk),
        kind=wish.kind,
        from_state=from_state.value,
        to_state=to_state.value,
        tx_hash=wish.tx_hash,
        error_code=wish.error_code,
    )
    return wish
