"""`manage.py register_setup DIRECTORY`: a setup of the proof system, and the Gram program on it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.catalogue.errors import SetupInvalid
from marketplace.catalogue.services import program_register, setup_register
from proofs import formats
from proofs.statement import Program

__all__ = ["Command"]


class Command(BaseCommand):
    help = (
        "Register a key directory and offer the Gram program on it. The chain learns both from "
        "`manage.py deploy_contracts`. Repeated, it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--made-here",
            action="store_true",
            help="this machine made the keys: skip the subgroup check of the long G2 list",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            setup = setup_register(directory=options["directory"], is_made_here=options["made_here"])
        except SetupInvalid as error:
            raise CommandError(f"{error.code}: {error.detail}. {error.remedy}") from error
        if setup.is_development:
            self.stderr.write(self.style.WARNING("development setup: proofs under it can be forged"))
        gram = Program(setup_id=formats.from_hex(setup.setup_id, "setup_id", 32))
        program = program_register(document=gram.document(), title="Joint statistics", title_zh="联合统计")
        self.stdout.write(f"setup {setup.setup_id}\nprogram {program.program_id}")
