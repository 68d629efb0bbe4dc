"""Offers, orders and whole markets for the matcher's tests."""

from __future__ import annotations

from hypothesis import strategies as st

from scheduler.matching import Decision, Market, Offer, Order, Outcome, Resources

__all__ = ["decision_on", "markets", "offer", "order", "with_order"]


def offer(number: int, **changes: object) -> Offer:
    """A node that breaks no rule, of an operator of its own."""
    fields: dict[str, object] = {
        "node_id": f"0x{number:064x}",
        "organisation": f"org-{number}",
        "operator": f"operator-{number}",
        "addresses": (f"operator-{number}", f"signer-{number}"),
        "capacities": (16, 8192),
        "tier": 0,
        "region": "cn-east",
        "fee": 10,
        "is_registered": True,
        "availability": "ONLINE",
        "is_fresh": True,
        "seats": 2,
    }
    return Offer(**fields | changes)  # type: ignore[arg-type]


def order(number: int = 1, **changes: object) -> Order:
    """A job of three seats that can pay for them."""
    fields: dict[str, object] = {
        "job_id": f"0x{number:064x}",
        "attempt": 1,
        "capacity": 8192,
        "answers": 3,
        "fixed_price": 100,
        "max_price": 10_000,
        "party_organisations": frozenset({"bank", "shop"}),
        "party_addresses": frozenset({"bank-address", "shop-address"}),
        "waits_since": 1_000 + number,
    }
    return Order(**fields | changes)  # type: ignore[arg-type]


def decision_on(outcome: Outcome, asked: Order) -> Decision:
    return next(decision for decision in outcome.decisions if decision.job_id == asked.job_id)


def with_order(market: Market, changed: Order) -> Market:
    """The market with the order of this job replaced."""
    others = tuple(item for item in market.orders if item.job_id != changed.job_id)
    return Market(fee_bps=market.fee_bps, orders=(*others, changed), offers=market.offers)


_offers = st.builds(
    offer,
    number=st.integers(1, 60),
    organisation=st.sampled_from(["a", "b", "c", "d", "e", "f", "bank"]),
    operator=st.sampled_from(["p", "q", "r", "s", "t", "u", "v"]),
    addresses=st.just(()),
    fee=st.integers(0, 60),
    is_registered=st.sampled_from([True, True, True, False]),
    availability=st.sampled_from(["ONLINE", "ONLINE", "DRAINING"]),
    region=st.sampled_from(["cn-east", "cn-north"]),
    tier=st.integers(0, 2),
    seats=st.integers(1, 2),
    seats_taken=st.integers(0, 1),
    resources=st.sampled_from([Resources(), Resources(memory_bytes=100), Resources(memory_bytes=50)]),
    failure_ppm=st.sampled_from([10_000, 50_000, 100_000, 300_000]),
    cells_per_second=st.integers(0, 1000),
)
_lone = st.builds(offer, number=st.integers(61, 80), fee=st.integers(0, 60), seats=st.integers(1, 2))
_orders = st.builds(
    order,
    number=st.integers(1, 9),
    answers=st.integers(1, 3),
    max_price=st.integers(100, 330),
    is_due=st.booleans(),
    waits_since=st.integers(0, 5),
    seats=st.sampled_from([None, None, 3, 4]),
    regions=st.sampled_from([None, ("cn-east",)]),
    tiers=st.sampled_from([None, (0, 1)]),
    needs=st.sampled_from([Resources(), Resources(memory_bytes=40)]),
    preferred=st.sampled_from([frozenset(), frozenset({"a"})]),
)


def markets() -> st.SearchStrategy[Market]:
    """Small markets in which orders contend for nodes, resources run out and operators are entangled."""
    return st.builds(
        lambda offers, lone, orders: Market(fee_bps=200, orders=tuple(orders), offers=(*offers, *lone)),
        st.lists(_offers, max_size=8, unique_by=lambda item: item.node_id),
        st.lists(_lone, max_size=8, unique_by=lambda item: item.node_id),
        st.lists(_orders, min_size=1, max_size=6, unique_by=lambda item: item.job_id),
    )
