"""Checking a statement of uses without trusting the market: offline, and against a chain."""
