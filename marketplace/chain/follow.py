"""Follows what was sent: mined, reverted, orphaned, displaced, stuck, final."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import TxReceipt

from marketplace.chain.conf import OutboxPolicy
from marketplace.chain.errors import ContractReverted, TransactionRefused
from marketplace.chain.fees import Fees, fees_raised, fees_suggested
from marketplace.chain.models import ChainTransaction, SignedTransaction
from marketplace.chain.revert import revert_from_exception
from marketplace.chain.reverts import transaction_revert
from marketplace.chain.rpc import chain_failures_typed
from marketplace.chain.signed_forms import form_sign_again
from marketplace.chain.transitions import TransactionEvent, transaction_apply

__all__ = ["Follower", "SendSummary"]

logger = structlog.get_logger(__name__)

State = ChainTransaction.State


@dataclass(slots=True)
class SendSummary:
    """What one pass did."""

    sent: int = 0
    mined: int = 0
    reverted: int = 0
    waiting_for_chain: bool = False


class Follower:
    """Watches the transactions of one signer. Called only by whoever holds the sender's lock."""

    def __init__(
        self,
        *,
        web3: Web3,
        signer: LocalAccount,
        policy: OutboxPolicy,
        clock: Callable[[], datetime],
        broadcast: Callable[[SignedTransaction], None],
    ) -> None:
        self._web3 = web3
        self._signer = signer
        self._policy = policy
        self._clock = clock
        self._broadcast = broadcast

    def follow(self, summary: SendSummary) -> None:
        """Look at everything that is sent or mined and not final; raises `ChainUnreachable`."""
        open_wishes = ChainTransaction.objects.filter(
            state__in=[State.SENT, State.MINED], signer__address=self._signer.address
        ).order_by("nonce")
        with chain_failures_typed():
            if not open_wishes:
                return
            head = self._web3.eth.block_number
            self._warn_of_gap(next((wish.nonce for wish in open_wishes if wish.state == State.SENT), None))
            for wish in open_wishes:
                if wish.state == State.MINED and not self._is_canonical(wish):
                    self._orphan(wish)
                if wish.state == State.SENT:
                    self._look_for_receipt(wish, head, summary)
                if wish.state == State.MINED and wish.block_number is not None:
                    self._finalise_if_deep(wish, head - wish.block_number)

    def _warn_of_gap(self, lowest_nonce: int | None) -> None:
        """No transaction can be mined before those of lower nonces: the chain lost some that were final."""
        count = self._web3.eth.get_transaction_count(self._signer.address)
        if lowest_nonce is not None and lowest_nonce > count:
            logger.error("chain_lost_final_transactions", next_nonce=count, lowest_open_nonce=lowest_nonce)

    def _is_canonical(self, wish: ChainTransaction) -> bool:
        assert wish.block_number is not None
        try:
            block = self._web3.eth.get_block(wish.block_number)
        except BlockNotFound:
            return False
        return _hex(block["hash"]) == wish.block_hash

    def _orphan(self, wish: ChainTransaction) -> None:
        transaction_apply(
            wish,
            TransactionEvent.ORPHAN,
            block_number=None,
            block_hash="",
            gas_used=None,
            gas_price_wei=None,
        )

    def _finalise_if_deep(self, wish: ChainTransaction, depth: int) -> None:
        if depth >= self._policy.finality_depth:
            transaction_apply(wish, TransactionEvent.FINALISE)

    def _look_for_receipt(self, wish: ChainTransaction, head: int, summary: SendSummary) -> None:
        assert wish.nonce is not None
        for form in wish.signed_forms.filter(nonce=wish.nonce).order_by("-id"):
            try:
                receipt = self._web3.eth.get_transaction_receipt(HexBytes(form.tx_hash))
            except TransactionNotFound:
                continue
            self._mined(wish, form, receipt, summary)
            return
        self._not_mined(wish, head)

    def _mined(
        self, wish: ChainTransaction, form: SignedTransaction, receipt: TxReceipt, summary: SendSummary
    ) -> None:
        facts: dict[str, Any] = {
            "tx_hash": form.tx_hash,
            "block_number": receipt["blockNumber"],
            "block_hash": _hex(receipt["blockHash"]),
            "gas_used": receipt["gasUsed"],
            "gas_price_wei": receipt["effectiveGasPrice"],
        }
        if receipt["status"] == 1:
            transaction_apply(wish, TransactionEvent.MINE, **facts)
            summary.mined += 1
        else:
            transaction_revert(wish, TransactionEvent.REVERT, self._why_reverted(form, receipt), **facts)
            summary.reverted += 1

    def _why_reverted(self, form: SignedTransaction, receipt: TxReceipt) -> ContractReverted:
        """Ask for the typed error by calling again at that block; the receipt itself does not carry it."""
        if receipt["gasUsed"] >= form.gas_limit:
            return ContractReverted(
                name="OutOfGas", arguments={"gas_limit": form.gas_limit}, code="chain_out_of_gas"
            )
        fields = TypedTransaction.from_bytes(HexBytes(form.raw)).as_dict()
        call = {"from": self._signer.address, "to": HexBytes(fields["to"]), "data": HexBytes(fields["data"])}
        for block_number in (receipt["blockNumber"] - 1, receipt["blockNumber"]):
            try:
                self._web3.eth.call(call, block_number)  # type: ignore[arg-type]
            except ContractLogicError as error:
                return revert_from_exception(error)
            except Web3RPCError:  # a node that keeps no old state
                break
        return ContractReverted(name="Unknown", arguments={}, code="chain_reverted")

    def _not_mined(self, wish: ChainTransaction, head: int) -> None:
        assert wish.nonce is not None
        newest = wish.signed_forms.get(tx_hash=wish.tx_hash)
        if self._web3.eth.get_transaction_count(self._signer.address) > wish.nonce:
            self._displace_if_final(wish, head)
        elif self._clock() - newest.signed_at > timedelta(seconds=self._policy.reprice_after_seconds):
            self._reprice(wish, newest)
        elif not self._is_known(newest):
            self._send_again(newest)

    def _displace_if_final(self, wish: ChainTransaction, head: int) -> None:
        """A stranger used our key and nonce. Once that is final, none of our forms can ever be mined."""
        assert wish.nonce is not None
        depth = max(self._policy.finality_depth, 1)
        final_block = max(head - depth, 0)
        if self._web3.eth.get_transaction_count(self._signer.address, final_block) > wish.nonce:
            logger.error("chain_nonce_taken_by_a_stranger", transaction_id=str(wish.pk), nonce=wish.nonce)
            transaction_apply(wish, TransactionEvent.DISPLACE, signer=None, nonce=None, tx_hash="")

    def _is_known(self, form: SignedTransaction) -> bool:
        try:
            self._web3.eth.get_transaction(HexBytes(form.tx_hash))
        except TransactionNotFound:
            return False
        return True

    def _send_again(self, form: SignedTransaction) -> None:
        try:
            self._broadcast(form)
        except TransactionRefused as error:
            logger.warning("chain_transaction_not_taken_again", tx_hash=form.tx_hash, problem=str(error))

    def _reprice(self, wish: ChainTransaction, newest: SignedTransaction) -> None:
        limit = self._policy.highest_fee_wei
        earlier = Fees(max_fee_wei=int(newest.max_fee_wei), priority_fee_wei=int(newest.priority_fee_wei))
        fees = fees_raised(earlier, fees_suggested(self._web3, highest_fee_wei=limit), highest_fee_wei=limit)
        if fees is None:
            logger.warning("chain_fee_limit_reached", transaction_id=str(wish.pk), limit_wei=limit)
            self._send_again(newest)
            return
        logger.info("chain_transaction_repriced", transaction_id=str(wish.pk), max_fee_wei=fees.max_fee_wei)
        self._send_again(form_sign_again(wish=wish, earlier=newest, fees=fees, signer=self._signer))


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()
