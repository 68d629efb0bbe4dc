"""Sealed shares do not outlive their job for long; the consumer's sealed result does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from marketplace.orders.models import Job, JobState
from scheduler.leases.blobs import blob_declare, blob_open, blob_store
from scheduler.leases.conf import blob_storage
from scheduler.leases.errors import BlobPurged
from scheduler.leases.models import Blob, BlobState, Task
from scheduler.leases.purging import shares_purge

pytestmark = pytest.mark.django_db

GRACE = timedelta(days=7)


@pytest.fixture
def blobs(market: Any, make_task: Callable[..., Task]) -> dict[str, Blob]:
    """A share and a result share of one job, stored."""
    owner = market.add_node("node-1").party
    make_task(owner)
    return {purpose: stored(owner, market.consumer.party, purpose) for purpose in ("share", "result_share")}


def stored(owner: Any, recipient: Any, purpose: str) -> Blob:
    content = purpose.encode()
    blob = blob_declare(
        owner=owner,
        purpose=purpose,
        size=len(content),
        sha256="0x" + hashlib.sha256(content).hexdigest(),
        job_id=Task.objects.get().job_id,
        recipient_id=recipient.id,
    )
    return blob_store(owner=owner, blob_id=blob.id, chunks=[content], check_digest=lambda _: None)


def end(state: str, ago: timedelta) -> None:
    """Past the table of transitions, which is tested elsewhere; a trigger guards it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        reason = "node_at_fault" if state == JobState.FAILED else ""
        Job.objects.update(state=state, reason_code=reason, updated_at=timezone.now() - ago)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize("state", [JobState.SETTLED, JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED])
def test_after_the_grace_period_the_shares_go_and_the_sealed_result_stays(
    state: str, blobs: dict[str, Blob]
) -> None:
    share, result = blobs["share"], blobs["result_share"]
    end(state, GRACE + timedelta(minutes=1))
    assert shares_purge() == 1
    assert not blob_storage().exists(share.storage_name)
    share.refresh_from_db()
    assert (share.state, share.storage_name) == (BlobState.PURGED, "")
    with pytest.raises(BlobPurged):
        blob_open(party=share.owner, blob_id=share.id)
    with pytest.raises(BlobPurged):
        blob_store(owner=share.owner, blob_id=share.id, chunks=[b"share"], check_digest=lambda _: None)
    _, content = blob_open(party=result.owner, blob_id=result.id)
    with content:
        assert content.read() == b"result_share"
    assert shares_purge() == 0


@pytest.mark.parametrize(("state", "ago"), [(JobState.PROVING, 2 * GRACE), (JobState.FAILED, GRACE / 2)])
def test_before_the_end_and_within_the_grace_period_nothing_goes(
    state: str, ago: timedelta, blobs: dict[str, Blob]
) -> None:
    end(state, ago)
    assert shares_purge() == 0
    assert blob_storage().exists(blobs["share"].storage_name)


def test_the_grace_period_is_a_setting(blobs: dict[str, Blob], settings: LazySettings) -> None:
    settings.SHARE_GRACE_SECONDS = 60
    end(JobState.SETTLED, timedelta(minutes=2))
    assert shares_purge() == 1


def test_a_run_that_was_killed_after_the_bytes_went_is_finished_by_the_next(blobs: dict[str, Blob]) -> None:
    blob_storage().delete(blobs["share"].storage_name)
    end(JobState.SETTLED, GRACE * 2)
    assert shares_purge() == 1
    assert Blob.objects.get(id=blobs["share"].id).state == BlobState.PURGED
