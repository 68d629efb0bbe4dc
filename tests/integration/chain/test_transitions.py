"""The table of an outbox transaction's states against every state and event."""

from __future__ import annotations

import pytest

from marketplace.chain.errors import TransactionTransitionLost
from marketplace.chain.models import ChainTransaction, SignerAccount
from marketplace.chain.transitions import TRANSITIONS, TransactionEvent, transaction_apply

State = ChainTransaction.State
HASH = "0x" + "12" * 32


@pytest.fixture
def signer(db: None) -> SignerAccount:
    return SignerAccount.objects.create(chain_id=31337, address="0x" + "Ab" * 20)


def a_wish(state: State, signer: SignerAccount) -> ChainTransaction:
    is_signed = state in (State.SENT, State.MINED, State.FINAL)
    is_mined = state in (State.MINED, State.FINAL)
    return ChainTransaction.objects.create(
        kind="k",
        dedupe_key=f"key {state}",
        contract="Market",
        function="fail",
        arguments=[],
        state=state,
        signer=signer if is_signed else None,
        nonce=1 if is_signed else None,
        tx_hash=HASH if is_signed else "",
        block_number=1 if is_mined else None,
        block_hash=HASH if is_mined else "",
        error_code="chain_reverted" if state == State.REVERTED else "",
    )


def changes_for(event: TransactionEvent, signer: SignerAccount) -> dict[str, object]:
    return {
        TransactionEvent.SEND: {"signer": signer, "nonce": 1, "tx_hash": HASH},
        TransactionEvent.MINE: {"block_number": 1, "block_hash": HASH},
        TransactionEvent.REFUSE: {"error_code": "chain_reverted"},
        TransactionEvent.REVERT: {"error_code": "chain_reverted"},
        TransactionEvent.DISPLACE: {"signer": None, "nonce": None, "tx_hash": ""},
        TransactionEvent.ORPHAN: {"block_number": None, "block_hash": ""},
    }.get(event, {})


@pytest.mark.parametrize("event", TransactionEvent)
@pytest.mark.parametrize("state", State)
def test_every_state_and_event(state: State, event: TransactionEvent, signer: SignerAccount) -> None:
    wish = a_wish(state, signer)
    target = TRANSITIONS.get((state, event))
    if target is None:
        with pytest.raises(TransactionTransitionLost):
            transaction_apply(wish, event)
        return
    transaction_apply(wish, event, **changes_for(event, signer))
    assert wish.state == target


def test_the_second_of_two_processes_loses(signer: SignerAccount) -> None:
    wish = a_wish(State.QUEUED, signer)
    stale = ChainTransaction.objects.get(pk=wish.pk)
    transaction_apply(wish, TransactionEvent.REFUSE, error_code="chain_reverted")
    with pytest.raises(TransactionTransitionLost):
        transaction_apply(stale, TransactionEvent.SEND, **changes_for(TransactionEvent.SEND, signer))
