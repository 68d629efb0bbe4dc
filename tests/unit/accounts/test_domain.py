"""Keys that are accepted, and those that are not."""

from __future__ import annotations

import pytest

from marketplace.accounts.domain import (
    check_enrolment_signature,
    check_eth_address,
    check_sealing_key,
    check_signing_key,
)
from marketplace.accounts.errors import EthSignatureInvalid, KeyInvalid
from tests.support.cast import Keys

MEI, LIN = Keys("mei"), Keys("lin")


def test_well_made_keys_are_accepted() -> None:
    check_signing_key(MEI.signing_key)
    check_sealing_key(MEI.sealing_key)
    check_eth_address(str(MEI.eth.address))


@pytest.mark.parametrize(
    "key",
    ["0x" + "00" * 32, "0x01" + "00" * 31, "0x" + "ff" * 32, "0x" + "AB" * 32, "0x" + "11" * 31, ""],
)
def test_signing_keys_off_the_prime_order_group_are_refused(key: str) -> None:
    with pytest.raises(KeyInvalid, match="signing_key"):
        check_signing_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "0x" + "00" * 32,
        "0x01" + "00" * 31,
        "0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0xedffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0x" + "ff" * 32,
        "0x22",
    ],
)
def test_sealing_keys_of_low_order_are_refused(key: str) -> None:
    with pytest.raises(KeyInvalid, match="sealing_key"):
        check_sealing_key(key)


@pytest.mark.parametrize("address", ["0x" + "00" * 20, "0x" + "ab" * 20, "mei"])
def test_addresses_need_their_checksum(address: str) -> None:
    with pytest.raises(KeyInvalid, match="eth_address"):
        check_eth_address(address)


def test_the_ethereum_key_must_have_signed_both_other_keys() -> None:
    good = {
        "eth_address": str(MEI.eth.address),
        "signing_key": MEI.signing_key,
        "sealing_key": MEI.sealing_key,
        "signature": MEI.enrolment_signature(),
    }
    check_enrolment_signature(**good)
    for change in (
        {"eth_address": str(LIN.eth.address)},
        {"sealing_key": LIN.sealing_key},
        {"signing_key": LIN.signing_key},
        {"signature": LIN.enrolment_signature()},
        {"signature": "0x" + "00" * 65},
    ):
        with pytest.raises(EthSignatureInvalid):
            check_enrolment_signature(**{**good, **change})
