"""`manage.py export_abi`: writes marketplace/chain/abi.json from forge's output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from marketplace.chain.abi import ABI_PATH
from marketplace.chain.abi_export import interfaces_text
from marketplace.chain.conf import artefacts_directory

__all__ = ["Command"]


class Command(BaseCommand):
    help = "Write the contracts' interfaces that agents and verifiers use; run it after contracts change."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        ABI_PATH.write_text(interfaces_text(artefacts_directory()))
        self.stdout.write(f"written: {ABI_PATH}")
