"""`manage.py seed_demo --parties TOML --tokens FILE`: the demonstration's organisations and tokens."""

from __future__ import annotations

import json
import tomllib
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.accounts.models import EnrolmentToken, Organisation, PartyKind
from marketplace.accounts.services import enrolment_token_hash, enrolment_token_issue
from marketplace.platform.paths import write_private

__all__ = ["Command"]


@dataclass(frozen=True, slots=True)
class _Place:
    party: str
    kind: PartyKind
    organisation: str
    name: str
    name_zh: str


def _places(path: Path) -> list[_Place]:
    """The `[[parties]]` of a TOML file: party, kind, organisation (slug, name, name_zh)."""
    try:
        parties = tomllib.loads(path.read_text(encoding="utf-8"))["parties"]
        return [
            _Place(
                party=party["party"],
                kind=PartyKind(party["kind"]),
                organisation=party["organisation"]["slug"],
                name=party["organisation"]["name"],
                name_zh=party["organisation"]["name_zh"],
            )
            for party in parties
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} does not list parties as this command needs them: {error!r}") from error


class Command(BaseCommand):
    help = (
        "Create the organisations of the demonstration and write one enrolment token for each party to a "
        "file (JSON: party name → organisation, kind, token; mode 0600). Repeated, it keeps what is good."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parties", type=Path, required=True, metavar="TOML")
        parser.add_argument("--tokens", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["tokens"]
        known = _read(path)
        tokens = {
            place.party: self._entry(place, known.get(place.party, {}))
            for place in _places(options["parties"])
        }
        if tokens != known:
            write_private(path, json.dumps(tokens, indent=1, ensure_ascii=False) + "\n")
        self.stdout.write(f"{len(tokens)} parties may enrol; their tokens are in {path}")

    def _entry(self, place: _Place, known: dict[str, str]) -> dict[str, str]:
        organisation, _ = Organisation.objects.get_or_create(
            slug=place.organisation, defaults={"name": place.name, "name_zh": place.name_zh}
        )
        token = known.get("token", "")
        if not _is_good(token):
            token = enrolment_token_issue(organisation=organisation, kind=place.kind)
        return {"organisation": organisation.slug, "kind": str(place.kind), "token": token}


def _is_good(token: str) -> bool:
    """Used is good too: its party, asking again with the same keys, gets itself."""
    stored = EnrolmentToken.objects.filter(token_hash=enrolment_token_hash(token)).first()
    return stored is not None and (stored.used_by_id is not None or stored.expires_at > timezone.now())


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text())
    except ValueError as error:
        raise CommandError(f"{path} is not a file of tokens; move it away: {error}") from error
    if not isinstance(known, dict):
        raise CommandError(f"{path} is not a file of tokens; move it away")
    return known
