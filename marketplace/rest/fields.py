"""Database fields for what the chain counts and hashes. The database itself refuses any other form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["AddressField", "HexField", "NumericIntegerField"]

MAX_UINT256 = 2**256 - 1

SetT_contra = TypeVar("SetT_contra", contravariant=True)
GetT_co = TypeVar("GetT_co", covariant=True)

if TYPE_CHECKING:
    IntegerColumn = models.DecimalField
    TextColumn = models.CharField
else:  # Django's fields are generic for the type checker only

    class IntegerColumn(models.DecimalField):
        def __class_getitem__(cls, _):
            return cls

    class TextColumn(models.CharField):
        def __class_getitem__(cls, _):
            return cls


class NumericIntegerField(IntegerColumn[SetT_contra, GetT_co]):
    """Unsigned integer of up to 256 bits, numeric(78,0): money, quantities, bitmaps. An int in Python."""

    _pyi_private_set_type: int
    _pyi_private_get_type: int  # type: ignore[assignment]  # not Decimal, by design
    description = "Unsigned integer of up to 256 bits"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = 78
        kwargs["decimal_places"] = 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return f'"{self.column}" >= 0 AND "{self.column}" <= {MAX_UINT256}'

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        number = _whole(value)
        if number is None or not 0 <= number <= MAX_UINT256:
            raise ValidationError(f"{value!r} is not an integer from 0 to 2^256 - 1", code="invalid")
        return number

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)


class HexField(TextColumn[SetT_contra, GetT_co]):
    """Lower-case `0x` hex of exactly ``byte_length`` bytes: hashes, ids, keys, points, signatures."""

    description = "0x hex of a fixed number of bytes"

    def __init__(self, *args: Any, byte_length: int = 32, **kwargs: Any) -> None:
        self.byte_length = byte_length
        kwargs["max_length"] = 2 + 2 * byte_length
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, {**kwargs, "byte_length": self.byte_length}

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        form = f'"{self.column}" ~ \'^0x[0-9a-f]+$\' AND length("{self.column}") = {2 + 2 * self.byte_length}'
        return f"{form} OR \"{self.column}\" = ''" if self.blank else form


class AddressField(TextColumn[SetT_contra, GetT_co]):
    """An Ethereum address with its EIP-55 checksum (the letters' case is checked where it is read)."""

    description = "Ethereum address"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 42
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return f"\"{self.column}\" ~ '^0x[0-9a-fA-F]{{40}}$'"


def _whole(value: Any) -> int | None:
    """The integer that a value from Python, a form or a fixture stands for; None if it is none."""
    if isinstance(value, bool | float):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None
