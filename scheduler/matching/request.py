"""What the matcher decides from: one job's needs and every node that the market knows."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ONLINE", "Candidate", "MatchRequest"]

ONLINE = "ONLINE"
BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A node. Money in the settlement token's smallest unit; speed in cells a second, 0: not measured."""

    node_id: str
    organisation: str
    operator: str
    addresses: tuple[str, ...]
    """Every address that the node acts under: operator, signer, its party."""
    capacities: tuple[int, ...]
    tier: int
    region: str
    fee: int
    is_registered: bool
    availability: str
    is_fresh: bool
    """It was heard of recently enough to be counted on."""
    open_seats: int = 0
    jobs_answered: int = 0
    jobs_lost: int = 0
    jobs_faulted: int = 0
    cells_per_second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRequest:
    """One attempt of one job. Regions or tiers None: all of them are allowed."""

    job_id: str
    attempt: int
    capacity: int
    """n of the setup: the node must be able to run it."""
    seats: int
    fixed_price: int
    """What providers receive, whichever nodes are chosen."""
    fee_bps: int
    """The market's fee on the rest of the price."""
    max_price: int
    party_organisations: frozenset[str]
    party_addresses: frozenset[str]
    """Consumer and providers: their nodes may not sit in their own job."""
    regions: tuple[str, ...] | None = None
    tiers: tuple[int, ...] | None = None
    excluded_nodes: frozenset[str] = frozenset()
    """Nodes that were lost or at fault in an earlier attempt of the job."""
    candidates: tuple[Candidate, ...] = ()

    def price_of(self, node_fees: int) -> int:
        """The whole price with these node fees, the market's fee rounded down as the contract does."""
        rest = self.fixed_price + node_fees
        return rest + rest * self.fee_bps // BASIS_POINTS
