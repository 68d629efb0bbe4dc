"""REST API of setups, programs and datasets."""
