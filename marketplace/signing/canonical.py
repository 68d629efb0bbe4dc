"""Canonical JSON and its hash: sorted keys, no white space, UTF-8, integers only.

Floats are refused, because two writers need not agree on their digits; amounts are decimal strings.
"""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from marketplace.signing.errors import MalformedDocument
from proofs.statement import canonical_json as encode_canonically

__all__ = ["canonical_json", "document_hash", "keccak_hex"]


def canonical_json(document: Any) -> bytes:
    """The one byte string of a JSON document. Raises MalformedDocument."""
    _check(document, path="$")
    try:
        return encode_canonically(document)
    except ValueError as error:  # a lone surrogate has no UTF-8
        raise MalformedDocument(f"the document has no canonical form: {error}") from error


def document_hash(document: Any) -> str:
    """keccak256 of the canonical JSON, as 0x hex."""
    return keccak_hex(canonical_json(document))


def keccak_hex(content: bytes) -> str:
    return "0x" + keccak(content).hex()


def _check(value: Any, *, path: str) -> None:
    if value is None or isinstance(value, bool | int | str):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise MalformedDocument(f"{path} has the key {key!r}; keys are strings")
            _check(item, path=f"{path}.{key}")
        return
    if isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _check(item, path=f"{path}[{position}]")
        return
    raise MalformedDocument(
        f"{path} is a {type(value).__name__}; a canonical document holds objects, lists, strings, "
        "integers, booleans and null (write fractions as decimal strings)"
    )
