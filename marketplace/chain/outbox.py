"""Sends what the outbox holds, and follows it until it is final.

One sender per signer at a time (advisory lock). Wishes are tried in the order in which they were queued; one
that has to wait does not hold up the others. Nothing here changes a job, a licence or a dataset: that is the
indexer's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import Max, QuerySet
from django.utils import timezone
from eth_account.signers.local import LocalAccount
from web3.exceptions import ContractLogicError, Web3RPCError

from marketplace.chain.abi import encode_call
from marketplace.chain.conf import OutboxPolicy, sender_lock_name
from marketplace.chain.errors import ChainUnreachable, ContractReverted, TransactionRefused
from marketplace.chain.fees import fees_suggested
from marketplace.chain.follow import Follower, SendSummary
from marketplace.chain.locks import advisory_lock
from marketplace.chain.models import ChainTransaction, SignedTransaction
from marketplace.chain.reader import ChainReader
from marketplace.chain.revert import revert_from_exception
from marketplace.chain.reverts import transaction_revert
from marketplace.chain.rpc import chain_failures_typed
from marketplace.chain.signed_forms import Call, form_sign_first
from marketplace.chain.transitions import TransactionEvent, transaction_apply

__all__ = ["Outbox", "SendSummary"]

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
# What nodes answer when they have the very transaction, or one of its nonce, already.
HARMLESS_REFUSALS = ("already known", "already imported", "known transaction", "nonce too low", "underpriced")
DEFERRAL_SECONDS = 2.0


class Outbox:
    """The sender of one signing key on one chain. Clock and broadcast are arguments for the tests' sake."""

    def __init__(
        self,
        *,
        reader: ChainReader,
        signer: LocalAccount,
        chain_id: int,
        policy: OutboxPolicy,
        clock: Callable[[], datetime] = timezone.now,
        broadcast: Callable[[bytes], object] | None = None,
    ) -> None:
        self._reader = reader
        self._web3 = reader.web3
        self._signer = signer
        self._chain_id = chain_id
        self._policy = policy
        self._clock = clock
        self._broadcast_raw = broadcast or self._web3.eth.send_raw_transaction
        self._follower = Follower(
            web3=self._web3, signer=signer, policy=policy, clock=clock, broadcast=self._broadcast
        )

    def run(self) -> SendSummary:
        """Send what is due and follow what was sent; return at once if another process is at it."""
        summary = SendSummary()
        while True:
            with advisory_lock(sender_lock_name(self._chain_id, self._signer.address)) as is_held:
                if not is_held:
                    return summary
                try:
                    self._pass(summary)
                except ChainUnreachable as error:
                    summary.waiting_for_chain = True
                    self._wait_for_chain(error)
                    return summary
            # Whoever queued while we were at work found the lock taken and left it to us.
            if not self._due().exists():
                return summary

    def _pass(self, summary: SendSummary) -> None:
        self._follower.follow(summary)
        for wish in self._due():
            self._try(wish, summary)
        self._follower.follow(summary)

    def _due(self) -> QuerySet[ChainTransaction]:
        return ChainTransaction.objects.filter(
            state=State.QUEUED, next_attempt_at__lte=self._clock()
        ).order_by("sequence")

    def _try(self, wish: ChainTransaction, summary: SendSummary) -> None:
        try:
            form = self._signed_form(wish)
            self._broadcast(form)
        except ContractReverted as error:
            if self._has_transactions_in_flight():
                self._postpone(wish, str(error), DEFERRAL_SECONDS)
                return
            transaction_revert(wish, TransactionEvent.REFUSE, error)
            summary.reverted += 1
        except TransactionRefused as error:
            self._postpone(wish, str(error), self._backoff_seconds(wish.send_attempts))
        else:
            transaction_apply(
                wish,
                TransactionEvent.SEND,
                first_sent_at=wish.first_sent_at or self._clock(),
                send_attempts=wish.send_attempts + 1,
                last_problem="",
            )
            summary.sent += 1

    def _signed_form(self, wish: ChainTransaction) -> SignedTransaction:
        """The form signed before a crash if there is one; else simulate, price, sign and store."""
        if wish.nonce is not None:
            return wish.signed_forms.get(tx_hash=wish.tx_hash)
        with chain_failures_typed():
            call = self._simulated_call(wish)
            fees = fees_suggested(self._web3, highest_fee_wei=self._policy.highest_fee_wei)
            pending_count = self._web3.eth.get_transaction_count(self._signer.address, "pending")
        return form_sign_first(
            wish=wish, call=call, fees=fees, signer=self._signer, pending_count=pending_count
        )

    def _simulated_call(self, wish: ChainTransaction) -> Call:
        """The call with its gas; raises `ContractReverted` if it would fail on top of what is pending."""
        to = self._reader.contract(wish.contract).address
        data = encode_call(wish.contract, wish.function, wish.arguments)
        try:
            gas = self._web3.eth.estimate_gas(
                {"from": self._signer.address, "to": to, "data": data}, "pending"
            )
        except ContractLogicError as error:
            raise revert_from_exception(error) from error
        except Web3RPCError as error:
            raise TransactionRefused(f"the chain's node does not simulate it: {error.message}") from error
        gas_limit = gas * (100 + self._policy.gas_margin_percent) // 100
        return Call(chain_id=self._chain_id, to=to, data=data, gas_limit=gas_limit)

    def _broadcast(self, form: SignedTransaction) -> None:
        with chain_failures_typed():
            try:
                self._broadcast_raw(bytes(form.raw))
            except Web3RPCError as error:
                message = str(error.message)
                if not any(phrase in message.lower() for phrase in HARMLESS_REFUSALS):
                    raise TransactionRefused(f"the chain's node does not take it: {message}") from error
                logger.info("chain_broadcast_was_known", tx_hash=form.tx_hash, message=message)

    def _has_transactions_in_flight(self) -> bool:
        """A refusal may be due to a transaction that is sent but not mined: then it says nothing yet."""
        return ChainTransaction.objects.filter(
            state=State.SENT, signer__address=self._signer.address, signer__chain_id=self._chain_id
        ).exists()

    def _postpone(self, wish: ChainTransaction, problem: str, seconds: float) -> None:
        logger.warning("chain_transaction_postponed", transaction_id=str(wish.pk), problem=problem)
        wish.send_attempts += 1
        wish.last_problem = problem
        wish.next_attempt_at = self._clock() + timedelta(seconds=seconds)
        wish.save(update_fields=["send_attempts", "last_problem", "next_attempt_at", "updated_at"])

    def _wait_for_chain(self, error: ChainUnreachable) -> None:
        """Put all that is due off by the same time, so that its order stays."""
        due = self._due()
        attempts = due.aggregate(most=Max("send_attempts"))["most"] or 0
        seconds = self._backoff_seconds(attempts)
        logger.warning("chain_unreachable", problem=str(error), retry_in_seconds=seconds)
        due.update(
            send_attempts=attempts + 1,
            last_problem=str(error),
            next_attempt_at=self._clock() + timedelta(seconds=seconds),
        )

    def _backoff_seconds(self, attempts: int) -> float:
        longest = self._policy.retry_longest_seconds
        return float(min(longest, self._policy.retry_first_seconds * 2 ** min(attempts, 16)))
