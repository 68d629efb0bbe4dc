"""Sealed boxes of libsodium, and how their sender can open one to an arbiter.

``crypto_box_seal`` is ephemeral public key || crypto_box(message) with nonce = BLAKE2b-24(ephemeral key ||
recipient's key). It is made here from a given ephemeral seed: whoever knows the ephemeral secret opens this
ciphertext and no other, and needs neither party's long-lived secret.
"""

from __future__ import annotations

import hashlib

from nacl.bindings import crypto_box, crypto_box_open, crypto_box_seed_keypair, crypto_scalarmult_base
from nacl.exceptions import CryptoError

from marketplace.signing.errors import MalformedMessage

__all__ = ["ephemeral_secret", "open_as_sender", "seal"]

KEY_BYTES = 32
NONCE_BYTES = 24


def seal(recipient: bytes, plaintext: bytes, ephemeral_seed: bytes) -> bytes:
    """A sealed box for an X25519 key; the seed (32 secret bytes) is for this one message to this one key."""
    public, secret = crypto_box_seed_keypair(ephemeral_seed)
    return public + crypto_box(plaintext, _nonce(public, recipient), recipient, secret)


def ephemeral_secret(ephemeral_seed: bytes) -> bytes:
    """What opens the box that was sealed with this seed, 32 bytes."""
    _, secret = crypto_box_seed_keypair(ephemeral_seed)
    return bytes(secret)


def open_as_sender(recipient: bytes, secret: bytes, ciphertext: bytes) -> bytes:
    """The plaintext of a sealed box, by its ephemeral secret instead of the recipient's.

    Raises MalformedMessage if the secret is not that of the box, or the box does not open.
    """
    public, box = ciphertext[:KEY_BYTES], ciphertext[KEY_BYTES:]
    if len(secret) != KEY_BYTES or crypto_scalarmult_base(secret) != public:
        raise MalformedMessage("the ephemeral secret is not that of the sealed box")
    try:
        return bytes(crypto_box_open(box, _nonce(public, recipient), recipient, secret))
    except CryptoError:
        raise MalformedMessage("the sealed box does not open for this recipient") from None


def _nonce(public: bytes, recipient: bytes) -> bytes:
    return hashlib.blake2b(public + recipient, digest_size=NONCE_BYTES).digest()
