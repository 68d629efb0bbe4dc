"""Signing: a nonce is given out and the signed form stored in one database transaction, before sending.

A process that dies afterwards leaves bytes that can be sent again and again: they have one hash, and the
chain takes them once.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from marketplace.chain.fees import Fees
from marketplace.chain.models import ChainTransaction, SignedTransaction, SignerAccount

__all__ = ["Call", "form_sign_again", "form_sign_first"]


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does: to whom, with which data, with how much gas at most."""

    chain_id: int
    to: str
    data: bytes
    gas_limit: int


def form_sign_first(
    *, wish: ChainTransaction, call: Call, fees: Fees, signer: LocalAccount, pending_count: int
) -> SignedTransaction:
    """Give the wish a nonce, sign it, store both.

    `pending_count`: transactions of the signer the node has.
    """
    with transaction.atomic():
        SignerAccount.objects.get_or_create(chain_id=call.chain_id, address=signer.address)
        account = SignerAccount.objects.select_for_update().get(
            chain_id=call.chain_id, address=signer.address
        )
        nonce = max(account.next_nonce, pending_count)
        form = _sign(wish=wish, call=call, fees=fees, signer=signer, nonce=nonce)
        account.next_nonce = nonce + 1
        account.save(update_fields=["next_nonce"])
        wish.signer, wish.nonce, wish.tx_hash = account, nonce, form.tx_hash
        wish.save(update_fields=["signer", "nonce", "tx_hash", "updated_at"])
    return form


def form_sign_again(
    *, wish: ChainTransaction, earlier: SignedTransaction, fees: Fees, signer: LocalAccount
) -> SignedTransaction:
    """Sign the same call with the same nonce and higher fees."""
    account = wish.signer
    assert account is not None
    call = _call_of(earlier, account.chain_id)
    with transaction.atomic():
        form = _sign(wish=wish, call=call, fees=fees, signer=signer, nonce=earlier.nonce)
        wish.tx_hash = form.tx_hash
        wish.save(update_fields=["tx_hash", "updated_at"])
    return form


def _sign(
    *, wish: ChainTransaction, call: Call, fees: Fees, signer: LocalAccount, nonce: int
) -> SignedTransaction:
    signed = signer.sign_transaction(
        {
            "type": 2,
            "chainId": call.chain_id,
            "nonce": nonce,
            "to": HexBytes(call.to),
            "data": call.data,
            "value": 0,
            "gas": call.gas_limit,
            "maxFeePerGas": fees.max_fee_wei,
            "maxPriorityFeePerGas": fees.priority_fee_wei,
        }
    )
    return SignedTransaction.objects.create(
        transaction=wish,
        tx_hash="0x" + bytes(signed.hash).hex(),
        nonce=nonce,
        raw=bytes(signed.raw_transaction),
        gas_limit=call.gas_limit,
        max_fee_wei=fees.max_fee_wei,
        priority_fee_wei=fees.priority_fee_wei,
    )


def _call_of(form: SignedTransaction, chain_id: int) -> Call:
    fields = TypedTransaction.from_bytes(HexBytes(form.raw)).as_dict()
    to = to_checksum_address(bytes(fields["to"]))
    return Call(chain_id=chain_id, to=to, data=bytes(fields["data"]), gas_limit=form.gas_limit)
