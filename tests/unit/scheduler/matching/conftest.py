"""The solver's import takes a second, which would count as the time of whichever test needs it first."""

import ortools.graph.python.min_cost_flow
import ortools.sat.python.cp_model  # noqa: F401
