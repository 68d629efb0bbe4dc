"""What every serving process (WSGI, ASGI, worker, beat) asks itself before it starts."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import Error, run_checks
from django.core.exceptions import ImproperlyConfigured

__all__ = ["refuse_unsafe_start"]


def refuse_unsafe_start() -> None:
    """In production, raise ImproperlyConfigured if a check of the system, database included, has an error."""
    if not settings.IS_PRODUCTION:
        return
    problems = [
        problem
        for problem in run_checks(include_deployment_checks=True, databases=["default"])
        if isinstance(problem, Error) or problem.is_serious()
    ]
    if problems:
        listing = "; ".join(
            f"{problem.id}: {problem.msg} {problem.hint or ''}".strip() for problem in problems
        )
        raise ImproperlyConfigured(f"this installation may not serve in production: {listing}")
