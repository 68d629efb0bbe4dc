"""Named points between the writes of a step, where a test lets the process die.

``reached`` does nothing in service. A test installs a hook that raises or kills the process; afterwards the
job must go on from what was committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["hooked", "reached"]

_hook: Callable[[str], None] | None = None


def reached(name: str) -> None:
    """The process is between two writes at the point ``name``."""
    if _hook is not None:
        _hook(name)


@contextmanager
def hooked(hook: Callable[[str], None]) -> Iterator[None]:
    """Call ``hook`` with the name of every point that is reached inside the block."""
    global _hook  # noqa: PLW0603 - one process, one test at a time
    earlier, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = earlier
