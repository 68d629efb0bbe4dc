"""A statement beside the chain: every use is an event of the ledger, and the ledger has no other.

The statement's addresses are its own claim; compare the ledger's address with the one that you act on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from web3.exceptions import TransactionNotFound

from marketplace.chain.abi import decode_event, event_by_topic
from marketplace.chain.reader import ChainReader
from marketplace.licences.statement import QUANTITIES
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import ConfigurationError, ResultError

__all__ = ["checks_against_chain"]

OPERATOR_ROLE = 1
"""Roles.sol: who opens and settles jobs for the market."""


def checks_against_chain(
    statement: Mapping[str, Any], signer: str, reader: ChainReader
) -> Iterator[tuple[str, str]]:
    """Each check that passed, with what was found. Raises ResultError ``chain_disagrees``."""
    with chain_errors():
        chain_id = reader.chain_id()
        member = reader.call("MarketAccess", "hasRole", OPERATOR_ROLE, signer)
    if chain_id != statement["chain_id"]:
        raise ConfigurationError(
            "chain_id_mismatch",
            f"The node is of chain {chain_id}, the statement of chain {statement['chain_id']}.",
            "Give an RPC URL of the statement's chain.",
        )
    yield "chain id", str(chain_id)
    if not member["isMember"]:
        raise _differs(f"{signer} is not the market's key")
    yield "signed by the market's key", signer
    for use in statement["uses"]:
        _check_use(reader, use)
    yield "uses are events of the ledger", str(len(statement["uses"]))
    for licence_id, summed in statement["licences"].items():
        _check_total(reader, statement, licence_id, summed)
    yield f"no other use until block {statement['up_to_block']}", f"{len(statement['licences'])} licences"


def _check_use(reader: ChainReader, use: Mapping[str, Any]) -> None:
    with chain_errors():
        try:
            receipt = reader.web3.eth.get_transaction_receipt(HexStr(use["transaction_hash"]))
        except TransactionNotFound:
            raise _differs(f"there is no transaction {use['transaction_hash']}") from None
    for log in receipt["logs"]:
        if int(log["logIndex"]) != use["log_index"] or log["address"] != reader.addresses["LicenceLedger"]:
            continue
        topics = [bytes(topic) for topic in log["topics"]]
        event = event_by_topic("LicenceLedger").get(topics[0])
        if event is None or event.name != "QuantityConsumed":
            continue
        found = decode_event(event, topics, bytes(log["data"]))
        quantity = {name: str(found["quantity"][name]) for name in QUANTITIES}
        expected = (use["licence_id"], use["job_id"], {name: use[name] for name in QUANTITIES})
        at = int(receipt["blockNumber"])
        if (found["licenceId"], found["jobId"], quantity) == expected and at == use["block_number"]:
            return
    raise _differs(f"transaction {use['transaction_hash']} did not consume this for job {use['job_id']}")


def _check_total(
    reader: ChainReader, statement: Mapping[str, Any], licence_id: str, summed: Mapping[str, str]
) -> None:
    block = int(statement["up_to_block"])
    with chain_errors():
        consumed = reader.call("LicenceLedger", "quantities", licence_id, block=block)["consumed"]
        provider = reader.licence(licence_id).provider
    if provider != to_checksum_address(statement["provider"]):
        raise _differs(f"licence {licence_id} is of {provider}")
    if {name: str(consumed[name]) for name in QUANTITIES} != dict(summed):
        raise _differs(
            f"until block {block} licence {licence_id} was used for {consumed}, not {dict(summed)}"
        )


def _differs(detail: str) -> ResultError:
    return ResultError(
        "chain_disagrees", detail[0].upper() + detail[1:] + ".", "The statement is not what the chain says."
    )
