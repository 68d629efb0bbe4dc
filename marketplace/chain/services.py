"""Writes of the outbox that other apps call."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone

from marketplace.chain.abi import encode_call
from marketplace.chain.deposit_errors import DepositExpired, DepositNotYours
from marketplace.chain.encoding import json_arguments
from marketplace.chain.errors import DedupeKeyReused
from marketplace.chain.models import ChainTransaction

if TYPE_CHECKING:
    from marketplace.accounts.models import Party
    from marketplace.orders.models import Job

__all__ = ["INDEX_TASK", "SEND_TASK", "deposit_make", "transaction_enqueue"]

logger = structlog.get_logger(__name__)

SEND_TASK = "chain.send"
INDEX_TASK = "chain.index"


def transaction_enqueue(
    *,
    kind: str,
    dedupe_key: str,
    contract: str,
    function: str,
    arguments: list[object],
    job: Job | None = None,
    not_before: datetime | None = None,
) -> ChainTransaction:
    """Put a wish into the outbox, inside the caller's database transaction, and return it.

    Asking twice with one `dedupe_key` returns the first wish with its first arguments; asking for another
    function under a used key raises `DedupeKeyReused`. `arguments` are those of the Solidity function in
    order: integers, booleans, text, `0x` hex or bytes, lists, and structs as lists in the order of their
    fields or as dictionaries by field name; others raise `ArgumentsInvalid`. `not_before`: when it may be
    sent, if not at once.
    """
    encode_call(contract, function, arguments)  # a wish that cannot be encoded fails here, not in the sender
    wish, is_new = ChainTransaction.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "kind": kind,
            "contract": contract,
            "function": function,
            "arguments": json_arguments(arguments),
            "job": job,
            "next_attempt_at": not_before or timezone.now(),
        },
    )
    if (wish.contract, wish.function) != (contract, function):
        raise DedupeKeyReused(dedupe_key=dedupe_key)
    if is_new:
        logger.info("chain_transaction_queued", transaction_id=str(wish.id), kind=kind, dedupe_key=dedupe_key)
    transaction.on_commit(lambda: current_app.send_task(SEND_TASK), robust=True)
    return wish


def deposit_make(
    *, party: Party, owner: str, amount: int, deadline: int, signature: dict[str, Any]
) -> ChainTransaction:
    """Relay a party's ERC-2612 permit: its tokens become credit in the market.

    The chain checks the permit; one that it refuses leaves a transaction with the typed error. Raises
    `DepositNotYours`, `DepositExpired`.
    """
    if owner != party.eth_address:
        raise DepositNotYours(f"the permit is of {owner}; you are {party.eth_address}")
    if deadline <= timezone.now().timestamp():
        raise DepositExpired("the permit's deadline has passed")
    v, r, s = signature["v"], signature["r"], signature["s"]
    return transaction_enqueue(
        kind="deposit",
        dedupe_key=f"deposit/{r}{s[2:]}",
        contract="Market",
        function="depositWithPermit",
        arguments=[owner, amount, deadline, v, r, s],
    )
