"""A connection to a chain's node. No Django.

Whatever keeps the node from answering (refused, timed out, a proxy's error page, 429, 5xx) is
`ChainUnreachable`; callers wait and ask again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from eth_typing import URI
from web3 import HTTPProvider, Web3
from web3.exceptions import BadResponseFormat, Web3RPCError

from marketplace.chain.errors import ChainUnreachable

__all__ = ["chain_failures_typed", "connect"]

REQUEST_TIMEOUT_SECONDS = 20
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# JSON-RPC codes by which providers say "later": limit exceeded (EIP-1474) and resource unavailable.
LATER_CODES = frozenset({-32005, -32002})


def connect(rpc_url: str, *, timeout_seconds: float = REQUEST_TIMEOUT_SECONDS) -> Web3:
    """A client of the node at `rpc_url`. Nothing is asked of it yet; nothing is retried behind our back."""
    session = requests.Session()
    session.trust_env = urlsplit(rpc_url).hostname not in LOOPBACK_HOSTS  # no proxy on the way to ourselves
    provider = HTTPProvider(
        URI(rpc_url),
        request_kwargs={"timeout": timeout_seconds},
        session=session,
        exception_retry_configuration=None,
    )
    return Web3(provider)


@contextmanager
def chain_failures_typed() -> Iterator[None]:
    """Turn what a transport raises into `ChainUnreachable`; a contract's or node's refusal passes."""
    try:
        yield
    except (requests.RequestException, BadResponseFormat, json.JSONDecodeError) as error:
        raise ChainUnreachable(f"the chain's node does not answer: {_brief(error)}") from error
    except Web3RPCError as error:
        if _code(error) in LATER_CODES:
            raise ChainUnreachable(f"the chain's node asks to come back later: {_brief(error)}") from error
        raise


def _code(error: Web3RPCError) -> Any:
    failure: Any = (error.rpc_response or {}).get("error")
    return failure.get("code") if isinstance(failure, dict) else None


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
