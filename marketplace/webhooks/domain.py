"""Signatures of webhooks (Standard Webhooks 1.0), where they may go, and when they are tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from marketplace.webhooks.errors import WebhookAddressRefused

__all__ = ["MAX_TRIES", "Target", "resolve_target", "retry_after", "secret_of", "signature_of"]

MAX_TRIES = 10
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)


def secret_of(*, master_key: bytes, webhook_id: str, generation: int) -> bytes:
    """32 bytes that only the market can derive, different for each webhook and each rotation."""
    return hmac.digest(master_key, f"hengsuan webhook {webhook_id} {generation}".encode(), "sha256")


def signature_of(*, secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def retry_after(tries: int) -> timedelta | None:
    """The wait after so many tries: 5 s, tripled each time up to 6 h; None when it is given up."""
    return None if tries >= MAX_TRIES else min(LONGEST_WAIT, FIRST_WAIT * 3 ** (tries - 1))


@dataclass(frozen=True)
class Target:
    """An address whose name was resolved once: the request goes to `ip`, whatever DNS says later."""

    url: str
    host: str
    ip: str
    port: int
    is_tls: bool


def resolve_target(url: str, *, is_private_allowed: bool) -> Target:
    """Raises WebhookAddressRefused unless every address of the host is a public one (CWE-918).

    `is_private_allowed` is for development: it permits plain http and any address.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise WebhookAddressRefused(f"the port of {url} is not a number from 1 to 65535") from None
    if parts.scheme != "https" and not (is_private_allowed and parts.scheme == "http"):
        raise WebhookAddressRefused(f"{url} is not an https address")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookAddressRefused(f"{url} has no host, or a user, a password or a fragment")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise WebhookAddressRefused(f"the name {parts.hostname} cannot be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_private_allowed and not _is_public(address):
            raise WebhookAddressRefused(f"{parts.hostname} is at {address}, which is not a public address")
    return Target(url, parts.hostname, addresses[0], port, parts.scheme == "https")


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None or ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
