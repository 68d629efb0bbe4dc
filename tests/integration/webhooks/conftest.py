"""The cast, and a server of a party that takes webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

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
    "Receiver",
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
    "receiver",
]


class Receiver:
    """A real HTTP server on loopback. Keeps what it was sent; answers with `status`."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_port}/events?of=jobs"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver(settings: pytest.FixtureRequest) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True  # type: ignore[attr-defined]
    server = Receiver()
    yield server
    server.close()
