"""Why an analysis cannot be had from a result."""

from __future__ import annotations

from scheduler.agents.errors import AgentError

__all__ = ["AnalysisError"]


class AnalysisError(AgentError):
    """The proven matrix does not hold what the analysis asks for."""
