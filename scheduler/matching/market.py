"""What a round decides from: the open orders and the nodes' offers, as plain values. Money is in the
settlement token's smallest unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["MAX_SEATS", "ONLINE", "RESOURCES", "Market", "Offer", "Order", "Resources"]

ONLINE = "ONLINE"
BASIS_POINTS = 10_000
MAX_SEATS = 7
RESOURCES = ("cores", "memory_bytes", "storage_bytes", "bandwidth_bps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Of an offer: what the node declares (0: not told, so it limits nothing). Of an order: what a seat
    needs."""

    cores: int = 0
    memory_bytes: int = 0
    storage_bytes: int = 0
    bandwidth_bps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A node. ``fee`` is posted on the chain and paid for each seat, whatever the consumer would have
    paid."""

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
    seats: int
    """Jobs that it works on at a time."""
    seats_taken: int = 0
    resources: Resources = field(default_factory=Resources)
    resources_taken: Resources = field(default_factory=Resources)
    stake: int = 0
    assurance: int = 0
    """Times the minimum stake that it has bonded, 0 to 4."""
    latency_ms: int = 0
    """To the market, as declared; 0: not told."""
    cells_per_second: int = 0
    """Measured from answered tasks; 0: not measured."""
    failure_ppm: int = 50_000
    """Probability that it leaves a seat unanswered (``reliability``), in millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt of one job. None: no restriction."""

    job_id: str
    attempt: int
    capacity: int
    """n of the setup: the node must be able to run it."""
    answers: int
    """g·t + 1 nodes must answer (PROTOCOL, *Sharing and the nodes*)."""
    fixed_price: int
    """What providers receive, whichever nodes are chosen."""
    max_price: int
    """The consumer's limit. It decides whether an offer is accepted, never which offer is made (ADR 0014)."""
    party_organisations: frozenset[str]
    party_addresses: frozenset[str]
    """Consumer and providers: their nodes, and those of their coalitions, may not sit in their own job."""
    waits_since: int
    """Unix seconds: seniority."""
    is_due: bool = False
    """It waited so long that it chooses before every younger order and nodes are held for it."""
    seats: int | None = None
    """Seats that the consumer asked for; None: as many spares as the risk wants."""
    regions: tuple[str, ...] | None = None
    tiers: tuple[int, ...] | None = None
    min_assurance: int = 0
    min_stake: int = 0
    min_cells_per_second: int = 0
    max_latency_ms: int | None = None
    needs: Resources = field(default_factory=Resources)
    cells: int = 0
    """Rows × columns: the size of a node's work."""
    seconds_left: int | None = None
    """Until the deadline, rounded down to a power of two so that a waiting order's inputs seldom change."""
    excluded_nodes: frozenset[str] = frozenset()
    """Lost or at fault in an earlier attempt of the job."""
    avoided: frozenset[str] = frozenset()
    """Node ids or organisations that the consumer does not want."""
    preferred: frozenset[str] = frozenset()
    """Node ids or organisations that the consumer likes: a discount in the choice, not in the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One round's inputs. The order of either list does not matter."""

    fee_bps: int
    orders: tuple[Order, ...]
    offers: tuple[Offer, ...]

    def price_of(self, order: Order, node_fees: int) -> int:
        """The whole price with these node fees, the market's fee rounded down as the contract does."""
        rest = order.fixed_price + node_fees
        return rest + rest * self.fee_bps // BASIS_POINTS
