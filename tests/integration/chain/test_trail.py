"""The trail of a job: every source, in an order that makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.audit.selectors import TrailSource, job_trail
from marketplace.chain.outbox import Outbox
from marketplace.chain.runtime import indexer_current
from tests.integration.chain.small_market import SmallMarket

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_market_wishes_the_outbox_sends_the_chain_does_the_market_notes(
    small_market: SmallMarket,
) -> None:
    trail = job_trail(job=small_market.open_job())
    told = [(entry.source, entry.kind) for entry in trail.entries]
    way = [
        (TrailSource.MARKET, "placed"),
        (TrailSource.MARKET, "matched"),
        (TrailSource.OUTBOX, "transaction_queued"),
        (TrailSource.OUTBOX, "transaction_sent"),
        (TrailSource.CHAIN, "QuantityReserved"),
        (TrailSource.CHAIN, "JobOpened"),
        (TrailSource.MARKET, "opened"),
    ]
    assert [step for step in told if step in way] == sorted(
        (step for step in told if step in way), key=way.index
    )
    assert set(way) <= set(told)
    assert [entry.kind for entry in trail.quantities] == ["reserved", "reserved"]
    assert trail.receipt is None


def test_what_a_reorganisation_undid_stays_in_the_trail_and_is_marked(
    small_market: SmallMarket, anvil: Callable[..., Any], make_outbox: Callable[..., Outbox]
) -> None:
    snapshot = anvil("evm_snapshot")
    job = small_market.open_job()
    anvil("evm_revert", snapshot)
    anvil("anvil_mine", 3, 5)
    indexer_current().run()
    opened = [entry for entry in job_trail(job=job).entries if entry.kind == "JobOpened"]
    assert [entry.is_orphaned for entry in opened] == [True]


def test_a_refusal_is_in_the_trail_with_its_reason(small_market: SmallMarket) -> None:
    job = small_market.place_order()
    small_market.nodes[1] = small_market.nodes[0]
    small_market.wish_open(job)
    small_market.catch_up()
    refused = next(entry for entry in job_trail(job=job).entries if entry.kind == "transaction_reverted")
    assert refused.detail["error"] == "SeatConflict"
