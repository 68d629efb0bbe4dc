"""The solver's import takes a second, which would count as the time of whichever test needs it first."""

import ortools.graph.python.min_cost_flow
import ortools.sat.python.cp_model  # noqa: F401
import pytest

from scheduler.matching import optimum


@pytest.fixture(params=[32, 1], ids=["small round", "large round"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many orders CP-SAT takes: all of a small market, or one; the others go by prices and flow."""
    monkeypatch.setattr(optimum, "WINDOW", request.param)
    return int(request.param)
