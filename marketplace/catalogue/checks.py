"""Production refuses setups whose secrets one party knew: with them any result could be forged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

__all__ = ["check_setups_are_for_production"]


@register(Tags.database)
def check_setups_are_for_production(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    from marketplace.catalogue.models import Setup

    if not settings.IS_PRODUCTION or not databases:
        return []
    try:
        setup_ids = list(Setup.objects.filter(is_development=True).values_list("setup_id", flat=True))
    except DatabaseError:
        return []  # not migrated yet; the serving processes check again when they start
    return [
        Error(
            f"setup {setup_id} is a development setup: proofs under it can be forged",
            hint="Take part in a ceremony, register its setup, and remove this one.",
            id="catalogue.E001",
        )
        for setup_id in setup_ids
    ]
