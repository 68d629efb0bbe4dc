"""Stakes and bonds of NodeRegistry as one would write them on a blackboard, to compare the contract with.

A holder is a node's id or an account's address. A refusal is `Refused` with the name of the contract's error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from tests.contracts.ledger_model import Refused

__all__ = ["BondModel", "Refused"]


@dataclass
class ModelStake:
    bonded: int = 0
    unbonding: int = 0
    withdrawable_day: int = 0


@dataclass
class BondModel:
    """``delay_days``: of this kind of stake. ``paid``: what left it, by receiver; ``awarded``: what waits."""

    delay_days: int
    day: int = 0
    stakes: dict[Hashable, ModelStake] = field(default_factory=dict)
    paid: Counter[str] = field(default_factory=Counter)
    awarded: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(stake.bonded + stake.unbonding for stake in self.stakes.values())

    def of(self, holder: Hashable) -> ModelStake:
        return self.stakes.setdefault(holder, ModelStake())

    def put(self, holder: Hashable, amount: int) -> None:
        if amount == 0:
            raise Refused("AmountIsZero")
        self.of(holder).bonded += amount

    def unbond(self, holder: Hashable, amount: int) -> None:
        stake = self.of(holder)
        if amount == 0:
            raise Refused("AmountIsZero")
        if amount > stake.bonded:
            raise Refused("StakeTooSmall")
        stake.bonded -= amount
        stake.unbonding += amount
        stake.withdrawable_day = self.day + self.delay_days

    def withdraw(self, holder: Hashable, receiver: str) -> None:
        stake = self.of(holder)
        if stake.unbonding == 0:
            raise Refused("AmountIsZero")
        if self.day < stake.withdrawable_day:
            raise Refused("StakeStillBonded")
        self.paid[receiver] += stake.unbonding
        stake.unbonding = 0

    def take(self, holder: Hashable, awards: dict[str, int]) -> None:
        stake, amount = self.of(holder), sum(awards.values())
        if amount == 0:
            raise Refused("AmountIsZero")
        if amount > stake.bonded + stake.unbonding:
            raise Refused("StakeTooSmall")
        from_bonded = min(amount, stake.bonded)
        stake.bonded -= from_bonded
        stake.unbonding -= amount - from_bonded
        self.awarded.update(awards)
