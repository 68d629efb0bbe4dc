"""EIP-712 messages, against the ABI encoding written out by hand."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from marketplace.signing.eip712 import (
    SECP256K1_ORDER,
    STRUCTS,
    CancelOrder,
    Eip712Domain,
    GrantLicence,
    Input,
    Order,
    bits_of,
    check_signature_form,
)
from marketplace.signing.errors import MalformedMessage, MalformedSignature

KEY = b"\x01" * 32
SIGNER = Account.from_key(KEY).address
DOMAIN = Eip712Domain(31337, "0x00000000000000000000000000000000000000AA")
# docs/protocol.md, Ids and signatures.
TYPES = {
    "RegisterDataset": "RegisterDataset(address owner,bytes32 setupId,uint64 rows,uint8 grade,"
    "bytes32 schemaHash,bytes32 columnsHash,uint256 salt,uint256 deadline)",
    "GrantLicence": "GrantLicence(address provider,address consumer,bytes32 datasetId,bytes32 termsHash,"
    "bytes32[] programIds,uint256 columns,uint64 runs,uint128 cells,uint64 outputs,uint64 notBefore,"
    "uint64 notAfter,uint128 pricePerRun,uint256 salt,uint256 deadline)",
    "RevokeLicence": "RevokeLicence(bytes32 licenceId,uint256 deadline)",
    "RevokeInEpoch": "RevokeInEpoch(bytes32 licenceId,uint32 epoch,uint8 effect,uint256 deadline)",
    "AllowTransfer": "AllowTransfer(bytes32 licenceId,address to,uint256 deadline)",
    "TransferLicence": "TransferLicence(bytes32 licenceId,address to,uint256 salt,uint256 deadline)",
    "TopUpLicence": "TopUpLicence(bytes32 licenceId,uint64 runs,uint128 cells,uint64 outputs,uint256 salt,"
    "uint256 deadline)",
    "UpdateNode": "UpdateNode(bytes32 nodeId,address signer,bytes32 sealingKey,uint128 feePerJob,"
    "bool isActive,uint32 version,uint256 deadline)",
    "Unbond": "Unbond(bytes32 nodeId,uint128 amount,uint256 salt,uint256 deadline)",
    "ReleaseBond": "ReleaseBond(address account,uint128 amount,uint256 salt,uint256 deadline)",
    "ResultBinding": "ResultBinding(bytes32 jobId,uint32 attempt,uint32 seat,uint256 weight,"
    "uint256 challenge,bytes32 pointsHash)",
    "DealtShares": "DealtShares(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,"
    "bytes32 sharesHash)",
    "Withdraw": "Withdraw(address account,address to,uint256 amount,uint256 salt,uint256 deadline)",
    "OwnStatement": "OwnStatement(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,"
    "bytes32 proofHash)",
    "RegisterNode": "RegisterNode(address operator,address signer,bytes32 sealingKey,uint8 tier,"
    "bytes32 region,uint128 feePerJob,uint256 salt,uint256 deadline)",
    "Order": "Order(address consumer,bytes32 programId,Input[] inputs,uint8 visibility,bytes32 recipientKey,"
    "bytes32 detailsHash,uint128 maxPrice,uint64 deadline,uint256 salt)"
    "Input(bytes32 licenceId,uint256 columns)",
    "CancelOrder": "CancelOrder(bytes32 jobId)",
    "Deal": "Deal(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 contentHash)",
    "Contribution": "Contribution(bytes32 jobId,uint32 attempt,uint8 round,uint32 seat,bytes32 contentHash)",
}


def order(**changes: object) -> Order:
    values: dict[str, object] = {
        "consumer": SIGNER,
        "program_id": "0x" + "11" * 32,
        "inputs": (Input("0x" + "22" * 32, 3), Input("0x" + "23" * 32, 5)),
        "visibility": 1,
        "recipient_key": "0x" + "33" * 32,
        "details_hash": "0x" + "44" * 32,
        "max_price": 10**20,
        "deadline": 2**60,
        "salt": 7,
    }
    return Order(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_each_struct_has_the_type_string_of_the_protocol(struct: type) -> None:
    parts = [
        f"{name}({','.join(member['type'] + ' ' + member['name'] for member in members)})"
        for name, members in struct.types().items()  # type: ignore[attr-defined]
    ]
    assert "".join(parts) == TYPES[struct.__name__]


def test_the_digest_is_the_one_that_solidity_computes() -> None:
    inputs = b"".join(
        keccak(
            encode(
                ["bytes32", "bytes32", "uint256"],
                [
                    keccak(b"Input(bytes32 licenceId,uint256 columns)"),
                    bytes.fromhex(item.licence_id[2:]),
                    item.columns,
                ],
            )
        )
        for item in order().inputs
    )
    kinds = [
        "bytes32",
        "address",
        "bytes32",
        "bytes32",
        "uint8",
        "bytes32",
        "bytes32",
        "uint128",
        "uint64",
        "uint256",
    ]
    struct_hash = keccak(
        encode(
            kinds,
            [
                keccak(TYPES["Order"].encode()),
                SIGNER,
                b"\x11" * 32,
                keccak(inputs),
                1,
                b"\x33" * 32,
                b"\x44" * 32,
                10**20,
                2**60,
                7,
            ],
        )
    )
    separator = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak(b"Hengsuan"),
                keccak(b"1"),
                31337,
                DOMAIN.verifying_contract,
            ],
        )
    )
    assert order().digest(DOMAIN) == "0x" + keccak(b"\x19\x01" + separator + struct_hash).hex()


def test_the_signer_is_recovered_and_a_changed_message_recovers_somebody_else() -> None:
    signature = order().sign(DOMAIN, KEY)
    assert order().recover(DOMAIN, signature) == SIGNER
    assert order(salt=8).recover(DOMAIN, signature) != SIGNER
    assert order().recover(Eip712Domain(1, DOMAIN.verifying_contract), signature) != SIGNER


def test_json_goes_there_and_back() -> None:
    document = order().to_json()
    assert Order.from_json(document) == order()
    assert (document["deadline"], document["maxPrice"]) == (2**60, str(10**20))
    assert Order.from_json({**document, "deadline": str(2**60), "maxPrice": 10**20}) == order()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"visibility": 256}, "visibility"),
        ({"visibility": True}, "visibility"),
        ({"maxPrice": "-1"}, "maxPrice"),
        ({"maxPrice": "01"}, "maxPrice"),
        ({"maxPrice": 1.0}, "maxPrice"),
        ({"consumer": SIGNER.lower()}, "consumer"),
        ({"programId": "0x" + "AB" * 32}, "programId"),
        ({"programId": "0x11"}, "programId"),
        ({"inputs": "none"}, "inputs"),
        ({"inputs": [{"licenceId": "0x" + "22" * 32}]}, "columns"),
        ({"tip": 1}, "tip"),
    ],
)
def test_a_malformed_message_is_refused_by_the_name_of_its_field(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(MalformedMessage, match=named):
        Order.from_json({**order().to_json(), **changes})


def test_a_missing_field_is_named() -> None:
    document = order().to_json()
    del document["salt"]
    with pytest.raises(MalformedMessage, match="salt"):
        Order.from_json(document)
    with pytest.raises(MalformedMessage, match="object"):
        Order.from_json([])


def test_signatures_have_one_form_only() -> None:
    signature = CancelOrder("0x" + "55" * 32).sign(DOMAIN, KEY)
    raw = bytearray(check_signature_form(signature))
    s = int.from_bytes(raw[32:64], "big")
    high = bytes(raw[:32]) + (SECP256K1_ORDER - s).to_bytes(32, "big") + bytes([55 - raw[64]])
    for malformed in (
        "0x" + high.hex(),
        signature[:-2],
        signature[:-2] + "1f",
        signature.upper(),
        "0x" + "00" * 65,
    ):
        with pytest.raises(MalformedSignature):
            check_signature_form(malformed)


def test_arguments_of_a_contract_call_are_in_the_struct_s_order() -> None:
    assert order().to_struct()[2] == [["0x" + "22" * 32, 3], ["0x" + "23" * 32, 5]]
    assert len(order().to_struct()) == len(order().types()["Order"])
    assert GrantLicence.CONTRACT == "LicenceLedger"


def test_bits_are_listed_from_the_lowest() -> None:
    assert bits_of(0b101001) == (0, 3, 5)
    assert bits_of(1 << 255) == (255,)
