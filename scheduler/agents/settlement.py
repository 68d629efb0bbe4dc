"""What the chain says about the end of a job, read from the settlement's transaction itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr
from web3.exceptions import TransactionNotFound

from marketplace.chain.abi import decode_event, event_by_topic
from marketplace.chain.reader import ChainReader
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import ResultError

__all__ = ["Settlement", "settlement_of"]


@dataclass(frozen=True)
class Settlement:
    """The JobSettled event of the Market contract, and the transaction that emitted it."""

    result_hash: str
    proof_hash: str
    transaction_hash: str
    block_number: int
    gas_used: int
    payments: tuple[tuple[str, int], ...]


def settlement_of(reader: ChainReader, job_id: str, transaction_hash: str) -> Settlement:
    """Raises ResultError ``not_settled`` unless the transaction is on the chain and settled this job."""
    with chain_errors():
        try:
            receipt = reader.web3.eth.get_transaction_receipt(HexStr(transaction_hash))
        except TransactionNotFound:
            raise _not_settled(f"the chain has no transaction {transaction_hash}") from None
    market = reader.addresses["Market"]
    for log in receipt["logs"]:
        topics = [bytes(topic) for topic in log["topics"]]
        event = event_by_topic("Market").get(topics[0]) if topics else None
        if log["address"] != market or event is None or event.name != "JobSettled":
            continue
        fields: dict[str, Any] = decode_event(event, topics, bytes(log["data"]))
        if fields["jobId"] == job_id:
            return Settlement(
                result_hash=fields["resultHash"],
                proof_hash=fields["proofHash"],
                transaction_hash=transaction_hash,
                block_number=int(receipt["blockNumber"]),
                gas_used=int(receipt["gasUsed"]),
                payments=tuple((part["payee"], int(part["amount"])) for part in fields["payments"]),
            )
    raise _not_settled(f"transaction {transaction_hash} did not settle job {job_id}")


def _not_settled(detail: str) -> ResultError:
    return ResultError(
        "not_settled", detail[0].upper() + detail[1:] + ".", "Ask for the receipt again later."
    )
