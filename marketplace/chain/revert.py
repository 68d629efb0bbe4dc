"""Reverts as typed errors. No Django."""

from __future__ import annotations

import re
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from web3.exceptions import ContractLogicError

from marketplace.chain.abi import decode_fields, error_by_selector
from marketplace.chain.errors import ContractReverted

__all__ = ["decode_revert", "revert_from_exception"]

# Solidity's own two: revert with a text, and a broken invariant with a number.
ERROR_SELECTOR = bytes.fromhex("08c379a0")
PANIC_SELECTOR = bytes.fromhex("4e487b71")


def decode_revert(data: bytes) -> ContractReverted:
    """The typed error in a revert's data; an unknown one keeps the bytes for whoever looks into it."""
    try:
        return _decode(data)
    except DecodingError:
        return _unknown(data)


def revert_from_exception(error: ContractLogicError) -> ContractReverted:
    """The typed error behind web3's exception."""
    data = error.data
    if isinstance(data, dict):
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return decode_revert(bytes.fromhex(data[2:]))
    return ContractReverted(name="Revert", arguments={"message": str(error)}, code="chain_reverted")


def _decode(data: bytes) -> ContractReverted:
    selector, body = data[:4], data[4:]
    item = error_by_selector().get(selector)
    if item is not None:
        arguments = decode_fields(item.inputs, body)
        return ContractReverted(name=item.name, arguments=arguments, code=_code(item.name))
    if selector == ERROR_SELECTOR:
        arguments = {"message": decode(["string"], body)[0]}
        return ContractReverted(name="Error", arguments=arguments, code="chain_reverted")
    if selector == PANIC_SELECTOR:
        arguments = {"number": decode(["uint256"], body)[0]}
        return ContractReverted(name="Panic", arguments=arguments, code="chain_panic")
    return _unknown(data)


def _unknown(data: bytes) -> ContractReverted:
    arguments: dict[str, Any] = {"data": "0x" + data.hex()}
    return ContractReverted(name="Unknown", arguments=arguments, code="chain_reverted")


def _code(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return f"chain_{words.lower()}"
