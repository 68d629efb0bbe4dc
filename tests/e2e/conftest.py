"""The market of the end-to-end tests."""

from tests.e2e.fixtures import market

__all__ = ["market"]
