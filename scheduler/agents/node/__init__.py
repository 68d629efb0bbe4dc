"""A compute node: leases work, computes on shares, proves, and never sees data."""
