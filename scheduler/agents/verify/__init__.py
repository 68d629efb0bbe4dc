"""Checking a receipt without trusting the market: offline, and against a chain."""
