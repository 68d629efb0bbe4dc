"""REST API of licences."""
