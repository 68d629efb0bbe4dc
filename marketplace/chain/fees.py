"""What to pay for a transaction (EIP-1559). No Django."""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3

__all__ = ["Fees", "fees_raised", "fees_suggested"]

# A pool accepts a replacement only if it pays a tenth more; an eighth leaves room for rounding.
RAISE_DIVISOR = 8


@dataclass(frozen=True, slots=True)
class Fees:
    """The most to pay per unit of gas, and the part of it that goes to the block's proposer."""

    max_fee_wei: int
    priority_fee_wei: int

    def capped(self, highest_fee_wei: int) -> Fees:
        most = min(self.max_fee_wei, highest_fee_wei)
        return Fees(max_fee_wei=most, priority_fee_wei=min(self.priority_fee_wei, most))


def fees_suggested(web3: Web3, *, highest_fee_wei: int) -> Fees:
    """Twice the present base fee (six full blocks of growth) and the tip that the node recommends."""
    base_fee_wei = int(web3.eth.get_block("latest").get("baseFeePerGas", 0))
    tip_wei = int(web3.eth.max_priority_fee)
    return Fees(max_fee_wei=2 * base_fee_wei + tip_wei, priority_fee_wei=tip_wei).capped(highest_fee_wei)


def fees_raised(earlier: Fees, suggested: Fees, *, highest_fee_wei: int) -> Fees | None:
    """Fees with which a transaction replaces itself in the pool, or None where the limit forbids it."""
    raised = Fees(
        max_fee_wei=max(suggested.max_fee_wei, _raised(earlier.max_fee_wei)),
        priority_fee_wei=max(suggested.priority_fee_wei, _raised(earlier.priority_fee_wei)),
    )
    return raised if raised.max_fee_wei <= highest_fee_wei else None


def _raised(wei: int) -> int:
    return wei + wei // RAISE_DIVISOR + 1
