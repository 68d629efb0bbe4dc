"""Writes of orders: placing and cancelling. All later changes are transitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.accounts.signatures import message_digest, message_signer
from marketplace.catalogue.models import Program
from marketplace.chain.services import transaction_enqueue
from marketplace.licences.models import Licence
from marketplace.orders.admission import Assessment, order_assess, order_licences
from marketplace.orders.domain import DetailsMalformed, OrderDetails
from marketplace.orders.errors import (
    CancellationRefused,
    DeadlineInvalid,
    DetailsInvalid,
    OrderExists,
    OrderInvalid,
    OrderSignatureInvalid,
    ProgramUnknown,
)
from marketplace.orders.models import Job, JobInput, JobState, Receipt
from marketplace.orders.transitions import JobTransition, job_event_append, job_placed, job_transition
from marketplace.rest.request_id import current_request_id
from marketplace.signing.canonical import canonical_json, document_hash
from marketplace.signing.eip712 import CancelOrder, Order
from marketplace.signing.errors import MalformedDocument, MalformedSignature

__all__ = ["job_cancel", "order_explain", "order_place", "receipt_store"]

logger = structlog.get_logger(__name__)

MAX_INPUTS = 16
MAX_DETAILS_BYTES = 16 * 1024
SHORTEST_DEADLINE = timedelta(seconds=30)
LONGEST_DEADLINE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _ReadOrder:
    order: Order
    details: OrderDetails
    licences: list[Licence]
    job_id: str


def order_place(*, consumer: Party, order: dict[str, Any], signature: str, details: dict[str, Any]) -> Job:
    """Store a signed order as a PLACED job; admission follows in the pipeline.

    Raises MalformedMessage, OrderSignatureInvalid, OrderInvalid (naming the field), DetailsInvalid,
    ProgramUnknown, LicenceUnknown, DeadlineInvalid, OrderExists.
    """
    read = _read_order(consumer, order, signature, details)
    message = read.order
    job = Job(
        job_id=read.job_id,
        consumer=consumer,
        program_id=message.program_id,
        order=message.to_json(),
        signature=signature,
        details=details,
        visibility=message.visibility,
        recipient_key=message.recipient_key,
        max_price=message.max_price,
        deadline=datetime.fromtimestamp(message.deadline, UTC),
        request_id=current_request_id(),
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            raise OrderExists(f"there is a job {job.job_id}", job_id=job.job_id) from None
        JobInput.objects.bulk_create(
            JobInput(job=job, position=position, licence=licence, columns=item.columns)
            for position, (item, licence) in enumerate(zip(message.inputs, read.licences, strict=True))
        )
        job_placed(job=job)
    logger.info("order_placed", job_id=job.job_id, consumer=str(consumer.id), inputs=len(message.inputs))
    return job


def order_explain(
    *, consumer: Party, order: dict[str, Any], signature: str, details: dict[str, Any]
) -> Assessment:
    """Would this order be admitted now, and what would it use. Raises as order_place does."""
    read = _read_order(consumer, order, signature, details)
    return order_assess(order=read.order, details=read.details, licences=read.licences)


def job_cancel(*, consumer: Party, job: Job, signature: str) -> Job:
    """Cancel before shares are dealt.

    What the chain does not know yet ends at once. An opened job ends when `JobCancelled` is indexed; a
    matched one may be opening right now, and then the indexer gives it up on the chain.
    Raises OrderSignatureInvalid, CancellationRefused, TransitionLost.
    """
    message = CancelOrder(job_id=job.job_id)
    try:
        signer = message_signer(message, signature)
    except MalformedSignature as error:
        raise OrderSignatureInvalid(str(error)) from error
    if signer != consumer.eth_address or job.consumer_id != consumer.id:
        raise OrderSignatureInvalid(f"the cancellation was signed by {signer}, not by the job's consumer")
    if job.state == JobState.CANCELLED:
        return job
    if job.state in (JobState.PLACED, JobState.ADMITTED, JobState.MATCHED):
        job_transition(
            job=job, event=JobTransition.CANCEL, detail={"signature": signature, "by": str(consumer.id)}
        )
        return job
    if job.state != JobState.OPENED:
        raise CancellationRefused(f"the job is {job.state}", job_id=job.job_id, state=job.state)
    with transaction.atomic():
        transaction_enqueue(
            kind="job_cancel",
            dedupe_key=f"job-cancel/{job.job_id}",
            contract="Market",
            function="cancel",
            arguments=[job.job_id, signature],
            job=job,
        )
        job_event_append(job=job, kind="cancellation_requested", detail={"by": str(consumer.id)})
    return job


def receipt_store(
    *, job: Job, bundle: dict[str, Any], transaction_hash: str, block_number: int, gas_used: int
) -> Receipt:
    """Keep what anyone needs to check the settled job. Storing it again replaces it (a reorganisation)."""
    receipt, _ = Receipt.objects.update_or_create(
        job=job,
        defaults={
            "bundle": bundle,
            "transaction_hash": transaction_hash,
            "block_number": block_number,
            "gas_used": gas_used,
        },
    )
    return receipt


def _read_order(
    consumer: Party, document: dict[str, Any], signature: str, details: dict[str, Any]
) -> _ReadOrder:
    order = Order.from_json(document)
    job_id = message_digest(order)
    _check_signature(order, signature, consumer)
    read_details = _read_details(order, details)
    _check_shape(order)
    _check_deadline(order)
    if not Program.objects.filter(program_id=order.program_id, is_registered=True).exists():
        raise ProgramUnknown(f"program {order.program_id} is not offered", program_id=order.program_id)
    return _ReadOrder(order, read_details, order_licences(consumer=consumer, order=order), job_id)


def _check_signature(order: Order, signature: str, consumer: Party) -> None:
    if order.consumer != consumer.eth_address:
        raise OrderSignatureInvalid(f"its consumer is {order.consumer}; you are {consumer.eth_address}")
    try:
        signer = message_signer(order, signature)
    except MalformedSignature as error:
        raise OrderSignatureInvalid(str(error)) from error
    if signer != order.consumer:
        raise OrderSignatureInvalid(f"the order was signed by {signer}, not by {order.consumer}")


def _read_details(order: Order, details: dict[str, Any]) -> OrderDetails:
    try:
        if document_hash(details) != order.details_hash:
            raise DetailsInvalid("the details' hash is not the signed detailsHash")
        if len(canonical_json(details)) > MAX_DETAILS_BYTES:
            raise DetailsInvalid(f"details have at most {MAX_DETAILS_BYTES} bytes")
        return OrderDetails.from_document(details)
    except (MalformedDocument, DetailsMalformed) as error:
        raise DetailsInvalid(str(error)) from error


def _check_shape(order: Order) -> None:
    licence_ids = [item.licence_id for item in order.inputs]
    rules = (
        ("inputs", 1 <= len(licence_ids) <= MAX_INPUTS, f"an order has 1 to {MAX_INPUTS} inputs"),
        ("inputs", len(set(licence_ids)) == len(licence_ids), "a licence stands twice"),
        ("inputs", all(item.columns & 1 for item in order.inputs), "bit 0 (`ones`) must be set in columns"),
        ("inputs", all(item.columns > 1 for item in order.inputs), "an input has a column beside `ones`"),
        ("visibility", order.visibility in (0, 1), "visibility is 0 (public) or 1 (sealed)"),
        (
            "recipientKey",
            order.visibility == 0 or int(order.recipient_key, 16) != 0,
            "a sealed result needs a recipient's key",
        ),
    )
    for field, holds, detail in rules:
        if not holds:
            raise OrderInvalid(detail, field=field)


def _check_deadline(order: Order) -> None:
    now = timezone.now()
    earliest, latest = now + SHORTEST_DEADLINE, now + LONGEST_DEADLINE
    if not earliest.timestamp() <= order.deadline <= latest.timestamp():
        raise DeadlineInvalid(
            f"the deadline {order.deadline} is not between {int(earliest.timestamp())} and "
            f"{int(latest.timestamp())} (unix seconds)"
        )
