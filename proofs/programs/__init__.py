"""Programs as data: a description with a hash, and the plan that follows from it.

``description`` is what an order names; ``plan`` turns it into commitments, products, inner products and
openings, from which degree, number of nodes, price and contract call follow; ``run`` proves and verifies.
"""

from proofs.programs.description import Description, described_from, entries, lookup, weighted_sums
from proofs.programs.plan import Cost, Plan, make_plan, unsettleable

__all__ = [
    "Cost",
    "Description",
    "Plan",
    "described_from",
    "entries",
    "lookup",
    "make_plan",
    "unsettleable",
    "weighted_sums",
]
