"""The cast and the market under test."""

from tests.support.fixtures import (
    bank,
    consumer,
    dataset,
    domains,
    grant,
    job,
    key_directory,
    licence,
    market,
    node,
    outsider,
    owner,
)

__all__ = [
    "bank",
    "consumer",
    "dataset",
    "domains",
    "grant",
    "job",
    "key_directory",
    "licence",
    "market",
    "node",
    "outsider",
    "owner",
]
