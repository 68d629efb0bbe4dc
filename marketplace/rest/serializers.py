"""The forms of values in JSON (docs/api.md), and serializers that refuse fields they do not know."""

from __future__ import annotations

import re
from typing import Any

from eth_utils.address import is_checksum_address
from rest_framework import serializers

__all__ = [
    "AddressStringField",
    "DecimalStringField",
    "DocumentField",
    "HexStringField",
    "StrictSerializer",
]

MAX_UINT256 = 2**256 - 1
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,77})\Z")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields: a misspelt one would otherwise be a wish that nobody hears."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError({str(name): ["unknown field"] for name in sorted(unknown)})
        return super().to_internal_value(data)


class HexStringField(serializers.RegexField):
    """Lower-case 0x hex of exactly `byte_length` bytes."""

    def __init__(self, *, byte_length: int = 32, **kwargs: Any) -> None:
        form = rf"^0x[0-9a-f]{{{2 * byte_length}}}\Z"
        super().__init__(
            form, error_messages={"invalid": f"must be {byte_length} bytes of lower-case 0x hex"}, **kwargs
        )


class AddressStringField(serializers.CharField):
    """An address with its EIP-55 checksum."""

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_checksum_address(value):
            raise serializers.ValidationError("must be an address with its EIP-55 checksum")
        return value


class DecimalStringField(serializers.CharField):
    """An unsigned integer of up to 256 bits, as a decimal string; an int in Python."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if not _DECIMAL.match(value) or int(value) > MAX_UINT256:
            raise serializers.ValidationError("must be a decimal string from 0 to 2^256 - 1")
        return int(value)

    def to_representation(self, value: Any) -> str:
        return str(int(value))


class DocumentField(serializers.JSONField):
    """A JSON object that is passed on as it is: a signed message, a schema, terms."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        return data
