"""Writes and reads of blobs: declared with size and hash, then streamed to storage while both are checked."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from uuid import UUID

import structlog
from django.core.files.base import File
from django.db.models import Q
from django.utils import timezone

from marketplace.accounts.models import Party
from scheduler.leases.conf import blob_max_bytes, blob_storage
from scheduler.leases.errors import (
    BlobCorrupt,
    BlobNotStored,
    BlobPurged,
    BlobRefused,
    BlobTooLarge,
    BlobUnknown,
)
from scheduler.leases.models import Blob, BlobState, Task

__all__ = ["blob_declare", "blob_open", "blob_store"]

logger = structlog.get_logger(__name__)


def blob_declare(
    *, owner: Party, purpose: str, size: int, sha256: str, job_id: str | None, recipient_id: UUID | None
) -> Blob:
    """Announce a blob. Raises BlobTooLarge, BlobRefused."""
    limit = blob_max_bytes()
    if size > limit:
        raise BlobTooLarge(f"{size} bytes are declared, {limit} are allowed", limit_bytes=limit)
    if job_id is not None and not Task.objects.filter(job_id=job_id, party=owner).exists():
        raise BlobRefused(
            f"this party has no task of job {job_id}", remedy="Send blobs only for a job's task in hand."
        )
    if recipient_id is not None and not Party.objects.filter(id=recipient_id, is_active=True).exists():
        raise BlobRefused(
            f"there is no active party {recipient_id}", remedy="Take the recipient from the task's payload."
        )
    return Blob.objects.create(
        owner=owner, purpose=purpose, size=size, sha256=sha256, job_id=job_id, recipient_id=recipient_id
    )


def blob_store(
    *, owner: Party, blob_id: UUID, chunks: Iterable[bytes], check_digest: Callable[[bytes], None]
) -> Blob:
    """Stream the bytes into storage; nothing is left behind unless size and hash are the declared ones.

    ``check_digest`` gets the sha256 of all bytes and raises if they are not what the request's signature
    covers. Bytes that were stored before may be sent again. Raises BlobUnknown, BlobCorrupt.
    """
    blob = Blob.objects.filter(id=blob_id, owner=owner).first()
    if blob is None:
        raise BlobUnknown(f"this party declared no blob {blob_id}")
    if blob.state == BlobState.PURGED:
        raise BlobPurged(f"the bytes of blob {blob_id} were deleted after job {blob.job_id} had ended")
    content = _CheckedContent(blob, chunks)
    if blob.state == BlobState.STORED:
        for _ in content.chunks():
            pass
        content.check_whole(check_digest)
        return blob
    storage = blob_storage()
    name = f"{blob.id.hex[:2]}/{blob.id}.{uuid.uuid4().hex}"
    is_kept = False
    try:
        storage.save(name, content)
        content.check_whole(check_digest)
        is_kept = bool(
            Blob.objects.filter(id=blob.id, state=BlobState.DECLARED).update(
                state=BlobState.STORED, storage_name=name, stored_at=timezone.now()
            )
        )
    finally:
        if not is_kept:  # corrupt, broken off, or another upload of the same blob was first
            storage.delete(name)
    blob.refresh_from_db()
    logger.info("blob_stored", blob_id=str(blob.id), purpose=blob.purpose, size=blob.size)
    return blob


def blob_open(*, party: Party, blob_id: UUID) -> tuple[Blob, IO[Any]]:
    """The bytes, for owner and recipient only. Raises BlobUnknown, BlobNotStored, BlobPurged."""
    blob = Blob.objects.filter(Q(owner=party) | Q(recipient=party), id=blob_id).first()
    if blob is None:
        raise BlobUnknown(f"there is no blob {blob_id} from or for this party")
    if blob.state == BlobState.PURGED:
        raise BlobPurged(f"the bytes of blob {blob_id} were deleted after job {blob.job_id} had ended")
    if blob.state != BlobState.STORED:
        raise BlobNotStored(f"blob {blob_id} was declared at {blob.created_at:%Y-%m-%d %H:%M:%S}, not stored")
    return blob, blob_storage().open(blob.storage_name, "rb")


class _CheckedContent(File):  # type: ignore[type-arg]
    """A stream for Django's storages that counts and hashes what passes, and stops at the declared size."""

    def __init__(self, blob: Blob, chunks: Iterable[bytes]) -> None:
        super().__init__(None, name=str(blob.id))
        self._blob = blob
        self._chunks = chunks
        self._digest = hashlib.sha256()
        self._count = 0

    @property
    def size(self) -> int:
        return self._blob.size

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._count += len(chunk)
            if self._count > self._blob.size:
                raise BlobCorrupt(f"more than the declared {self._blob.size} bytes were sent")
            self._digest.update(chunk)
            yield chunk

    def check_whole(self, check_digest: Callable[[bytes], None]) -> None:
        """Raise BlobCorrupt unless all declared bytes came, with the declared hash."""
        if self._count != self._blob.size:
            raise BlobCorrupt(f"{self._count} bytes were sent, {self._blob.size} were declared")
        check_digest(self._digest.digest())
        if "0x" + self._digest.hexdigest() != self._blob.sha256:
            raise BlobCorrupt("the bytes' sha256 is not the declared one")
