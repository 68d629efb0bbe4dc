"""Arguments and events as JSON: bytes become lower-case `0x` hex, integers stay integers. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["json_arguments", "json_value"]


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
