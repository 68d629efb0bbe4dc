"""Which software answers; and what an address was paid, from the chain's events."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from django.test import Client
from django.utils import timezone

from marketplace.chain.models import ChainEvent, IndexedBlock
from tests.support.cast import Actor, problem
from tests.support.market import Market

JOBS = [f"0x{number:064x}" for number in range(1, 4)]


def test_anyone_learns_version_and_time(db: None) -> None:
    document = Client().get("/api/v1/status").json()
    assert (document["version"], document["api_version"]) == (version("hengsuan"), 1)
    skew = timezone.now() - datetime.fromisoformat(document["time"])
    assert 0 <= skew.total_seconds() < 60


def settle(market: Market, job_id: str, *payments: tuple[str, int]) -> ChainEvent:
    paid = [{"payee": payee, "amount": amount} for payee, amount in payments]
    event = market.event("JobSettled", jobId=job_id, payments=paid)
    ChainEvent.objects.filter(pk=event.pk).update(contract="Market")
    return event


def test_an_address_sees_what_each_job_paid_it(
    market: Market, owner: Actor, bank: Actor, settings: Any
) -> None:
    settings.CHAIN_FINALITY_DEPTH = 1
    events = [
        settle(market, JOBS[0], (owner.address, 7), (bank.address, 5), (owner.address, 2)),
        settle(market, JOBS[1], (bank.address, 5)),
        settle(market, JOBS[2], (owner.address, 10**30)),
    ]
    last = events[-1]
    IndexedBlock.objects.create(
        checkpoint=last.checkpoint,
        number=last.block_number,
        block_hash=last.block_hash,
        parent_hash=last.block_hash,
        mined_at=last.mined_at,
    )
    items = json.loads(owner.get(f"/earnings/{owner.address}").content)["items"]
    assert [(item["job_id"], item["amount"], item["is_final"]) for item in items] == [
        (JOBS[2], str(10**30), False),
        (JOBS[0], "9", True),
    ]


def test_a_payment_that_a_reorganisation_undid_is_not_shown(market: Market, owner: Actor) -> None:
    event = settle(market, JOBS[0], (owner.address, 7))
    ChainEvent.objects.filter(pk=event.pk).update(orphaned_at=timezone.now())
    assert json.loads(owner.get(f"/earnings/{owner.address}").content)["items"] == []


def test_addresses_have_their_checksum_and_strangers_sign(owner: Actor) -> None:
    problem(owner.get(f"/earnings/{owner.address.lower()}"), 404, "not_found")
    problem(Client().get(f"/api/v1/earnings/{owner.address}"), 401, "signature_missing")
