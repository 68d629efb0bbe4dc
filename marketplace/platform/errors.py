"""What can go wrong when processes of one machine are started and stopped.

PlatformError
├── ServiceUnavailable   a server cannot be prepared: a program or an account is missing
├── ProcessFailed        a process ended, or did not become ready in time
└── StepFailed           a command that must succeed (migrate, deploy) did not
"""

from pathlib import Path

__all__ = ["PlatformError", "ProcessFailed", "ServiceUnavailable", "StepFailed"]


class PlatformError(Exception):
    """Base of all errors of this package; the text says what happened, why, and what to do."""


class ServiceUnavailable(PlatformError):
    """A server that should be started here cannot be."""


class ProcessFailed(PlatformError):
    """A supervised process ended by itself, or was not ready in time."""

    def __init__(self, name: str, reason: str, log_path: Path) -> None:
        self.name = name
        self.reason = reason
        self.log_path = log_path
        self.log_tail = _tail(log_path)
        super().__init__(f"{name} {reason}; the end of {log_path}:\n{self.log_tail}")


class StepFailed(PlatformError):
    """A command that must succeed before the others start did not."""


def _tail(path: Path, lines: int = 20) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
