"""Nodes and providers as they are: away, busy, strict about ranges, or answering with a web page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ChainUnreachable
from marketplace.chain.indexer import Indexer
from marketplace.chain.models import ChainEvent, Checkpoint
from marketplace.chain.reader import ChainReader
from marketplace.chain.rpc import chain_failures_typed, connect

Answer = tuple[int, bytes]
Rule = Callable[[dict[str, Any]], Answer | None]


class Provider:
    """A provider in front of the development chain; `rule` answers what it does not pass on."""

    def __init__(self, chain_url: str) -> None:
        self.rule: Rule = lambda call: None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = provider.rule(json.loads(body)) or (200, _pass_on(chain_url, body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def provider(chain_url: str) -> Iterator[Provider]:
    started = Provider(chain_url)
    yield started
    started.server.shutdown()
    started.server.server_close()


def refusal(code: int, message: str) -> Answer:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message}}).encode()


@pytest.mark.parametrize(
    "answer",
    [
        (502, b"<html>Bad gateway</html>"),
        (429, b"slow down"),
        (200, b"<html>maintenance</html>"),
        refusal(-32005, "limit exceeded"),
    ],
    ids=["bad gateway", "too many requests", "a web page", "limit exceeded"],
)
def test_whatever_keeps_it_from_answering_is_one_error(provider: Provider, answer: Answer) -> None:
    provider.rule = lambda call: answer
    with pytest.raises(ChainUnreachable), chain_failures_typed():
        _ = connect(provider.url).eth.block_number


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_refuses_wide_ranges_is_asked_for_narrow_ones(
    provider: Provider, deployment: Deployment
) -> None:
    widths: list[int] = []

    def two_blocks_at_most(call: dict[str, Any]) -> Answer | None:
        if call["method"] != "eth_getLogs":
            return None
        asked = call["params"][0]
        widths.append(int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1)
        return refusal(-32600, "the range is limited to 2 blocks") if widths[-1] > 2 else None

    provider.rule = two_blocks_at_most
    reader = ChainReader(provider.url, deployment.addresses)
    indexer = Indexer(
        reader=reader, deployment=deployment, handle=lambda event: None, on_orphaned=lambda events: None
    )
    indexer.run()
    assert Checkpoint.objects.get().block_number == reader.head()[0]
    assert ChainEvent.objects.filter(name="FeeChanged").exists()
    assert widths[0] > 2 >= widths[-1]


def _pass_on(chain_url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/json"}
    return httpx.post(chain_url, content=body, headers=headers, timeout=10, trust_env=False).content
