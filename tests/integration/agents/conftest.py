"""Agents against the market's real server: real HTTP, real database, real signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from marketplace.accounts.models import Organisation, PartyKind
from marketplace.accounts.services import enrolment_token_issue
from scheduler.agents.configuration import MarketConfig, PartyConfig
from scheduler.agents.session import Session, open_session
from tests.support.fixtures import domains, key_directory, market

__all__ = ["domains", "homes", "key_directory", "market", "opened"]

Homes = Callable[[str, str], PartyConfig]


@pytest.fixture
def homes(live_server: LiveServer, tmp_path: Path) -> Homes:
    """Makes the home of a party: its configuration, and a fresh token for its kind."""

    def make(name: str, kind: str) -> PartyConfig:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        organisation, _ = Organisation.objects.get_or_create(
            slug=f"{name}-org", defaults={"name": name.title(), "name_zh": name}
        )
        token = enrolment_token_issue(organisation=organisation, kind=PartyKind(kind))
        (home / "enrolment-token").write_text(token)
        return PartyConfig(name=name, market=MarketConfig(url=live_server.url), home=str(home))

    return make


@pytest.fixture
def opened() -> Iterator[Callable[[str, PartyConfig], Session]]:
    """Opens sessions and closes them after the test."""
    sessions: list[Session] = []

    def make(kind: str, config: PartyConfig) -> Session:
        sessions.append(open_session(kind, config))
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()
