"""Errors of orders and jobs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marketplace.rest.errors import DomainError

__all__ = [
    "AttemptsExhausted",
    "CancellationRefused",
    "DeadlineInvalid",
    "DetailsInvalid",
    "JobUnknown",
    "LicenceUnknown",
    "OrderExists",
    "OrderInvalid",
    "OrderRefused",
    "OrderSignatureInvalid",
    "ProgramUnknown",
    "ReceiptNotReady",
    "TransitionLost",
    "TransitionNotAllowed",
]


class OrderInvalid(DomainError):
    code = "order_invalid"
    title = "The order is malformed"


class OrderRefused(DomainError):
    """`refusals` names licence, clause, column and what would be allowed of each."""

    code = "order_refused"
    title = "Clauses of its licences refuse the order"
    remedy = "Change what `refusals` names, each as its `remedy` and `allowed` say, and order again."

    @classmethod
    def of(cls, refusals: list[dict[str, Any]]) -> OrderRefused:
        """`refusals` as Refusal.to_json gives them, with the clauses' titles."""
        clauses = ", ".join(dict.fromkeys(str(refusal["clause"]) for refusal in refusals))
        return cls(f"{len(refusals)} times a clause refuses it: {clauses}", refusals=refusals)


class DetailsInvalid(DomainError):
    code = "details_invalid"
    title = "The order's details are malformed or not the signed ones"


class OrderSignatureInvalid(DomainError):
    code = "order_signature_invalid"
    title = "The order is not signed by its consumer"
    remedy = "Sign the order with the consumer's Ethereum key, for the chain and Market of GET /chain."


class LicenceUnknown(DomainError):
    code = "licence_unknown"
    title = "The order names a licence that its consumer does not hold"
    remedy = "Use licences of GET /licences."


class OrderExists(DomainError):
    code = "order_exists"
    status = HTTPStatus.CONFLICT
    title = "This order was placed before"
    remedy = "Follow the existing job, or change the salt and sign again to order once more."


class ProgramUnknown(DomainError):
    code = "program_unknown"
    title = "The program is not offered"
    remedy = "Choose a program of GET /programs."


class DeadlineInvalid(DomainError):
    code = "deadline_invalid"
    title = "The deadline is too near or too far"
    remedy = "Sign the order again with another deadline."


class JobUnknown(DomainError):
    code = "job_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such job for you"
    remedy = "Check the id; only the parties to a job see it."


class ReceiptNotReady(DomainError):
    code = "receipt_not_ready"
    status = HTTPStatus.NOT_FOUND
    title = "The job has no receipt"
    remedy = "A receipt exists once the job is SETTLED; follow its events."


class CancellationRefused(DomainError):
    code = "cancellation_refused"
    status = HTTPStatus.CONFLICT
    title = "The job can no longer be cancelled"
    remedy = "Shares may have been dealt; wait for the job to settle, fail or expire."


class TransitionNotAllowed(DomainError):
    """The table has no such transition from the job's state: a programming error or a late message."""

    code = "transition_not_allowed"
    status = HTTPStatus.CONFLICT
    title = "The job's state does not allow this"
    remedy = "Read the job again."


class TransitionLost(DomainError):
    """Another process moved the job first. Read the job again and decide anew."""

    code = "transition_lost"
    status = HTTPStatus.CONFLICT
    title = "The job changed in the meantime"
    remedy = "Read the job again; the same request may be sent once more."


class AttemptsExhausted(DomainError):
    code = "attempts_exhausted"
    status = HTTPStatus.CONFLICT
    title = "The job has used all its attempts"
    remedy = "Fail the job with the reason of the last attempt."
