"""Webhooks: a party's own server is told what happens to its jobs."""
