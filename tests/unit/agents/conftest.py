"""A small real HTTP server that answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from proofs.backend import get_backend
from proofs.keys import ProvingKey
from proofs.setup import generate
from scheduler.agents.client import MarketClient
from scheduler.agents.state import StateDirectory
from scheduler.agents.transport import Transport


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Route = Callable[[Request], Answer]


class LocalMarket:
    """Routes by (method, path); keeps every request."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Route] = {}
        self.requests: list[Request] = []
        market = self

        class RequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body leave together, so that no answer waits for a delayed ACK

            def serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
                market.requests.append(request)
                route = market.routes.get((self.command, self.path.partition("?")[0]))
                answer = route(request) if route else Answer(404, {"code": "not_found", "detail": "no route"})
                content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                if answer.status == 204:
                    content = b""
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "POST", "PUT"):
            setattr(RequestHandler, f"do_{method}", RequestHandler.serve)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), RequestHandler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def on(self, method: str, path: str, *answers: Answer | Route) -> None:
        """Answer a path; of several answers each is given once and the last one for ever."""
        left = list(answers)

        def route(request: Request) -> Answer:
            answer = left.pop(0) if len(left) > 1 else left[0]
            return answer if isinstance(answer, Answer) else answer(request)

        self.routes[(method, f"/api/v1{path}")] = route

    def paths(self) -> list[str]:
        return [request.path.removeprefix("/api/v1") for request in self.requests]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def market() -> Iterator[LocalMarket]:
    server = LocalMarket()
    yield server
    server.stop()


@pytest.fixture
def transport(market: LocalMarket) -> Iterator[Transport]:
    sleeps: list[float] = []
    transport = Transport(
        market.url, patience_seconds=5.0, sleep=sleeps.append, uniform=lambda low, high: high
    )
    transport.sleeps = sleeps  # type: ignore[attr-defined]  # what a test looks at
    yield transport
    transport.close()


@pytest.fixture
def client(transport: Transport) -> MarketClient:
    return MarketClient(transport)


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


@pytest.fixture(scope="session")
def proving_key() -> ProvingKey:
    """A development key of capacity 16 on the fastest backend."""
    backend = get_backend()
    return generate(backend, 16, max_outputs=36).proving_key(backend, trusted=True)
