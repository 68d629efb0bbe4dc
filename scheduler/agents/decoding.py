"""From JSON or TOML values to frozen dataclasses, with errors that name the place.

One mechanism for configurations (unknown keys are refused) and for the market's answers (unknown keys are
ignored, so that the market may add members). Supported: str, int, float, bool, dict, Any, dataclasses,
``tuple[X, ...]``, ``X | None`` and ``dict[str, X]``. A decimal string stands for a number: signed
documents hold no floats (docs/api.md).
"""

from __future__ import annotations

import dataclasses
import types
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from scheduler.agents.errors import MalformedDocument

__all__ = ["decode"]

T = TypeVar("T")


def decode(kind: type[T], value: Any, *, where: str = "document", strict: bool = False) -> T:
    """``value`` as an instance of ``kind``; raises MalformedDocument naming the member that does not fit."""
    return cast("T", _decode(kind, value, where, strict))


def _decode(kind: Any, value: Any, where: str, strict: bool) -> Any:
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(cast("type[Any]", kind), value, where, strict)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, value, where, strict)
    if origin is tuple:
        return _decode_sequence(kind, value, where, strict)
    if origin is dict or kind is dict:
        return _decode_mapping(kind, value, where, strict)
    return _decode_scalar(kind, value, where)


def _decode_dataclass(kind: type[Any], value: Any, where: str, strict: bool) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(where, "an object", value)
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    if strict and (unknown := sorted(set(value) - set(fields))):
        raise MalformedDocument(
            "unknown_member",
            f"{where} has the unknown member {unknown[0]!r}.",
            f"Known members are: {', '.join(sorted(fields))}.",
        )
    arguments: dict[str, Any] = {}
    for name, field in fields.items():
        if name in value:
            arguments[name] = _decode(hints[name], value[name], f"{where}.{name}", strict)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise MalformedDocument("missing_member", f"{where} lacks the member {name!r}.", "Add it.")
    return kind(**arguments)


def _decode_optional(kind: Any, value: Any, where: str, strict: bool) -> Any:
    if value is None:
        return None
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if len(choices) != 1:
        raise TypeError(f"only X | None is supported, not {kind}")
    return _decode(choices[0], value, where, strict)


def _decode_sequence(kind: Any, value: Any, where: str, strict: bool) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _mismatch(where, "a list", value)
    inner = get_args(kind)[0]
    return tuple(_decode(inner, item, f"{where}[{index}]", strict) for index, item in enumerate(value))


def _decode_mapping(kind: Any, value: Any, where: str, strict: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(where, "an object", value)
    inner = get_args(kind)[1] if get_args(kind) else Any
    return {str(key): _decode(inner, item, f"{where}.{key}", strict) for key, item in value.items()}


def _decode_scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is int:
        if isinstance(value, str):
            try:
                return int(value, 10)
            except ValueError:
                raise _mismatch(where, "a whole number", value) from None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _mismatch(where, "a whole number", value)
    if kind is float:
        if isinstance(value, str):
            try:
                return float(Decimal(value))
            except InvalidOperation:
                raise _mismatch(where, "a number", value) from None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise _mismatch(where, "a number", value)
    if kind in (str, bool):
        if isinstance(value, kind):
            return value
        raise _mismatch(where, "text" if kind is str else "true or false", value)
    raise TypeError(f"cannot decode into {kind}")


def _mismatch(where: str, expected: str, value: Any) -> MalformedDocument:
    return MalformedDocument(
        "wrong_type", f"{where} should be {expected}, not {type(value).__name__}.", "Correct it."
    )
