"""Sealed boxes that their sender can open to an arbiter, and nothing else with it."""

from __future__ import annotations

import pytest
from nacl.public import PrivateKey, SealedBox

from marketplace.signing.errors import MalformedMessage
from marketplace.signing.sealing import ephemeral_secret, open_as_sender, seal

KEY = PrivateKey(b"\x07" * 32)
RECIPIENT = bytes(KEY.public_key)
SEED = b"\x09" * 32


def test_the_recipient_opens_it_as_any_sealed_box_and_the_sender_by_its_ephemeral_secret() -> None:
    sealed = seal(RECIPIENT, b"share", SEED)
    assert SealedBox(KEY).decrypt(sealed) == b"share"
    assert open_as_sender(RECIPIENT, ephemeral_secret(SEED), sealed) == b"share"
    assert seal(RECIPIENT, b"share", SEED) == sealed
    assert len(sealed) == len(SealedBox(KEY.public_key).encrypt(b"share"))


def test_no_other_secret_recipient_or_ciphertext_opens() -> None:
    sealed = seal(RECIPIENT, b"share", SEED)
    secret = ephemeral_secret(SEED)
    other = bytes(PrivateKey(b"\x08" * 32).public_key)
    for recipient, key, box in (
        (RECIPIENT, ephemeral_secret(b"\x0a" * 32), sealed),
        (RECIPIENT, SEED, sealed),
        (RECIPIENT, secret[:31], sealed),
        (other, secret, sealed),
        (RECIPIENT, secret, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (RECIPIENT, secret, sealed[:40]),
        (RECIPIENT, secret, b""),
    ):
        with pytest.raises(MalformedMessage):
            open_as_sender(recipient, key, box)
