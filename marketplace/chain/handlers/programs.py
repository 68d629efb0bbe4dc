"""Events of the ProgramRegistry contract."""

from __future__ import annotations

from marketplace.catalogue.services import program_mark_registered, program_unmark_registered
from marketplace.chain.models import ChainEvent

__all__ = ["program_registered", "program_registration_undone"]


def program_registered(event: ChainEvent) -> None:
    """From now on orders may name the program."""
    program_mark_registered(program_id=event.arguments["programId"])


def program_registration_undone(event: ChainEvent) -> None:
    """Orders may not name it any more."""
    program_unmark_registered(program_id=event.arguments["programId"])
