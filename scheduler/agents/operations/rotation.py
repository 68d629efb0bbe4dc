"""Replacing the key that signs requests, so that no crash between two steps locks the party out.

The new key is on disk (``keys-next.json``) before the market hears of it, and becomes the party's key
(``keys.json``) after the market took it. In between either may be the one in force: handing the new one in
again is harmless, and that is what every start does when it finds a ``keys-next.json``.
"""

from __future__ import annotations

from nacl.signing import SigningKey

from scheduler.agents.client import MarketClient
from scheduler.agents.keys import PartyKeys, load_or_create_keys
from scheduler.agents.logs import logger
from scheduler.agents.requests import request_signer, until_available
from scheduler.agents.state import StateDirectory

__all__ = ["finish_rotation", "rotate_signing_key"]

_KEYS, _NEXT = "keys.json", "keys-next.json"


def rotate_signing_key(state: StateDirectory, client: MarketClient, party_id: str) -> PartyKeys:
    """A fresh Ed25519 key in force at the market and here; the old one is refused from then on.

    The caller holds the state directory's lock, so that no running agent goes on with the old key.
    """
    load_or_create_keys(state)
    state.create_json_once(_NEXT, {"ed25519": bytes(SigningKey.generate()).hex()})
    keys = finish_rotation(state, client, party_id)
    assert keys is not None  # it was just begun
    return keys


def finish_rotation(state: StateDirectory, client: MarketClient, party_id: str) -> PartyKeys | None:
    """Finish what was begun, perhaps before a crash; None if nothing was."""
    begun = state.read_json(_NEXT)
    if begun is None:
        return None
    keys = load_or_create_keys(state)
    fresh = SigningKey(bytes.fromhex(begun["ed25519"]))
    new = PartyKeys(account=keys.account, signing=fresh, sealing=keys.sealing)
    signer = client.transport.signer
    client.transport.signer = request_signer(fresh, new.signing_key)
    try:
        signature = new.rotation_signature(party_id)
        until_available(lambda: client.rotate_signing_key(party_id, signature))
    finally:
        client.transport.signer = signer
    state.write_json(_KEYS, state.read_json(_KEYS) | {"ed25519": begun["ed25519"]})
    state.delete(_NEXT)
    logger().info("signing_key_rotated", party_id=party_id)
    return load_or_create_keys(state)
