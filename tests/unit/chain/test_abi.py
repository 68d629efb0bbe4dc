"""Interfaces, encodings and reverts without a chain."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from marketplace.chain.abi import (
    ABI_PATH,
    CONTRACTS,
    AbiItem,
    decode_event,
    encode_call,
    error_by_selector,
    event_by_topic,
    function_item,
    selector_of,
)
from marketplace.chain.abi_export import interfaces_text
from marketplace.chain.encoding import json_value, text_from_bytes32, text_to_bytes32
from marketplace.chain.errors import ArgumentsInvalid
from marketplace.chain.handlers import HANDLERS
from marketplace.chain.revert import decode_revert

ROOT = Path(__file__).resolve().parents[3]
WORD = "0x" + "11" * 32
ACCOUNT = "0x52908400098527886E0F7030069857D2E4169EE7"


def test_the_committed_interfaces_are_those_of_the_contracts() -> None:
    compiled = ROOT / "contracts" / "out"
    assert compiled.is_dir(), "run `forge build` in contracts/"
    assert ABI_PATH.read_text() == interfaces_text(compiled), "run `manage.py export_abi`"


def test_every_handler_is_for_an_event_that_exists() -> None:
    for contract, name in HANDLERS:
        assert name in {item.name for item in event_by_topic(contract).values()}, (contract, name)


def test_a_call_is_encoded_from_json_and_from_python_alike() -> None:
    from_python = encode_call("Market", "fail", [bytes.fromhex(WORD[2:]), text_to_bytes32("node_fault")])
    from_json = encode_call("Market", "fail", [WORD, text_to_bytes32("node_fault")])
    assert from_python == from_json
    assert from_json[:4] == keccak(text="fail(bytes32,bytes32)")[:4]


def test_a_struct_may_be_a_list_or_a_dictionary() -> None:
    fields = [
        component["name"] for component in function_item("LicenceLedger", "revoke").inputs[0]["components"]
    ]
    as_list = encode_call("LicenceLedger", "revoke", [[WORD, 5], b""])
    assert as_list == encode_call(
        "LicenceLedger", "revoke", [dict(zip(fields, [WORD, 5], strict=True)), "0x"]
    )


def test_integers_may_be_decimal_text_and_addresses_in_any_case() -> None:
    plain = encode_call("SettlementToken", "mint", [ACCOUNT, 2**200])
    assert plain == encode_call("SettlementToken", "mint", [ACCOUNT.lower(), str(2**200)])


@pytest.mark.parametrize(
    "arguments",
    [[], [ACCOUNT], [ACCOUNT, -1], [ACCOUNT, 2**256], [ACCOUNT, "ten"], ["0x12", 1], [ACCOUNT, None]],
)
def test_arguments_that_do_not_fit_are_named(arguments: list[object]) -> None:
    with pytest.raises(ArgumentsInvalid, match=r"SettlementToken\.mint"):
        encode_call("SettlementToken", "mint", arguments)


def test_an_unknown_function_is_named() -> None:
    with pytest.raises(ArgumentsInvalid, match="no function"):
        encode_call("Market", "plunder", [])


def test_an_event_is_decoded_by_names() -> None:
    topic, item = next((t, i) for t, i in event_by_topic("Market").items() if i.name == "JobFailed")
    data = encode(["bytes32", "uint256"], [b"node_fault".ljust(32, b"\0"), 7])
    assert decode_event(item, [topic, bytes.fromhex(WORD[2:])], data) == {
        "jobId": WORD,
        "reason": text_to_bytes32("node_fault"),
        "refunded": 7,
    }


def test_no_two_errors_share_a_selector() -> None:
    by_selector: dict[bytes, set[str]] = {}
    for contract in CONTRACTS:
        for item in _errors(contract):
            by_selector.setdefault(selector_of(item), set()).add(item.signature)
    assert all(len(signatures) == 1 for signatures in by_selector.values())


def test_a_typed_revert_becomes_its_name_arguments_and_a_stable_code() -> None:
    selector = next(s for s, item in error_by_selector().items() if item.name == "BalanceTooSmall")
    error = decode_revert(selector + encode(["address", "uint256", "uint256"], [ACCOUNT, 1, 2]))
    assert error.code == "chain_balance_too_small"
    assert error.arguments == {"account": ACCOUNT, "balance": 1, "needed": 2}
    assert "BalanceTooSmall" in str(error)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "Unknown", "chain_reverted"),
        (b"\xde\xad\xbe\xef", "Unknown", "chain_reverted"),
        (bytes.fromhex("08c379a0") + encode(["string"], ["no"]), "Error", "chain_reverted"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [17]), "Panic", "chain_panic"),
        (bytes.fromhex("4e487b71"), "Unknown", "chain_reverted"),
    ],
)
def test_other_reverts_have_a_code_too(data: bytes, name: str, code: str) -> None:
    error = decode_revert(data)
    assert (error.name, error.code) == (name, code)


def test_the_code_of_an_acronym_stays_readable() -> None:
    selector = next(s for s, item in error_by_selector().items() if item.name == "ERC20InvalidReceiver")
    assert decode_revert(selector + encode(["address"], [ACCOUNT])).code == "chain_erc20_invalid_receiver"


def test_text_survives_bytes32() -> None:
    assert text_from_bytes32(text_to_bytes32("node_fault")) == "node_fault"
    assert len(text_to_bytes32("x" * 40)) == 66
    assert text_from_bytes32("0x" + "ff" * 32).startswith("0xff")


@pytest.mark.parametrize("value", [1.5, None, object(), [1.5], {"a": None}])
def test_what_solidity_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        json_value(value)


def test_values_keep_their_form_in_json() -> None:
    assert json_value([2**256 - 1, True, b"\x01", {"a": ("0x12",)}]) == [
        2**256 - 1,
        True,
        "0x01",
        {"a": ["0x12"]},
    ]


def _errors(contract: str) -> list[AbiItem]:
    from marketplace.chain.abi import interface

    return [
        AbiItem(contract=contract, name=entry["name"], inputs=tuple(entry["inputs"]))
        for entry in interface(contract)
        if entry["type"] == "error"
    ]
