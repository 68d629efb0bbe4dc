"""The consumer's agent: deposits, orders, and opens results that only it can open."""
