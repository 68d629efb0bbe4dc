"""Writes of the outbox that other apps call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.db import transaction

from marketplace.chain.abi import encode_call
from marketplace.chain.encoding import json_arguments
from marketplace.chain.errors import DedupeKeyReused
from marketplace.chain.models import ChainTransaction

if TYPE_CHECKING:
    from marketplace.orders.models import Job

__all__ = ["INDEX_TASK", "SEND_TASK", "transaction_enqueue"]

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
) -> ChainTransaction:
    """Put a wish into the outbox, inside the caller's database transaction, and return it.

    Asking twice with one `dedupe_key` returns the first wish with its first arguments; asking for another
    function under a used key raises `DedupeKeyReused`. `arguments` are those of the Solidity function in
    order: integers, booleans, text, `0x` hex or bytes, lists, and structs as lists in the order of their
    fields or as dictionaries by field name; others raise `ArgumentsInvalid`.
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
        },
    )
    if (wish.contract, wish.function) != (contract, function):
        raise DedupeKeyReused(dedupe_key=dedupe_key)
    if is_new:
        logger.info("chain_transaction_queued", transaction_id=str(wish.id), kind=kind, dedupe_key=dedupe_key)
    transaction.on_commit(lambda: current_app.send_task(SEND_TASK), robust=True)
    return wish
