"""Settings are read strictly, and production starts with nothing unsafe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from marketplace.config import environment

SECRET = "a-secret-that-is-long-enough-0123456789-abcdefghijklmnop"
PRODUCTION = {
    "HENGSUAN_ENV": "production",
    "HENGSUAN_SECRET_KEY": SECRET,
    "HENGSUAN_ALLOWED_HOSTS": "market.example",
    "DATABASE_URL": "postgresql://market@db.example/market",
    "CELERY_BROKER_URL": "amqp://broker.example//",
    "ETH_RPC_URL": "https://rpc.example",
    "CHAIN_ID": "11155111",
}


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: environment.text("X"), ""),
        (lambda: environment.text("X"), "  "),
        (lambda: environment.integer("X", 1), "one"),
        (lambda: environment.integer("X", 1, minimum=1), "0"),
        (lambda: environment.integer("X", 1, maximum=5), "6"),
        (lambda: environment.boolean("X", default=True), "yes"),
        (lambda: environment.choice("X", "a", ("a", "b")), "c"),
        (lambda: environment.path("X", Path("/var")), "relative"),
    ],
)
def test_what_cannot_be_understood_stops_the_start(
    read: Any, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match="X"):
        read()


def test_what_is_well_formed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a, b ,,")
    assert environment.items("X") == ["a", "b"]
    monkeypatch.setenv("X", "false")
    assert environment.boolean("X", default=True) is False
    monkeypatch.delenv("X")
    assert environment.boolean("X", default=True) is True
    assert environment.path("X", Path("/var")) == Path("/var")


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    given = {**kept, **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-c", "from marketplace.config import settings; print(settings.HENGSUAN_ENV)"],
        env={name: value for name, value in given.items() if value is not None},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_whole_production_settings_are_accepted() -> None:
    assert start().stdout == "production\n"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"HENGSUAN_SECRET_KEY": None}, "HENGSUAN_SECRET_KEY"),
        ({"HENGSUAN_SECRET_KEY": "short"}, "HENGSUAN_SECRET_KEY"),
        (
            {"HENGSUAN_SECRET_KEY": "for-development-only-0123456789abcdefghijklmnopqrstuvwxyz"},
            "HENGSUAN_SECRET_KEY",
        ),
        ({"HENGSUAN_DEBUG": "true"}, "HENGSUAN_DEBUG"),
        ({"HENGSUAN_ALLOWED_HOSTS": None}, "HENGSUAN_ALLOWED_HOSTS"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///market.db"}, "DATABASE_URL"),
        ({"CELERY_BROKER_URL": None}, "CELERY_BROKER_URL"),
        ({"ETH_RPC_URL": None}, "ETH_RPC_URL"),
        ({"HENGSUAN_ENV": "prod"}, "HENGSUAN_ENV"),
    ],
)
def test_production_refuses_what_is_missing_or_unsafe(changes: dict[str, str | None], named: str) -> None:
    refused = start(**changes)
    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr
    assert named in refused.stderr.splitlines()[-1]
