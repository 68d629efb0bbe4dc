"""The contracts' interfaces, and values by name. No Django.

`abi.json` beside this file holds the interfaces of all contracts, so that agents and verifiers need no
compiler; `manage.py export_abi` writes it from forge's output and a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import EncodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from marketplace.chain.errors import ArgumentsInvalid

__all__ = [
    "ABI_PATH",
    "CONTRACTS",
    "AbiItem",
    "decode_event",
    "decode_fields",
    "decode_outputs",
    "encode_call",
    "error_by_selector",
    "event_by_topic",
    "function_item",
    "interface",
    "selector_of",
]

ABI_PATH = Path(__file__).with_name("abi.json")
CONTRACTS = (
    "DatasetRegistry",
    "ProgramRegistry",
    "LicenceLedger",
    "NodeRegistry",
    "Market",
    "SettlementToken",
    "Groth16Verifier",
    "PlanVerifier",
    "MarketAccess",
    "Evidence",
)


@dataclass(frozen=True, slots=True)
class AbiItem:
    """An event, error or function of a contract: its name and its typed parameters."""

    contract: str
    name: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...] = ()

    @property
    def signature(self) -> str:
        """`name(type,…)`, the text that selectors and topics are hashed from."""
        return f"{self.name}({','.join(_types(self.inputs))})"


@cache
def _all_interfaces() -> dict[str, list[dict[str, Any]]]:
    interfaces: dict[str, list[dict[str, Any]]] = json.loads(ABI_PATH.read_text())
    return interfaces


def interface(contract: str) -> list[dict[str, Any]]:
    """The ABI of a contract as compilers write it."""
    return _all_interfaces()[contract]


@cache
def function_item(contract: str, name: str) -> AbiItem:
    """The function of that name; none of our contracts overloads one that the market calls."""
    for item in _items(contract, "function"):
        if item.name == name:
            return item
    raise ArgumentsInvalid(f"{contract} has no function {name}")


def selector_of(item: AbiItem) -> bytes:
    """The four bytes by which calls and errors are told apart."""
    return bytes(keccak(text=item.signature)[:4])


@cache
def event_by_topic(contract: str) -> dict[bytes, AbiItem]:
    """The contract's events by their first topic."""
    return {keccak(text=item.signature): item for item in _items(contract, "event")}


@cache
def error_by_selector() -> dict[bytes, AbiItem]:
    """All contracts' errors by their four bytes; one contract passes on what another reverted with."""
    return {selector_of(item): item for contract in CONTRACTS for item in _items(contract, "error")}


def decode_event(item: AbiItem, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """The fields of a log by name, as JSON values."""
    indexed = [field for field in item.inputs if field["indexed"]]
    plain = [field for field in item.inputs if not field["indexed"]]
    values = {
        field["name"]: _named(field, decode([collapse_if_tuple(dict(field))], bytes(topic))[0])
        for field, topic in zip(indexed, topics[1:], strict=True)
    }
    values |= decode_fields(plain, data)
    return {field["name"]: values[field["name"]] for field in item.inputs}


def encode_call(contract: str, function: str, arguments: Sequence[object]) -> bytes:
    """The call data of a function, from Python or JSON values.

    Integers may be decimal text, bytes may be `0x` hex, addresses may be in any case; structs are lists in
    the order of their fields or dictionaries by field name. Raises `ArgumentsInvalid`.
    """
    item = function_item(contract, function)
    try:
        values = [_encodable(field, value) for field, value in zip(item.inputs, arguments, strict=True)]
        return selector_of(item) + encode(_types(item.inputs), values)
    except (EncodingError, KeyError, TypeError, ValueError) as error:
        raise ArgumentsInvalid(f"{contract}.{item.signature} cannot take these arguments: {error}") from error


def decode_outputs(item: AbiItem, data: bytes) -> Any:
    """What a view returned: one value, or several by name."""
    values = decode_fields(item.outputs, data)
    return next(iter(values.values())) if len(item.outputs) == 1 else values


def decode_fields(fields: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, Any]:
    """ABI-encoded fields by name, as JSON values."""
    values = decode(_types(fields), data)
    return {field["name"]: _named(field, value) for field, value in zip(fields, values, strict=True)}


def _items(contract: str, kind: str) -> Iterator[AbiItem]:
    for entry in interface(contract):
        if entry["type"] == kind:
            yield AbiItem(
                contract=contract,
                name=entry["name"],
                inputs=tuple(entry.get("inputs", ())),
                outputs=tuple(entry.get("outputs", ())),
            )


def _types(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    return [collapse_if_tuple(dict(field)) for field in fields]


def _encodable(field: Mapping[str, Any], value: Any) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        element = {**field, "type": kind[: kind.rindex("[")]}
        return [_encodable(element, item) for item in value]
    if kind == "tuple":
        components = field["components"]
        parts = [value[part["name"]] for part in components] if isinstance(value, Mapping) else value
        pairs = zip(components, parts, strict=True)
        return tuple(_encodable(component, part) for component, part in pairs)
    if kind.startswith(("uint", "int")) and isinstance(value, str):
        return int(value)
    if kind.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return to_checksum_address(value) if kind == "address" else value


def _named(field: Mapping[str, Any], value: Any) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        element = {**field, "type": kind[: kind.rindex("[")]}
        return [_named(element, item) for item in value]
    if kind == "tuple":
        parts = zip(field["components"], value, strict=True)
        return {component["name"]: _named(component, item) for component, item in parts}
    if kind == "address":
        return to_checksum_address(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value
