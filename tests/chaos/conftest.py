"""The same market as the end-to-end tests have, with a fourth node."""

from collections.abc import Iterator

import pytest

from tests.chaos.stage import Stage
from tests.e2e.fixtures import market
from tests.e2e.market import Market

__all__ = ["market"]


@pytest.fixture(scope="session")
def whole_stage(market: Market) -> Stage:
    """The fourth node has joined."""
    stage = Stage(market)
    stage.enrol()
    return stage


@pytest.fixture
def stage(whole_stage: Stage) -> Iterator[Stage]:
    """Nothing ends by itself in a scenario, and what a failed one left dead is there for the next."""
    yield whole_stage
    whole_stage.restore()
    whole_stage.market.supervisor.check()
