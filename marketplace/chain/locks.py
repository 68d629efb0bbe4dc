"""Advisory locks of PostgreSQL: one worker of a kind at a time, set free when its connection ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError, connection
from eth_utils.crypto import keccak

__all__ = ["advisory_lock"]


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Try to take the lock `name` and say whether it was free.

    It is bound to the session, so a killed worker loses it; a pooler that shares sessions between clients
    (PgBouncer by transaction) must not stand between.
    """
    key = int.from_bytes(keccak(text=f"hengsuan/{name}")[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        if is_held:
            # A lost connection has freed the lock already.
            with suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
