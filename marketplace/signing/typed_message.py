"""EIP-712 typed data: domain, encoding, signature. The structs themselves are in `eip712`.

Attributes are snake_case and become the struct's camelCase fields in order. In JSON, integers of up to
64 bits are numbers and wider ones decimal strings; both forms are read. Hashes and keys are 32 bytes of
lower-case 0x hex, addresses are checksummed (EIP-55).

    domain = Eip712Domain(chain_id=31337, verifying_contract=addresses["Market"])
    job_id = order.digest(domain)
    order.recover(domain, signature) == order.consumer
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from marketplace.signing.errors import MalformedMessage, MalformedSignature

__all__ = [
    "DOMAIN_NAME",
    "DOMAIN_VERSION",
    "SECP256K1_ORDER",
    "Eip712Domain",
    "TypedMessage",
    "bits_of",
    "check_signature_form",
    "solidity",
]

DOMAIN_NAME = "Hengsuan"
DOMAIN_VERSION = "1"
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_BYTES32 = re.compile(r"0x[0-9a-f]{64}\Z")
_SIGNATURE = re.compile(r"0x[0-9a-f]{130}\Z")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,77})\Z")
_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


@dataclass(frozen=True, slots=True)
class Eip712Domain:
    """Which chain and which contract a message is for."""

    chain_id: int
    verifying_contract: str

    def __post_init__(self) -> None:
        _check_value("verifyingContract", "address", self.verifying_contract)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": self.chain_id,
            "verifyingContract": self.verifying_contract,
        }


def solidity(kind: str) -> Any:
    """The Solidity type of a struct's member."""
    return field(metadata={"solidity": kind})


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """Base of the structs. Constructing one checks every field; MalformedMessage names the field."""

    CONTRACT: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name, kind, value in self._members():
            _check_value(name, kind, value)

    @classmethod
    def types(cls) -> dict[str, list[dict[str, str]]]:
        """The ``types`` of EIP-712 for this struct and those it contains."""
        members = [{"name": _camel(item.name), "type": item.metadata["solidity"]} for item in fields(cls)]
        nested = {name: types for part in cls._nested().values() for name, types in part.types().items()}
        return {cls.__name__: members, **nested}

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read the API's form. Raises MalformedMessage for missing, unknown or wrong fields."""
        if not isinstance(document, Mapping):
            raise MalformedMessage(f"{cls.__name__} must be an object, not {type(document).__name__}")
        expected = {_camel(item.name): item for item in fields(cls)}
        if missing := expected.keys() - document.keys():
            raise MalformedMessage(f"{cls.__name__} lacks {', '.join(sorted(missing))}")
        if unknown := document.keys() - expected.keys():
            raise MalformedMessage(
                f"{cls.__name__} has unknown fields {', '.join(sorted(map(str, unknown)))}"
            )
        nested = cls._nested()
        return cls(
            **{
                item.name: _read(name, item.metadata["solidity"], document[name], nested)
                for name, item in expected.items()
            }
        )

    def to_json(self) -> dict[str, Any]:
        return {name: _write(kind, value) for name, kind, value in self._members()}

    def to_struct(self) -> list[Any]:
        """The values in the order of the Solidity struct, as arguments of a contract call."""
        return [_struct(value) for _, _, value in self._members()]

    def signable(self, domain: Eip712Domain) -> SignableMessage:
        return encode_typed_data(
            full_message={
                "types": {"EIP712Domain": _DOMAIN_TYPE, **self.types()},
                "primaryType": type(self).__name__,
                "domain": domain.to_json(),
                "message": self._encodable(),
            }
        )

    def digest(self, domain: Eip712Domain) -> str:
        """keccak256(0x1901 || domain separator || struct hash): the id of what the message creates."""
        message = self.signable(domain)
        return "0x" + keccak(b"\x19" + message.version + message.header + message.body).hex()

    def sign(self, domain: Eip712Domain, private_key: bytes | str) -> str:
        signed = Account.sign_message(self.signable(domain), private_key=private_key)
        return "0x" + bytes(signed.signature).hex()

    def recover(self, domain: Eip712Domain, signature: str) -> str:
        """The checksummed address that signed. Raises MalformedSignature."""
        raw = check_signature_form(signature)
        try:
            return str(Account.recover_message(self.signable(domain), signature=raw))
        except (BadSignature, ValidationError, ValueError) as error:
            raise MalformedSignature("the signature recovers to no key; sign the message again") from error

    @classmethod
    def _nested(cls) -> dict[str, type[TypedMessage]]:
        return {}

    def _members(self) -> list[tuple[str, str, Any]]:
        return [
            (_camel(item.name), item.metadata["solidity"], getattr(self, item.name)) for item in fields(self)
        ]

    def _encodable(self) -> dict[str, Any]:
        return {name: _encodable(value) for name, _, value in self._members()}


def bits_of(bitmap: int) -> tuple[int, ...]:
    """Indexes of the set bits, rising."""
    return tuple(index for index in range(bitmap.bit_length()) if bitmap >> index & 1)


def check_signature_form(signature: str) -> bytes:
    """The 65 bytes r || s || v of a signature. OpenZeppelin's ECDSA accepts no other form."""
    if not _SIGNATURE.match(signature):
        raise MalformedSignature("a signature is 65 bytes (r, s, v) of lower-case 0x hex")
    raw = bytes.fromhex(signature[2:])
    if raw[64] not in (27, 28):
        raise MalformedSignature(f"the recovery byte v is {raw[64]}; it must be 27 or 28")
    if not 0 < int.from_bytes(raw[32:64], "big") <= SECP256K1_ORDER // 2:
        raise MalformedSignature("s is not in the lower half of the group order; the signature is malleable")
    return raw


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _read(name: str, kind: str, value: Any, nested: Mapping[str, type[TypedMessage]]) -> Any:
    if kind.endswith("[]"):
        if not isinstance(value, list | tuple):
            raise MalformedMessage(f"{name} must be a list")
        return tuple(_read(f"{name}[{i}]", kind[:-2], item, nested) for i, item in enumerate(value))
    if kind in nested:
        return nested[kind].from_json(value)
    if kind.startswith("uint") and isinstance(value, str):
        if not _DECIMAL.match(value):
            raise MalformedMessage(
                f"{name} is {value[:80]!r}; write a decimal integer without sign or leading zero"
            )
        return int(value)
    return value


def _write(kind: str, value: Any) -> Any:
    if isinstance(value, TypedMessage):
        return value.to_json()
    if isinstance(value, tuple):
        return [_write(kind.removesuffix("[]"), item) for item in value]
    if kind.startswith("uint") and int(kind[4:]) > 64:
        return str(value)
    return value


def _struct(value: Any) -> Any:
    if isinstance(value, TypedMessage):
        return value.to_struct()
    if isinstance(value, tuple):
        return [_struct(item) for item in value]
    return value


def _encodable(value: Any) -> Any:
    if isinstance(value, TypedMessage):
        return value._encodable()
    if isinstance(value, tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, str) and _BYTES32.match(value):
        return bytes.fromhex(value[2:])
    return value


def _check_value(name: str, kind: str, value: Any) -> None:
    if kind.endswith("[]"):
        if not isinstance(value, tuple):
            raise MalformedMessage(f"{name} must be a tuple of {kind[:-2]}")
        for position, item in enumerate(value):
            _check_value(f"{name}[{position}]", kind[:-2], item)
    elif kind == "address":
        if not isinstance(value, str) or not is_checksum_address(value):
            raise MalformedMessage(f"{name} must be an address with its EIP-55 checksum")
    elif kind == "bytes32":
        if not isinstance(value, str) or not _BYTES32.match(value):
            raise MalformedMessage(f"{name} must be 32 bytes of lower-case 0x hex")
    elif kind.startswith("uint"):
        if isinstance(value, bool) or not isinstance(value, int):
            raise MalformedMessage(f"{name} must be an integer")
        if not 0 <= value < 1 << int(kind[4:]):
            raise MalformedMessage(f"{name} is {value}; {kind} holds 0 to 2^{kind[4:]} - 1")
    elif kind == "bool":
        if not isinstance(value, bool):
            raise MalformedMessage(f"{name} must be true or false")
    elif not isinstance(value, TypedMessage):
        raise MalformedMessage(f"{name} must be a {kind}")
