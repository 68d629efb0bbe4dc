"""Stake of nodes and bonds of accounts, as the chain reported them. Entries are appended and never changed.

A reorganisation withdraws the entries of its events; the trigger of migration 0003 refuses any other
change. What is held follows from the entries in the order of the chain, by the rules of NodeRegistry.sol.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.chain.models import ChainEvent
from scheduler.nodes.models import Collateral, CollateralEntry, Conviction, Movement

__all__ = [
    "Held",
    "collateral_append",
    "collateral_held",
    "collateral_withdraw",
    "conviction_append",
    "convictions_of",
]


@dataclass(frozen=True, slots=True)
class Held:
    """What stands for somebody's honesty, in the smallest unit of the token."""

    bonded: int = 0
    unbonding: int = 0

    def after(self, movement: Movement, amount: int) -> Held:
        """Stake and bond alike: taking empties what is bonded first, then what is on its way out."""
        if movement is Movement.DEPOSITED:
            return Held(self.bonded + amount, self.unbonding)
        if movement is Movement.RELEASED:
            return Held(self.bonded - amount, self.unbonding + amount)
        if movement is Movement.WITHDRAWN:
            return Held(self.bonded, self.unbonding - amount)
        from_bonded = min(amount, self.bonded)
        return Held(self.bonded - from_bonded, self.unbonding - (amount - from_bonded))


def collateral_append(
    *,
    collateral: Collateral,
    holder: str,
    movement: Movement,
    amount: int,
    event: ChainEvent,
    job_id: str | None = None,
    evidence_hash: str | None = None,
) -> None:
    """Append one movement of a node's stake or an account's bond; the same event again changes nothing."""
    CollateralEntry.objects.get_or_create(
        event=event,
        defaults={
            "collateral": collateral,
            "holder": holder,
            "movement": movement,
            "amount": amount,
            "job_id": job_id,
            "evidence_hash": evidence_hash,
            "recorded_at": event.mined_at,
        },
    )


def conviction_append(
    *,
    accused: str,
    ground: Conviction.Ground,
    job_id: str,
    evidence_hash: str,
    amount: int,
    compensation: int | None,
    event: ChainEvent,
) -> None:
    """Append what the contract Evidence decided; the same event again changes nothing."""
    Conviction.objects.get_or_create(
        event=event,
        defaults={
            "accused": accused,
            "ground": ground,
            "job_id": job_id,
            "evidence_hash": evidence_hash,
            "amount": amount,
            "compensation": compensation,
            "recorded_at": event.mined_at,
        },
    )


def collateral_withdraw(*, events: Iterable[ChainEvent]) -> None:
    """Remove what events said that a reorganisation orphaned; the database refuses for any other."""
    orphans = list(events)
    CollateralEntry.objects.filter(event__in=orphans).delete()
    Conviction.objects.filter(event__in=orphans).delete()


def collateral_held(*, collateral: Collateral, holders: Iterable[str]) -> dict[str, Held]:
    """Stake by node id, or bond by address; who never deposited has nothing. One query."""
    held = dict.fromkeys(holders, Held())
    entries = CollateralEntry.objects.filter(collateral=collateral, holder__in=list(held))
    for holder, movement, amount in entries.order_by("event__block_number", "event__log_index").values_list(
        "holder", "movement", "amount"
    ):
        held[holder] = held[holder].after(Movement(movement), int(amount))
    return held


def convictions_of(*, accused: str) -> list[Conviction]:
    """What a node (by id) or an account (by address) was convicted of, newest first."""
    return list(Conviction.objects.filter(accused=accused).order_by("-recorded_at", "-id"))
