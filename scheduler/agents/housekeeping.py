"""Forgetting: secret state of jobs that the chain says are final is deleted, while there is no work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.chain.reader import JobState
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import AgentError
from scheduler.agents.logs import logger
from scheduler.agents.session import Session

__all__ = ["Housekeeper"]

EVERY_SECONDS = 30.0


@dataclass
class Housekeeper:
    """Looks up the jobs of one folder of the state; ``forget`` deletes what is secret of one."""

    session: Session
    folder: str
    forget: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _next_at: float = field(default=0.0)

    def __call__(self) -> None:
        """Do it if it is time. Never raises: an unreachable chain is asked again later."""
        if self.clock() < self._next_at:
            return
        self._next_at = self.clock() + EVERY_SECONDS
        for job_id in self.session.state.names(self.folder):
            try:
                with chain_errors():
                    state = self.session.reader().job(job_id).state
            except AgentError as error:
                logger().info("housekeeping_postponed", code=error.code)
                return
            if state not in (JobState.NONE, JobState.OPEN):
                self.forget(job_id)
                logger().info("job_forgotten", job_id=job_id, state=state.name)
