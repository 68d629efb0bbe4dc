"""Django app of the chain: outbox, indexer, contract clients."""

from typing import Any, ClassVar

from django.apps import AppConfig


class ChainConfig(AppConfig):
    name = "marketplace.chain"
    label = "chain"
    verbose_name = "Chain"
    default_auto_field = "django.db.models.BigAutoField"

    # A message that nobody took within its period is superseded by the next one.
    beat_schedule: ClassVar[dict[str, Any]] = {
        "send chain transactions": {"task": "chain.send", "schedule": 2.0, "options": {"expires": 10}},
        "index the chain": {"task": "chain.index", "schedule": 2.0, "options": {"expires": 10}},
    }
