"""Wakes long polls when a task becomes ready: LISTEN/NOTIFY of PostgreSQL.

One listening thread and one connection per web process, however many requests wait; a waiting request holds
no connection. If the listener cannot be reached, waiting falls back to looking every FALLBACK_SECONDS.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Collection
from uuid import UUID

import structlog
from django.db import Error, connection

__all__ = ["Bell", "bell", "ring_after_commit"]

logger = structlog.get_logger(__name__)

CHANNEL = "leases_task_ready"
FALLBACK_SECONDS = 2.0
LINGER_SECONDS = 1.0


def ring_after_commit(party_ids: Collection[UUID]) -> None:
    """Wake the parties' polls when the caller's transaction commits; PostgreSQL itself waits for that."""
    with connection.cursor() as cursor:
        for party_id in party_ids:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(party_id)])


class Bell:
    """Counts the notifications for each party; ``wait`` returns when the count has moved."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: dict[str, int] = {}
        self._waiting = 0
        self._listener: threading.Thread | None = None
        self._process_id = 0
        self._is_stopping = False

    def count(self, party_id: UUID) -> int:
        """To be read before looking for a task, so that no ring between looking and waiting is missed."""
        with self._changed:
            self._ensure_listener()
            return self._counts.get(str(party_id), 0)

    def wait(self, party_id: UUID, seen: int, timeout_seconds: float) -> None:
        """Until a ring after ``seen``, or the timeout, or the fallback interval."""
        key = str(party_id)
        until = time.monotonic() + min(timeout_seconds, FALLBACK_SECONDS)
        with self._changed:
            self._waiting += 1
            try:
                while self._counts.get(key, 0) == seen and not self._is_stopping:
                    left = until - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        return
            finally:
                self._waiting -= 1

    def stop(self) -> None:
        """End the listener and wake everyone who waits; the next poll starts it again."""
        with self._changed:
            listener = self._listener
            self._is_stopping = True
            self._changed.notify_all()
        if listener is not None:
            listener.join()
        with self._changed:
            self._listener = None
            self._is_stopping = False

    def _ensure_listener(self) -> None:
        """Also after a fork: threads do not survive it."""
        if self._process_id != os.getpid():
            self._process_id = os.getpid()
            self._listener = None
            self._waiting = 0
        if self._listener is None or not self._listener.is_alive():
            self._listener = threading.Thread(target=self._listen, name="task-bell", daemon=True)
            self._listener.start()

    def _listen(self) -> None:
        """Until nobody has waited for a moment."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            idle_since = time.monotonic()
            while not self._is_stopping:
                self._collect(timeout_seconds=0.25)
                if self._waiting:
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > LINGER_SECONDS:
                    return
        except (Error, OSError) as error:
            logger.warning("task_bell_silent", problem=str(error))
        finally:
            connection.close()

    def _collect(self, *, timeout_seconds: float) -> None:
        raw = connection.connection
        if raw is None:
            raise OSError("the listener's connection is gone")
        if not select.select([raw], [], [], timeout_seconds)[0]:
            return
        raw.poll()
        with self._changed:
            while raw.notifies:
                party = raw.notifies.pop(0).payload
                self._counts[party] = self._counts.get(party, 0) + 1
            self._changed.notify_all()


bell = Bell()
