"""Paying into the market by an ERC-2612 permit: the consumer signs, the market's relayer brings it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from eth_account.messages import encode_typed_data

from marketplace.chain.reader import ChainReader
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import AgentError, ConfigurationError
from scheduler.agents.logs import logger
from scheduler.agents.session import Session, until_available

__all__ = ["ensure_credit", "sign_permit"]

PERMIT_VALID_SECONDS = 3600
CREDITED_WITHIN_SECONDS = 300.0
POLL_SECONDS = 1.0
PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def ensure_credit(
    session: Session,
    needed: int,
    *,
    at_least: int,
    announce: Callable[[str, int], None],
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the credit in the market covers ``needed``; pay in if it does not.

    ``announce``: called with a text key and an amount. Raises ConfigurationError ``tokens_too_few``,
    AgentError ``deposit_not_credited``.
    """
    reader, address = session.reader(), session.keys.address
    with chain_errors():
        balance = reader.balance(address)
        tokens = reader.token_balance(address)
    if balance >= needed:
        announce("deposit_not_needed", balance)
        return
    amount = min(max(needed - balance, at_least), tokens)
    if balance + amount < needed:
        raise ConfigurationError(
            "tokens_too_few",
            f"{address} has {balance} in the market and {tokens} outside; {needed} are needed.",
            "Send settlement tokens to this address.",
        )
    body = sign_permit(session, reader, amount, deadline=int(now()) + PERMIT_VALID_SECONDS)
    key = f"deposit-{body['signature']['r']}"
    until_available(lambda: session.client.deposit(body, idempotency_key=key))
    announce("deposit_made", amount)
    _wait_for_credit(reader, address, needed, sleep)


def sign_permit(session: Session, reader: ChainReader, amount: int, *, deadline: int) -> dict[str, Any]:
    """The body of ``POST /deposits``: a permit for the Market contract over ``amount`` tokens."""
    owner, token = session.keys.address, reader.addresses["SettlementToken"]
    with chain_errors():
        domain = reader.call("SettlementToken", "eip712Domain")
        nonce = int(reader.call("SettlementToken", "nonces", owner))
    message = {
        "types": {"EIP712Domain": DOMAIN, "Permit": PERMIT},
        "primaryType": "Permit",
        "domain": {
            "name": domain["name"],
            "version": domain["version"],
            "chainId": session.deployment.chain_id,
            "verifyingContract": token,
        },
        "message": {
            "owner": owner,
            "spender": reader.addresses["Market"],
            "value": amount,
            "nonce": nonce,
            "deadline": deadline,
        },
    }
    signed = session.keys.account.sign_message(encode_typed_data(full_message=message))
    return {
        "owner": owner,
        "amount": str(amount),
        "deadline": deadline,
        "signature": {
            "v": signed.v,
            "r": f"0x{signed.r:064x}",
            "s": f"0x{signed.s:064x}",
        },
    }


def _wait_for_credit(reader: ChainReader, address: str, needed: int, sleep: Callable[[float], None]) -> None:
    waited = 0.0
    while waited < CREDITED_WITHIN_SECONDS:
        with chain_errors():
            if reader.balance(address) >= needed:
                return
        logger().info("deposit_awaited", waited_seconds=waited)
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    raise AgentError(
        "deposit_not_credited",
        f"The deposit was not credited within {CREDITED_WITHIN_SECONDS:.0f} s.",
        "Look up the transaction at the market, then order again.",
    )
