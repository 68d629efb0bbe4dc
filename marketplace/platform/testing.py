"""A pytest plugin (loaded by `-p`, see pyproject.toml) that points the settings at servers of the tests.

Django reads DATABASE_URL when pytest-django loads its settings, long before any fixture runs. So the
addresses are chosen here, and a server is started only when a test's fixture asks for it; tests/conftest.py
has those fixtures. A DATABASE_URL or CELERY_BROKER_URL of the caller is kept; a chain of the caller never is.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from marketplace.platform.chain import DEVELOPMENT_CHAIN_ID, DevelopmentChain
from marketplace.platform.ports import PortBook
from marketplace.platform.postgres import UNSAFE_BUT_FAST, EmbeddedPostgres
from marketplace.platform.redis import EmbeddedRedis
from marketplace.platform.supervisor import Supervisor

__all__ = ["TestServers", "servers_key"]

servers_key = pytest.StashKey["TestServers"]()


class TestServers:
    """The servers of one test session, in a temporary directory, each started at first use."""

    __test__ = False  # not a class of tests, whatever its name says

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="hengsuan-test-"))
        # Where static files are collected must exist, or serving warns; pages are tested without collecting.
        (self.directory / "var" / "static").mkdir(parents=True)
        ports = PortBook(self.directory / "ports.json")
        self._postgres = EmbeddedPostgres(self.directory / "postgres", ports, UNSAFE_BUT_FAST)
        self._redis = EmbeddedRedis(self.directory / "redis", ports)
        self._chain = DevelopmentChain(self.directory / "chain", ports)
        self._supervisor: Supervisor | None = None
        self._given = {name: os.environ.get(name) for name in ("DATABASE_URL", "CELERY_BROKER_URL")}

    def environment(self) -> dict[str, str]:
        """Return the addresses that the settings read; nothing has to run yet."""
        return {
            "HENGSUAN_ENV": "test",
            "HENGSUAN_VAR_DIR": str(self.directory / "var"),
            "DATABASE_URL": self._given["DATABASE_URL"] or self._postgres.url(),
            "CELERY_BROKER_URL": self._given["CELERY_BROKER_URL"] or self._redis.url(),
            "ETH_RPC_URL": self._chain.url,
            "CHAIN_ID": str(DEVELOPMENT_CHAIN_ID),
            "CHAIN_SIGNER_KEY_FILE": str(self._chain.signer_key_file),
        }

    def database_url(self) -> str:
        """Start PostgreSQL unless the caller brought one, and return its address."""
        return self._started("DATABASE_URL", self._postgres)

    def broker_url(self) -> str:
        """Start Redis unless the caller brought a broker, and return its address."""
        return self._started("CELERY_BROKER_URL", self._redis)

    def chain_url(self) -> str:
        """Start anvil, and return its address."""
        return self._started("ETH_RPC_URL", self._chain)

    def stop(self) -> None:
        """Stop what was started, and remove the directory; a second call does nothing."""
        if self._supervisor is not None:
            self._supervisor.__exit__()
            self._supervisor = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def _started(self, name: str, server: EmbeddedPostgres | EmbeddedRedis | DevelopmentChain) -> str:
        if not self._given.get(name):
            if self._supervisor is None:
                self._supervisor = Supervisor(self.directory / "log").__enter__()
            server.start(self._supervisor)
        address = self.environment()[name]
        if address != os.environ[name]:
            raise pytest.UsageError(f"the port of {name} was taken by another program; run the tests again")
        return address


_created: list[TestServers] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Set the environment; this hook alone runs before pytest-django loads the settings."""
    servers = TestServers()
    atexit.register(servers.stop)  # for a session that ends before it is configured
    os.environ.update(servers.environment())
    _created.append(servers)


def pytest_configure(config: pytest.Config) -> None:
    """Hand the servers to the fixtures."""
    config.stash[servers_key] = _created[-1]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop every server."""
    config.stash[servers_key].stop()
