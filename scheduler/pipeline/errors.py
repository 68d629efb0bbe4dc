"""Errors of the pipeline. Those that validators raise reach the party as a 422 problem document."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = [
    "ContributionInvalid",
    "PackagesInvalid",
    "PointMalformed",
    "ResultShareMissing",
    "ResultSharesNotReady",
    "ResultSharesNotYours",
]


class ContributionInvalid(DomainError):
    """Form, content hash or EIP-712 signature of an answer is wrong."""

    code = "contribution_invalid"
    title = "The answer is not a signed contribution to this task"
    remedy = "Build the answer as docs/api.md describes and sign its content hash with the node's signer key."


class PointMalformed(DomainError):
    """A point or scalar is not canonical, off its curve, outside its subgroup or infinite."""

    code = "point_malformed"
    title = "The answer holds something that is no proper group element"
    remedy = "Compute the answer again; encodings are in docs/protocol.md."


class PackagesInvalid(DomainError):
    """Not exactly one stored, addressed and signed package for each seat."""

    code = "packages_invalid"
    title = "The deal's packages are not complete"
    remedy = "Upload one package for each seat, addressed to the seat's party, and sign each Deal."


class ResultShareMissing(DomainError):
    """A sealed job's consumer needs the node's sealed share of the result."""

    code = "result_share_missing"
    title = "The sealed share of the result is missing"
    remedy = "Upload it as a blob with purpose result_share for the consumer, then finish."


class ResultSharesNotYours(DomainError):
    code = "result_shares_not_yours"
    status = HTTPStatus.FORBIDDEN
    title = "The result belongs to the job's consumer"
    remedy = "Send the request as the consumer that ordered the job."


class ResultSharesNotReady(DomainError):
    code = "result_shares_not_ready"
    status = HTTPStatus.CONFLICT
    title = "The job has no verified result"
    remedy = "Follow the job's events; the shares can be fetched once it is VERIFIED."
