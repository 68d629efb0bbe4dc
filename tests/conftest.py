"""Real servers for the tests: one PostgreSQL, Redis and anvil per session, each started at first use.

They listen on loopback ports, live in a temporary directory and are stopped at the end; see
`marketplace/platform/testing.py`.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from marketplace.platform.testing import TestServers, servers_key


@pytest.fixture(scope="session")
def test_servers(pytestconfig: pytest.Config) -> TestServers:
    """The servers of this session."""
    return pytestconfig.stash[servers_key]


@pytest.fixture(scope="session")
def database_url(test_servers: TestServers) -> str:
    """Address of a running PostgreSQL; tests of models use pytest-django's `db`, which asks for this."""
    return test_servers.database_url()


@pytest.fixture(scope="session")
def broker_url(test_servers: TestServers) -> str:
    """Address of a running Redis."""
    return test_servers.broker_url()


@pytest.fixture(scope="session")
def chain_url(test_servers: TestServers) -> str:
    """Address of a running anvil, shared by the session; contracts deployed by fixtures stay."""
    return test_servers.chain_url()


@pytest.fixture
def chain_snapshot(chain_url: str) -> Iterator[str]:
    """Address of the running anvil; what the test does to the chain is undone after it."""
    snapshot = _call(chain_url, "evm_snapshot")
    yield chain_url
    _call(chain_url, "evm_revert", snapshot)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_url: str, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Have PostgreSQL running before pytest-django makes the test database."""


def _call(url: str, method: str, *parameters: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return httpx.post(url, json=body, timeout=5, trust_env=False).json()["result"]
