"""The settings of leases and blobs, with their defaults."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages

__all__ = [
    "blob_max_bytes",
    "blob_storage",
    "lease_duration",
    "lease_max_losses",
    "lease_max_wait_seconds",
    "share_grace",
]

BLOB_STORAGE_ALIAS = "blobs"
DEFAULT_BLOB_MAX_BYTES = 256 * 1024 * 1024


def lease_duration() -> timedelta:
    """How long a lease lasts without a heartbeat."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def lease_max_wait_seconds() -> float:
    """The longest poll; proxies cut requests that stay silent for longer."""
    return float(settings.LEASE_WAIT_SECONDS)


def lease_max_losses() -> int:
    """So many leases of a task may expire unanswered before its party counts as lost."""
    return int(getattr(settings, "LEASE_MAX_LOSSES", 2))


def share_grace() -> timedelta:
    """How long sealed shares are kept after their job's end."""
    return timedelta(seconds=settings.SHARE_GRACE_SECONDS)


def blob_max_bytes() -> int:
    return int(getattr(settings, "BLOB_MAX_BYTES", DEFAULT_BLOB_MAX_BYTES))


def blob_storage() -> Storage:
    """The Django storage called ``blobs`` (S3 …) if one is configured, else files under BLOB_ROOT."""
    if BLOB_STORAGE_ALIAS in settings.STORAGES:
        return storages[BLOB_STORAGE_ALIAS]
    return FileSystemStorage(location=settings.BLOB_ROOT)
