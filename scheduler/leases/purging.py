"""Sealed shares of finished jobs are deleted after a grace period. Receipts and sealed results stay.

Nobody needs the ciphertext any more: the job is final, its faults are named. Without it an old sealing key,
or the secret of a package that was opened to the market, opens nothing.
"""

from __future__ import annotations

import structlog
from django.utils import timezone

from marketplace.orders.models import FINAL_STATES
from scheduler.leases.conf import blob_storage, share_grace
from scheduler.leases.models import Blob, BlobPurpose, BlobState

__all__ = ["shares_purge"]

MOST_AT_ONCE = 500

logger = structlog.get_logger(__name__)


def shares_purge() -> int:
    """Delete what is due, the bytes before the row says so: a killed run is repeated. The number of blobs."""
    due = Blob.objects.filter(
        purpose=BlobPurpose.SHARE,
        state=BlobState.STORED,
        job__state__in=FINAL_STATES,
        job__updated_at__lt=timezone.now() - share_grace(),
    )
    storage, count = blob_storage(), 0
    for blob in due.order_by("stored_at")[:MOST_AT_ONCE]:
        storage.delete(blob.storage_name)
        count += Blob.objects.filter(id=blob.id, state=BlobState.STORED).update(
            state=BlobState.PURGED, storage_name=""
        )
    if count:
        logger.info("shares_purged", count=count)
    return count
