"""Opening a result: nothing is believed but the chain, the signed order and the arithmetic.

1. The chain says that the job is settled, with which result hash, and which columns the job was about. 2.
The receipt's columns, program and result must have exactly these hashes; the program and the licences are
those
   of the order that this consumer signed; each schema is the registered one of the licensed dataset.
3. The result shares are unsealed, interpolated, and must open the committed result; then they are decoded
within
   the range that the schemas allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.chain.reader import ChainReader, JobState
from marketplace.signing.eip712 import Order
from proofs import formats
from proofs.columns import ColumnSchema
from proofs.errors import ProofSystemError
from proofs.keys import ProvingKey
from proofs.messages import ResultShare
from proofs.node import deal_context
from proofs.opening import OpenedResult, open_public, open_sealed
from proofs.receipt import Receipt
from proofs.statement import BoundStatement, PublicResult
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import ConfigurationError, NotFound, ResultError, TaskRefused
from scheduler.agents.session import Session
from scheduler.agents.settlement import Settlement, settlement_of

__all__ = ["OpenedJob", "open_job"]


@dataclass(frozen=True)
class OpenedJob:
    """An opened result with what it is about."""

    bound: BoundStatement
    schemas: tuple[ColumnSchema, ...]
    result: OpenedResult
    settlement: Settlement
    receipt: dict[str, Any]


def open_job(session: Session, job_id: str) -> OpenedJob:
    """Raises ResultError ``not_settled``, ``receipt_disagrees`` or ``result_does_not_open``."""
    order = _own_order(session, job_id)
    reader = session.reader()
    bundle, receipt = _receipt(session, job_id)
    settlement = _settlement(reader, job_id, receipt)
    bound = receipt.bound()
    _check_against_chain(session, reader, receipt, bound, order, settlement)
    schemas = tuple(receipt.schemas())
    key = session.proving_keys.get(formats.to_hex(bound.statement.setup_id))
    try:
        if isinstance(bound.result, PublicResult):
            opened = open_public(bound.statement, schemas, bound.result)
        else:
            shares = _result_shares(session, key, bound, job_id)
            opened = open_sealed(key, bound.statement, schemas, bound.result, shares)
    except ProofSystemError as error:
        raise ResultError(
            "result_does_not_open",
            f"The result shares do not open what the chain recorded: {error}",
            "A node sealed something else than it committed to. Keep the shares and tell the market.",
        ) from None
    return OpenedJob(bound, schemas, opened, settlement, bundle)


def _own_order(session: Session, job_id: str) -> Order:
    stored = session.state.read_json(f"orders/{job_id}.json")
    if stored is None:
        raise ConfigurationError(
            "order_unknown", f"This consumer did not order job {job_id}.", "Open it where it was ordered."
        )
    return Order.from_json(stored["order"])


def _receipt(session: Session, job_id: str) -> tuple[dict[str, Any], Receipt]:
    try:
        bundle = session.client.receipt(job_id)
        return bundle, Receipt.from_document(bundle)
    except NotFound as error:
        raise ResultError("not_settled", error.detail, "Wait until the job is settled.") from None
    except ProofSystemError as error:
        raise _disagrees(f"the receipt is malformed: {error}") from None


def _settlement(reader: ChainReader, job_id: str, receipt: Receipt) -> Settlement:
    if receipt.chain is None:
        raise _disagrees("the receipt names no transaction")
    with chain_errors():
        state = reader.job(job_id).state
    if state is not JobState.SETTLED:
        raise ResultError(
            "not_settled", f"On the chain the job is {state.name}.", "Wait until it is settled."
        )
    return settlement_of(reader, job_id, str(receipt.chain["transaction_hash"]))


def _check_against_chain(
    session: Session,
    reader: ChainReader,
    receipt: Receipt,
    bound: BoundStatement,
    order: Order,
    settlement: Settlement,
) -> None:
    job_id = formats.to_hex(receipt.job_id)
    with chain_errors():
        job = reader.job(job_id)
    own = session.deployment
    expected = {
        "job": (job_id, order.digest(own.domain("Market"))),
        "chain": (receipt.chain_id, own.chain_id),
        "market": (formats.to_hex(receipt.market), own.contracts["Market"].lower()),
        "result": (formats.to_hex(bound.result.result_hash), settlement.result_hash),
        "columns": (formats.to_hex(bound.statement.columns_hash), job.columns_hash),
        "rows": (bound.statement.rows, job.rows),
        "program": (formats.to_hex(receipt.program.program_id), order.program_id),
        "licences": (
            [formats.to_hex(entry.licence_id) for entry in receipt.inputs],
            [entry.licence_id for entry in order.inputs],
        ),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise _disagrees(f"the receipt's {name} is {found}, not {wanted}")
    for entry in receipt.inputs:
        licence_id, dataset_id = formats.to_hex(entry.licence_id), formats.to_hex(entry.dataset_id)
        with chain_errors():
            licensed = reader.licence(licence_id).dataset_id
            schema_hash = reader.dataset(licensed).schema_hash
        if (dataset_id, formats.to_hex(entry.schema_hash)) != (licensed, schema_hash):
            raise _disagrees(f"dataset or schema of licence {licence_id} are not the registered ones")


def _result_shares(
    session: Session, key: ProvingKey, bound: BoundStatement, job_id: str
) -> list[ResultShare]:
    attempt = session.client.job(job_id).attempt
    context = deal_context(key, bound.context, bound.statement, attempt, is_sealed=True)
    shares = []
    for reference in session.client.result_shares(job_id):
        sealed = session.client.download_blob(reference.blob_id)
        try:
            plain = session.keys.unseal(sealed)
        except TaskRefused:
            raise ResultError(
                "result_does_not_open",
                f"The result share of seat {reference.seat} is not sealed to this consumer.",
                "Use the state directory that placed the order.",
            ) from None
        shares.append(ResultShare.from_bytes(key.backend, plain, context=context, seat=reference.seat))
    return shares


def _disagrees(detail: str) -> ResultError:
    return ResultError(
        "receipt_disagrees",
        detail[0].upper() + detail[1:] + ".",
        "Do not use this receipt; the chain is right.",
    )
