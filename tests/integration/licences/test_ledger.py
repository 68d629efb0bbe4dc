"""The quantity ledger: granted = remaining + reserved + consumed, whatever is tried."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.chain.models import ChainEvent
from marketplace.licences.domain import Quantity
from marketplace.licences.errors import QuantityMismatch
from marketplace.licences.ledger import quantity_entries_withdraw, quantity_entry_append
from marketplace.licences.models import EntryKind, Licence, QuantityEntry
from marketplace.licences.selectors import LicenceQuantities, licence_quantities
from marketplace.licences.services import licence_unmark_granted
from tests.support.market import Market

JOBS = [f"0x{number:064x}" for number in range(1, 7)]


def move(market: Market, licence: Licence, kind: str, job_id: str = JOBS[0], **changes: int) -> ChainEvent:
    event = market.event(f"Quantity{kind}")
    amounts = {"runs": 1, "cells": 30, "outputs": 9, **changes}
    quantity_entry_append(
        licence_id=licence.licence_id, job_id=job_id, kind=EntryKind(kind), event=event, **amounts
    )
    return event


def runs(quantities: LicenceQuantities) -> tuple[int, int, int, int]:
    return (
        quantities.granted.runs,
        quantities.remaining.runs,
        quantities.reserved.runs,
        quantities.consumed.runs,
    )


def test_quantity_goes_from_remaining_to_reserved_to_consumed(market: Market, licence: Licence) -> None:
    assert runs(licence_quantities(licence=licence)) == (3, 3, 0, 0)
    move(market, licence, "reserved")
    assert runs(licence_quantities(licence=licence)) == (3, 2, 1, 0)
    move(market, licence, "consumed")
    quantities = licence_quantities(licence=licence)
    assert runs(quantities) == (3, 2, 0, 1)
    assert (quantities.remaining, quantities.consumed) == (Quantity(2, 70, 91), Quantity(1, 30, 9))


def test_released_quantity_can_be_used_again(market: Market, licence: Licence) -> None:
    for job_id in JOBS[:4]:
        move(market, licence, "reserved", job_id)
        move(market, licence, "released", job_id)
    assert runs(licence_quantities(licence=licence)) == (3, 3, 0, 0)


def test_a_repeated_event_changes_nothing(market: Market, licence: Licence) -> None:
    for _ in range(2):
        move(market, licence, "reserved")
    assert runs(licence_quantities(licence=licence)) == (3, 2, 1, 0)
    with pytest.raises(QuantityMismatch, match="twice"):
        move(market, licence, "reserved", cells=31)


@pytest.mark.parametrize("changes", [{"runs": 4}, {"cells": 101}, {"outputs": 101}])
def test_no_more_is_reserved_than_is_left(market: Market, licence: Licence, changes: dict[str, int]) -> None:
    with pytest.raises(QuantityMismatch):
        move(market, licence, "reserved", **changes)
    assert runs(licence_quantities(licence=licence)) == (3, 3, 0, 0)


@pytest.mark.parametrize("kind", ["consumed", "released"])
def test_only_what_was_reserved_is_consumed_or_released(market: Market, licence: Licence, kind: str) -> None:
    with pytest.raises(QuantityMismatch):
        move(market, licence, kind)
    move(market, licence, "reserved")
    with pytest.raises(QuantityMismatch):
        move(market, licence, kind, cells=29)


@pytest.mark.parametrize(("first", "second"), [("consumed", "released"), ("released", "consumed")])
def test_a_job_consumes_or_releases_never_both(
    market: Market, licence: Licence, first: str, second: str
) -> None:
    move(market, licence, "reserved")
    move(market, licence, first)
    with pytest.raises(QuantityMismatch):
        move(market, licence, second)


def test_a_grant_has_the_signed_quantities_and_no_job(market: Market, licence: Licence) -> None:
    for values in ({"kind": "granted", "job_id": JOBS[0]}, {"kind": "reserved", "job_id": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            QuantityEntry.objects.create(
                licence=licence, runs=1, cells=1, outputs=1, event=market.event(), **values
            )
    assert QuantityEntry.objects.count() == 1


def test_entries_can_be_neither_changed_nor_removed(market: Market, licence: Licence) -> None:
    move(market, licence, "reserved")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        QuantityEntry.objects.update(runs=0)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        QuantityEntry.objects.filter(kind="reserved").delete()


def test_entries_of_orphaned_events_are_withdrawn_and_come_again(market: Market, licence: Licence) -> None:
    event = move(market, licence, "reserved")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        quantity_entries_withdraw(events=[event])
    _orphan([event])
    assert quantity_entries_withdraw(events=[event]) == 1
    assert runs(licence_quantities(licence=licence)) == (3, 3, 0, 0)
    move(market, licence, "reserved")
    assert runs(licence_quantities(licence=licence)) == (3, 2, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_leaves_no_entry_without_what_it_stands_on(
    broker_url: str, market: Market, licence: Licence
) -> None:
    reserved = move(market, licence, "reserved")
    move(market, licence, "consumed")
    _orphan([reserved])
    with pytest.raises(IntegrityError, match="stand on"), transaction.atomic():
        quantity_entries_withdraw(events=[reserved])


@pytest.mark.django_db(transaction=True)
def test_a_whole_history_can_be_withdrawn_and_rebuilt(
    broker_url: str, market: Market, licence: Licence
) -> None:
    move(market, licence, "reserved")
    move(market, licence, "consumed")
    before = licence_quantities(licence=licence)
    old = list(QuantityEntry.objects.order_by("id").values("kind", "job_id", "runs", "cells", "outputs"))
    events = list(ChainEvent.objects.all())
    _orphan(events)
    with transaction.atomic():
        assert quantity_entries_withdraw(events=events) == 3
        licence_unmark_granted(licence_id=licence.licence_id)
    for entry in old:
        quantity_entry_append(licence_id=licence.licence_id, event=market.event(), **entry)
    assert licence_quantities(licence=licence) == before


@pytest.mark.django_db(transaction=True)
def test_simultaneous_jobs_never_reserve_more_than_there_is(
    broker_url: str, market: Market, licence: Licence
) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(len(JOBS))
    events = {job_id: market.event() for job_id in JOBS}

    def reserve(job_id: str) -> None:
        barrier.wait(timeout=30)
        try:
            with transaction.atomic():
                QuantityEntry.objects.create(
                    licence=licence,
                    job_id=job_id,
                    kind="reserved",
                    runs=1,
                    cells=1,
                    outputs=1,
                    event=events[job_id],
                )
            outcomes.append("reserved")
        except IntegrityError:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=reserve, args=(job_id,)) for job_id in JOBS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["refused"] * 3 + ["reserved"] * 3
    assert runs(licence_quantities(licence=licence)) == (3, 0, 3, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserved", "consumed", "released"]), st.sampled_from(JOBS), st.integers(1, 60)
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_the_law_holds_after_any_sequence_of_events(market: Market, licence: Licence, steps: Any) -> None:
    """Against a model: what the model refuses the ledger refuses, and the sums agree after every step."""
    with transaction.atomic():
        reserved: dict[str, int] = {}
        closed: dict[str, str] = {}
        for kind, job_id, cells in steps:
            amount = cells if kind == "reserved" else reserved.get(job_id, cells)
            try:
                with transaction.atomic():
                    move(market, licence, kind, job_id, cells=amount)
            except QuantityMismatch:
                is_allowed = False
            else:
                is_allowed = True
            assert is_allowed == _model(reserved, closed, kind, job_id, amount)
            quantities = licence_quantities(licence=licence)
            parts = (quantities.remaining, quantities.reserved, quantities.consumed)
            for name in ("runs", "cells", "outputs"):
                amounts = [getattr(part, name) for part in parts]
                assert min(amounts) >= 0
                assert sum(amounts) == getattr(quantities.granted, name)
        transaction.set_rollback(True)


def _model(reserved: dict[str, int], closed: dict[str, str], kind: str, job_id: str, cells: int) -> bool:
    if kind == "reserved":
        if job_id in reserved:
            return reserved[job_id] == cells
        used = [amount for job, amount in reserved.items() if closed.get(job) != "released"]
        if len(used) >= 3 or sum(used) + cells > 100:
            return False
        reserved[job_id] = cells
        return True
    if job_id not in reserved or closed.get(job_id, kind) != kind:
        return False
    closed[job_id] = kind
    return True


def _orphan(events: list[ChainEvent]) -> None:
    ChainEvent.objects.filter(pk__in=[event.pk for event in events]).update(orphaned_at=timezone.now())
