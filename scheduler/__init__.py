"""Matching and running jobs; docs/architecture.md says who may import whom."""
