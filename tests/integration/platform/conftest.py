"""Servers of their own for tests that kill them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.platform.ports import PortBook
from marketplace.platform.supervisor import Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "log") as supervisor:
        yield supervisor


@pytest.fixture
def ports(tmp_path: Path) -> PortBook:
    return PortBook(tmp_path / "ports.json")
