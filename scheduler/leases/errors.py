"""Errors of leases and blobs."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = [
    "BlobCorrupt",
    "BlobNotStored",
    "BlobPurged",
    "BlobRefused",
    "BlobTooLarge",
    "BlobUnknown",
    "LeaseLost",
    "LeaseUnknown",
    "TaskKindUnknown",
]


class LeaseUnknown(DomainError):
    code = "lease_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such lease for you"
    remedy = "Check the id; a lease belongs to the party that took it."


class LeaseLost(DomainError):
    """The fencing token is stale, the lease was closed, or the task was cancelled."""

    code = "lease_lost"
    status = HTTPStatus.CONFLICT
    title = "The lease is no longer yours"
    remedy = "Stop this work and take a new lease; nothing of this answer was kept."


class TaskKindUnknown(DomainError):
    code = "task_kind_unknown"
    title = "A task of this kind does not exist"
    remedy = "Ask for kinds that docs/api.md lists."


class BlobUnknown(DomainError):
    code = "blob_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such blob for you"
    remedy = "Check the id; only a blob's owner and its recipient see it."


class BlobRefused(DomainError):
    """The declaration names a job that the owner has no task of, or no such recipient."""

    code = "blob_refused"
    title = "The blob's declaration is not acceptable"


class BlobTooLarge(DomainError):
    code = "blob_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The blob is larger than the market relays"
    remedy = "Send a smaller blob; the limit is in `limit_bytes`."


class BlobCorrupt(DomainError):
    code = "blob_corrupt"
    title = "The bytes are not those that were declared"
    remedy = "Upload the declared bytes again, or declare a new blob; nothing of this upload was kept."


class BlobPurged(DomainError):
    code = "blob_purged"
    status = HTTPStatus.GONE
    title = "The blob's bytes were deleted after its job had ended"
    remedy = "Nothing is to be done: the job is final and needs no shares."


class BlobNotStored(DomainError):
    code = "blob_not_stored"
    status = HTTPStatus.CONFLICT
    title = "The blob was declared, but its bytes were not uploaded"
    remedy = "Ask again once its owner has uploaded it."
