"""The one market that all tests of `tests/e2e` and `tests/chaos` share; both conftests bring it in."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.market import Market, first_start

__all__ = ["market"]

_market_key = pytest.StashKey[Market]()


@pytest.fixture(scope="session")
def market(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Market]:
    """The running market after its main job. Each conftest has this fixture; the market is one."""
    if _market_key in pytestconfig.stash:
        yield pytestconfig.stash[_market_key]
        return
    directory = Path(tempfile.mkdtemp(prefix="hengsuan-market-"))
    running = Market(directory, first_start(directory))
    if running.first.status:
        pytest.fail(f"the main job ended with status {running.first.status}:\n{running.first.output}")
    pytestconfig.stash[_market_key] = running
    try:
        running.start()
        yield running
    finally:
        del pytestconfig.stash[_market_key]
        running.stop()
        if request.session.testsfailed:
            print(f"the market's folder with its logs is kept: {directory}")
        else:
            shutil.rmtree(directory)
