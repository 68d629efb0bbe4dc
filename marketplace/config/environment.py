"""Reading settings from environment variables, strictly: what cannot be understood stops the start."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

__all__ = ["boolean", "choice", "integer", "items", "path", "text"]


def text(name: str, default: str | None = None) -> str:
    """The variable, or the default. Without a default an unset or empty variable is an error."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; set it in the environment (docs/operations.md)")
    return default


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} is {number}; it must be from {minimum} to {maximum}")
    return number


def boolean(name: str, *, default: bool) -> bool:
    return choice(name, "true" if default else "false", ("true", "false")) == "true"


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; choose one of {', '.join(allowed)}")
    return value


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one is an error, because processes have different working directories."""
    value = Path(text(name, str(default)))
    if not value.is_absolute():
        raise ImproperlyConfigured(f"{name} is {value}; it must be an absolute path")
    return value
