"""Arguments and events as JSON: bytes become lower-case `0x` hex, integers stay integers. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["json_arguments", "json_value", "text_from_bytes32", "text_to_bytes32"]


def json_value(value: object) -> Any:
    """One Solidity value as JSON; raises TypeError for what Solidity does not know (floats, None)."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [json_value(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not a value of a contract call")


def json_arguments(arguments: Sequence[object]) -> list[Any]:
    """The arguments of a call as JSON, in order."""
    return [json_value(argument) for argument in arguments]


def text_to_bytes32(text: str) -> str:
    """Solidity's `bytes32("text")`: ASCII, padded with zeros on the right; longer text is cut."""
    return "0x" + text.encode("ascii", "replace")[:32].ljust(32, b"\0").hex()


def text_from_bytes32(value: str) -> str:
    """The text of a `bytes32`; what is not ASCII comes back as hex."""
    raw = bytes.fromhex(value.removeprefix("0x")).rstrip(b"\0")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        return "0x" + raw.hex()
