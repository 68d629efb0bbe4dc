"""The loop that takes leases, works on them and hands results in.

| what happens | what the loop does |
|---|---|
| no task | polls again; the market holds the request open up to ``wait_seconds`` |
| the market does not answer, 5xx, 429 | waits with backoff up to a minute, for as long as it takes |
| 401, 403 | waits a minute and tries again; logged as an error for the operator |
| heartbeat says cancel, or the lease is lost | the handler stops at its next checkpoint, hands nothing in |
| heartbeat says drain | the lease in hand is finished, no new one is taken |
| the handler refuses | ``fail`` with its code, detail and evidence |
| the handler breaks | ``fail`` with ``internal_error`` and the kind of the exception; the log has the rest |
| the market rejects the result (422) | ``fail`` with ``result_rejected``, so that the task can go elsewhere |
| a stop is asked for (SIGTERM) | an idle poll is dropped; work gets ``drain_seconds``, then is released |

A task may come again after any of these, also to the same party: handlers are idempotent through their state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from proofs.clock import proof_seconds
from scheduler.agents.client import MarketClient
from scheduler.agents.errors import (
    AgentError,
    Conflict,
    Forbidden,
    LeaseLost,
    MarketError,
    MarketUnavailable,
    NotFound,
    TaskRefused,
    Unauthorised,
    Unprocessable,
)
from scheduler.agents.logs import logger
from scheduler.agents.transport import Backoff
from scheduler.agents.wire import Lease

__all__ = ["Handler", "LeaseLoop", "StopRequested", "Work", "WorkAbandoned"]

FINISH_PATIENCE_SECONDS = 600.0
UNAUTHORISED_WAIT_SECONDS = 60.0


class StopRequested(Exception):
    """Raised in the main thread by the signal handler while the loop is idle."""


class WorkAbandoned(Exception):
    """Raised at a checkpoint: the lease is cancelled or lost, or the agent stops. ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Work:
    """What a handler has in hand: its progress, and checkpoints at which it may have to stop."""

    def __init__(self, lease: Lease, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self.lease = lease
        self.fraction = 0.0
        self.note = ""
        self._abandoned = ""
        self._is_stopping = is_stopping

    def progress(self, fraction: float, note: str) -> None:
        """Tell how far the work is (0 to 1); also a checkpoint."""
        self.fraction, self.note = min(1.0, max(0.0, fraction)), note
        self.checkpoint()

    def checkpoint(self) -> None:
        """Raise WorkAbandoned if the work should not go on."""
        if self._abandoned:
            raise WorkAbandoned(self._abandoned)
        if self._is_stopping():
            raise WorkAbandoned("released")

    def abandon(self, reason: str) -> None:
        """Called by the heartbeat thread."""
        self._abandoned = self._abandoned or reason


class Handler(Protocol):
    """Works on one lease and returns its result document."""

    def __call__(self, lease: Lease, work: Work) -> Mapping[str, Any]: ...


@dataclass
class LeaseLoop:
    """One agent's loop; ``run`` returns after ``request_stop``."""

    client: MarketClient
    handlers: Mapping[str, Handler]
    heartbeat_seconds: float
    wait_seconds: float
    drain_seconds: float = 20.0
    on_idle: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=lambda: Backoff(base_seconds=0.5, cap_seconds=60.0))
    _stop: threading.Event = field(default_factory=threading.Event)
    _stops_at: float = float("inf")
    _is_idle: bool = False

    def request_stop(self) -> None:
        """Stop soon. From the main thread (a signal handler) it also interrupts an idle poll."""
        if not self._stop.is_set():
            self._stops_at = self.clock() + self.drain_seconds
            self._stop.set()
        if self._is_idle and threading.current_thread() is threading.main_thread():
            self._is_idle = False
            raise StopRequested

    def run(self, *, max_tasks: int | None = None) -> int:
        """Take leases until a stop is asked for, or ``max_tasks`` were worked on; the number of tasks."""
        done = 0
        try:
            while not self._stop.is_set() and (max_tasks is None or done < max_tasks):
                lease = self._next_lease()
                if lease is not None:
                    self._work_on(lease)
                    done += 1
        except StopRequested:
            logger().info("poll_dropped")
        return done

    # taking ------------------------------------------------------------------------------------
    def _next_lease(self) -> Lease | None:
        self.on_idle()
        self._is_idle = True
        try:
            lease = self.client.lease(sorted(self.handlers), wait_seconds=self.wait_seconds)
        except (Unauthorised, Forbidden) as error:
            logger().error("lease_refused", code=error.code, detail=error.detail, remedy=error.remedy)
            self._stop.wait(self.backoff.uniform(0.5, 1.0) * UNAUTHORISED_WAIT_SECONDS)
            return None
        except AgentError as error:
            wait_seconds = self.backoff.next_seconds()
            logger().warning(
                "market_not_reached", code=error.code, detail=error.detail, wait_seconds=wait_seconds
            )
            self._stop.wait(wait_seconds)
            return None
        finally:
            self._is_idle = False
        self.backoff.reset()
        return lease

    # working -----------------------------------------------------------------------------------
    def _work_on(self, lease: Lease) -> None:
        log = logger().bind(
            task_id=lease.task_id, kind=lease.kind, job_id=lease.job_id, attempt=lease.attempt
        )
        log.info("lease_taken", seat=lease.seat)
        work = Work(lease, is_stopping=lambda: self.clock() >= self._stops_at)
        finished = threading.Event()
        beats = threading.Thread(
            target=self._beat, args=(lease, work, finished), name="heartbeat", daemon=True
        )
        beats.start()
        try:
            started, proofs_before = self.clock(), proof_seconds()
            self._handle(lease, work, log)
            log.info(
                "lease_closed",
                seconds=round(self.clock() - started, 3),
                proof_seconds=round(proof_seconds() - proofs_before, 3),
            )
        finally:
            finished.set()
            beats.join()

    def _handle(self, lease: Lease, work: Work, log: Any) -> None:
        try:
            handler = self.handlers.get(lease.kind)
            if handler is None:
                raise TaskRefused("kind_unknown", f"This agent has no handler for {lease.kind!r}.")
            result = handler(lease, work)
            work.checkpoint()
            self._finish(lease, result, log)
        except WorkAbandoned as abandoned:
            log.warning("work_abandoned", reason=abandoned.reason)
            if abandoned.reason == "released":
                self._fail(
                    lease, "released", "The agent stops; the task may go to another or come again.", log
                )
        except TaskRefused as refusal:
            log.warning("task_refused", code=refusal.code, detail=refusal.detail)
            self._fail(lease, refusal.code, str(refusal.detail), log, refusal.evidence)
        except MarketUnavailable as error:
            log.warning("work_interrupted", detail=error.detail)
        except AgentError as error:
            log.error("task_failed", code=error.code, detail=error.detail, remedy=error.remedy)
            self._fail(lease, error.code, error.detail, log)
        except Exception as error:
            log.exception("task_broke", error=type(error).__name__)
            self._fail(lease, "internal_error", f"The agent broke with {type(error).__name__}.", log)

    def _finish(self, lease: Lease, result: Mapping[str, Any], log: Any) -> None:
        try:
            self.client.finish(lease, result, patience_seconds=FINISH_PATIENCE_SECONDS)
        except LeaseLost:
            log.warning("result_came_too_late")
        except Unprocessable as error:
            log.error("result_rejected", code=error.code, detail=error.detail, remedy=error.remedy)
            self._fail(lease, "result_rejected", f"{error.code}: {error.detail}", log)

    def _fail(
        self, lease: Lease, code: str, detail: str, log: Any, evidence: Mapping[str, Any] | None = None
    ) -> None:
        try:
            self.client.fail(lease, code, detail, evidence)
        except (Conflict, NotFound) as error:
            log.info("failure_came_too_late", code=error.code)
        except MarketError as error:
            log.warning("failure_not_delivered", code=error.code, detail=error.detail)

    def _beat(self, lease: Lease, work: Work, finished: threading.Event) -> None:
        """Renew the lease until the work is done; an unreachable market is tried again at the next beat."""
        while not finished.wait(self.heartbeat_seconds):
            try:
                answer = self.client.heartbeat(lease, progress=work.fraction, note=work.note)
            except (Conflict, NotFound) as error:
                work.abandon(error.code)
                return
            except AgentError as error:
                logger().warning("heartbeat_missed", code=error.code, task_id=lease.task_id)
                continue
            if answer.action == "cancel":
                work.abandon("cancelled")
                return
            if answer.action == "drain":
                self._stop.set()
