"""What the market learns when a transaction of its outbox was refused."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from marketplace.chain.errors import ContractReverted
from marketplace.chain.models import ChainTransaction
from marketplace.chain.transitions import TransactionEvent, transaction_apply

__all__ = ["transaction_revert"]


def transaction_revert(
    wish: ChainTransaction, event: TransactionEvent, error: ContractReverted, **facts: Any
) -> None:
    """Mark the wish REVERTED with its typed error, and tell the job in the same database transaction."""
    with transaction.atomic():
        transaction_apply(
            wish,
            event,
            error_code=error.code,
            error_name=error.name,
            error_arguments=error.arguments,
            last_problem=str(error),
            **facts,
        )
