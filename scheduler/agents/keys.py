"""The keys of a party: secp256k1 (messages on the chain), Ed25519 (requests), X25519 (sealed shares).

Made once from the system's CSPRNG, kept in the agent's state directory with mode 0600, never printed:
``repr`` shows public parts only. ``public.json`` beside them holds what others need, for example to fund
the address.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from marketplace.signing.sealing import seal
from scheduler.agents.errors import ConfigurationError, StateError, TaskRefused
from scheduler.agents.state import StateDirectory

__all__ = ["PartyKeys", "load_account", "load_or_create_keys", "seal_to"]

_FILE = "keys.json"


@dataclass(frozen=True)
class PartyKeys:
    """All three key pairs of one party."""

    account: LocalAccount
    signing: SigningKey
    sealing: PrivateKey

    def __repr__(self) -> str:
        return f"PartyKeys({self.account.address})"

    @property
    def address(self) -> str:
        """Checksummed Ethereum address."""
        return str(self.account.address)

    @property
    def signing_key(self) -> str:
        """Ed25519 public key, ``0x`` hex."""
        return "0x" + bytes(self.signing.verify_key).hex()

    @property
    def sealing_key(self) -> str:
        """X25519 public key, ``0x`` hex."""
        return "0x" + bytes(self.sealing.public_key).hex()

    def public(self) -> dict[str, str]:
        """What the market and the chain may know."""
        return {"eth_address": self.address, "signing_key": self.signing_key, "sealing_key": self.sealing_key}

    def enrolment_signature(self) -> str:
        """EIP-191 personal signature that ties the other two keys to the Ethereum address (docs/api.md)."""
        text = f"hengsuan enrol {self.signing_key} {self.sealing_key}"
        return "0x" + bytes(self.account.sign_message(encode_defunct(text=text)).signature).hex()

    def rotation_signature(self, party_id: str) -> str:
        """EIP-191 personal signature that puts this signing key in force for the party (docs/api.md)."""
        text = f"hengsuan rotate {party_id} {self.signing_key}"
        return "0x" + bytes(self.account.sign_message(encode_defunct(text=text)).signature).hex()

    def unseal(self, ciphertext: bytes) -> bytes:
        """Open a libsodium sealed box addressed to this party; TaskRefused ``package_unreadable`` if it
        does not open.
        """
        from nacl.exceptions import CryptoError

        try:
            return bytes(SealedBox(self.sealing).decrypt(ciphertext))
        except CryptoError:
            raise TaskRefused(
                "package_unreadable",
                "A sealed message does not open with this party's sealing key.",
                "The sender must seal to the key that is registered on the chain.",
            ) from None


def seal_to(sealing_key: str, plaintext: bytes, ephemeral_seed: bytes | None = None) -> bytes:
    """A libsodium sealed box (X25519, XSalsa20-Poly1305) for ``sealing_key``, ``0x`` hex, with a fresh
    ephemeral key or that of the seed, which its sender can open to an arbiter.
    """
    raw = bytes.fromhex(sealing_key.removeprefix("0x"))
    if len(raw) != 32:
        raise ConfigurationError(
            "sealing_key_malformed",
            f"A sealing key has 32 bytes, this one {len(raw)}.",
            "Use the registered key.",
        )
    return seal(raw, plaintext, ephemeral_seed or secrets.token_bytes(32))


def load_or_create_keys(state: StateDirectory) -> PartyKeys:
    """The keys of this state directory, made on first use. Two racing calls get the same keys."""
    stored = state.read_json(_FILE)
    if stored is None:
        stored = state.create_json_once(
            _FILE,
            {
                "eth": _new_eth_secret().hex(),
                "ed25519": bytes(SigningKey.generate()).hex(),
                "x25519": bytes(PrivateKey.generate()).hex(),
            },
        )
    try:
        keys = PartyKeys(
            account=Account.from_key(bytes.fromhex(stored["eth"])),
            signing=SigningKey(bytes.fromhex(stored["ed25519"])),
            sealing=PrivateKey(bytes.fromhex(stored["x25519"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            "keys_unreadable",
            f"{state.path(_FILE)} does not hold three keys ({type(error).__name__}).",
            "Restore it from a backup; without it this party cannot act.",
        ) from None
    if state.read_json("public.json") != keys.public():
        state.write_json("public.json", keys.public())
    return keys


def load_account(path: Path, *, create: bool = False) -> LocalAccount:
    """An Ethereum key from a file with one line of hex, mode 0600; ``create`` makes it when it is missing."""
    state = StateDirectory(path.parent)
    content = state.read_bytes(path.name)
    if content is None and create:
        content = state.create_once(path.name, ("0x" + _new_eth_secret().hex() + "\n").encode())
    if content is None:
        raise ConfigurationError(
            "key_file_missing", f"There is no key file {path}.", "Create it with mode 0600."
        )
    try:
        account: Any = Account.from_key(content.decode().strip())
    except ValueError:
        raise ConfigurationError(
            "key_file_unreadable",
            f"{path} does not hold 32 bytes of hex.",
            "Put one private key into it, nothing else.",
        ) from None
    assert isinstance(account, LocalAccount)
    return account


def _new_eth_secret() -> bytes:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    while True:
        candidate = secrets.token_bytes(32)
        if 0 < int.from_bytes(candidate, "big") < order:
            return candidate
