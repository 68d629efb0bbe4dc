"""REST API of parties."""
