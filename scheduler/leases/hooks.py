"""Where other rooms say what tasks mean. Leases know the life of a task, not its content.

``validators``: by task kind, called with the task and a finish's result before it is accepted, outside of
any transaction; a DomainError refuses the result and the task stays leased.
``drain_checks``: called with a party's id; any True tells its agent to take no new work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from scheduler.leases.models import Task

__all__ = ["ResultValidator", "drain_checks", "validators"]

ResultValidator = Callable[[Task, dict[str, Any]], None]

validators: dict[str, ResultValidator] = {}
drain_checks: list[Callable[[UUID], bool]] = []
