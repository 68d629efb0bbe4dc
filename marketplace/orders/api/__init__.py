"""REST API of orders and jobs."""
