"""What makes a key acceptable. Pure rules; public keys only."""

from __future__ import annotations

import hashlib
import re

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_checksum_address
from eth_utils.exceptions import ValidationError
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_scalarmult

from marketplace.accounts.errors import EthSignatureInvalid, KeyInvalid
from marketplace.signing.eip712 import check_signature_form
from marketplace.signing.errors import MalformedSignature

__all__ = [
    "check_enrolment_signature",
    "check_eth_address",
    "check_rotation_signature",
    "check_sealing_key",
    "check_signing_key",
    "enrolment_text",
    "rotation_text",
    "secret_hash",
]

CURVE25519_PRIME = 2**255 - 19
_KEY = re.compile(r"0x[0-9a-f]{64}\Z")
# Any scalar will do: with a point of low order every product is zero, which libsodium refuses.
_PROBE = bytes(range(1, 33))


def check_signing_key(key: str) -> None:
    """Raise KeyInvalid unless `key` is a canonical Ed25519 point of the prime-order group."""
    if not crypto_core_ed25519_is_valid_point(_raw(key, "signing_key")):
        raise KeyInvalid("signing_key is no Ed25519 point of prime order", field="signing_key")


def check_sealing_key(key: str) -> None:
    """Raise KeyInvalid for an X25519 key that is not canonical or has low order (its secrets are zero)."""
    raw = _raw(key, "sealing_key")
    if int.from_bytes(raw, "little") >= CURVE25519_PRIME:
        raise KeyInvalid("sealing_key is not a canonical X25519 key", field="sealing_key")
    try:
        crypto_scalarmult(_PROBE, raw)
    except RuntimeError:
        raise KeyInvalid(
            "sealing_key has low order: everybody could open what is sealed to it", field="sealing_key"
        ) from None


def check_eth_address(address: str) -> None:
    if not is_checksum_address(address) or int(address, 16) == 0:
        raise KeyInvalid("eth_address must be an address with its EIP-55 checksum", field="eth_address")


def enrolment_text(*, signing_key: str, sealing_key: str) -> str:
    """What the Ethereum key signs to take responsibility for the other two (docs/api.md)."""
    return f"hengsuan enrol {signing_key} {sealing_key}"


def check_enrolment_signature(
    *, eth_address: str, signing_key: str, sealing_key: str, signature: str
) -> None:
    """Raise EthSignatureInvalid unless `eth_address` signed the enrolment text (EIP-191)."""
    text = enrolment_text(signing_key=signing_key, sealing_key=sealing_key)
    _check_personal_signature(eth_address=eth_address, text=text, signature=signature)


def rotation_text(*, party_id: str, signing_key: str) -> str:
    """What the Ethereum key signs to put a new request-signing key in force (docs/api.md)."""
    return f"hengsuan rotate {party_id} {signing_key}"


def check_rotation_signature(*, eth_address: str, party_id: str, signing_key: str, signature: str) -> None:
    """Raise EthSignatureInvalid unless `eth_address` signed the rotation text (EIP-191)."""
    text = rotation_text(party_id=party_id, signing_key=signing_key)
    _check_personal_signature(eth_address=eth_address, text=text, signature=signature)


def _check_personal_signature(*, eth_address: str, text: str, signature: str) -> None:
    try:
        raw = check_signature_form(signature)
        signer = str(Account.recover_message(encode_defunct(text=text), signature=raw))
    except (MalformedSignature, BadSignature, ValidationError, ValueError) as error:
        raise EthSignatureInvalid(f"eth_signature is no signature: {error}") from error
    if signer != eth_address:
        raise EthSignatureInvalid(f"eth_signature was made by {signer}, not by {eth_address}")


def secret_hash(text: str) -> str:
    """What is kept of a token or API key: SHA-256 suffices for 256 random bits, there is nothing to guess."""
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def _raw(key: str, field: str) -> bytes:
    if not _KEY.match(key):
        raise KeyInvalid(f"{field} must be 32 bytes of lower-case 0x hex", field=field)
    return bytes.fromhex(key[2:])
