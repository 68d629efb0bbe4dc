"""Decide a recorded matching round again and compare."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from scheduler.matching import decision_document, input_hash, replay
from scheduler.pipeline.models import MatchRound

__all__ = ["Command"]


class Command(BaseCommand):
    help = "Decide a recorded matching round again; fails unless inputs and every decision agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round_id", type=UUID)

    def handle(self, *_args: Any, **options: Any) -> None:
        kept = MatchRound.objects.filter(id=options["round_id"]).first()
        if kept is None:
            raise CommandError(_("There is no round %(id)s.") % {"id": options["round_id"]})
        if input_hash(kept.inputs) != kept.input_hash:
            raise CommandError(_("The recorded inputs do not have the recorded hash."))
        again = replay(kept.inputs, solver=kept.solver)
        if again.solver != kept.solver:
            versions = {"then": kept.solver, "now": again.solver}
            raise CommandError(_("It was decided by %(then)s, here is %(now)s.") % versions)
        recorded = {row.job_id: row.trace for row in kept.decisions.all()}
        found = {decision.job_id: decision_document(decision) for decision in again.decisions}
        if differing := sorted(job for job in recorded | found if recorded.get(job) != found.get(job)):
            raise CommandError(_("Decided differently: %(jobs)s") % {"jobs": ", ".join(differing)})
        said = {"orders": kept.order_count, "matched": kept.matched_count, "hash": kept.input_hash}
        self.stdout.write(_("The same: %(matched)s of %(orders)s orders matched, inputs %(hash)s.") % said)
