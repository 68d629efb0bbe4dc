"""Errors of licences and their ledger."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = [
    "AgreementMoved",
    "AgreementUnknown",
    "ConsumerUnknown",
    "GrantInvalid",
    "GrantSignatureInvalid",
    "LicenceExists",
    "LicenceNotRevocable",
    "LicenceUnknown",
    "QuantityMismatch",
    "RevocationInvalid",
    "StepInvalid",
    "StepNotAllowed",
    "TermsInvalid",
]


class GrantInvalid(DomainError):
    """`field` names the field of GrantLicence."""

    code = "grant_invalid"
    title = "The grant cannot become a licence"
    remedy = "Correct the field that `field` names and sign the grant again."


class GrantSignatureInvalid(DomainError):
    code = "grant_signature_invalid"
    title = "The grant is not signed by the dataset's owner"
    remedy = "Sign it with the owner's Ethereum key, for the chain and LicenceLedger of GET /chain."


class TermsInvalid(DomainError):
    """`clause` names the clause. Unknown clauses are refused, never ignored."""

    code = "terms_invalid"
    title = "The terms are malformed or not the signed ones"
    remedy = "Use the clauses of docs/protocol.md, Licence terms, and sign the grant with their hash."


class ConsumerUnknown(DomainError):
    code = "consumer_unknown"
    title = "The licence's consumer is no party of this market"
    remedy = "Let the consumer enrol first; look it up with GET /parties?kind=consumer."


class LicenceUnknown(DomainError):
    code = "licence_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such licence for you"
    remedy = "Check the id; only provider and consumer see a licence."


class LicenceExists(DomainError):
    code = "licence_exists"
    status = HTTPStatus.CONFLICT
    title = "This grant was handed in before"
    remedy = "Follow the existing licence, or change the salt and sign again to grant once more."


class RevocationInvalid(DomainError):
    code = "revocation_invalid"
    title = "The revocation is not the provider's, or too late"
    remedy = "Sign RevokeLicence with the provider's Ethereum key and a deadline in the future."


class LicenceNotRevocable(DomainError):
    code = "licence_not_revocable"
    status = HTTPStatus.CONFLICT
    title = "The licence's state does not allow a revocation"
    remedy = "Only a granted licence can be revoked; read the licence again."


class QuantityMismatch(DomainError):
    """The chain reported a movement that the ledger's rules exclude: one of the two is wrong."""

    code = "quantity_mismatch"
    status = HTTPStatus.CONFLICT
    title = "The chain and the quantity ledger disagree"
    remedy = "Stop the indexer and rebuild the projection from the chain."


class AgreementUnknown(DomainError):
    code = "agreement_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such agreement for you"
    remedy = "Check the id; only its two parties see an agreement."


class AgreementMoved(DomainError):
    """`head` is the hash of its last step."""

    code = "agreement_moved"
    status = HTTPStatus.CONFLICT
    title = "The agreement has another last step than the one that yours follows"
    remedy = "Read the agreement again, decide anew, and sign a step that follows its last one."


class StepInvalid(DomainError):
    code = "step_invalid"
    title = "The step is not what its party signed, or lacks something"
    remedy = "Build and sign LicenceStep as docs/protocol.md, Agreements, describes."


class StepNotAllowed(DomainError):
    code = "step_not_allowed"
    status = HTTPStatus.CONFLICT
    title = "The agreement's state does not allow this step to you"
    remedy = "Read the agreement again; docs/protocol.md, Agreements, has the table."
