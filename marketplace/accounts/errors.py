"""Errors of organisations, parties and enrolment."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = [
    "ApiKeyUnknown",
    "ApiKeysTooMany",
    "EnrolmentTokenExpired",
    "EnrolmentTokenInvalid",
    "EnrolmentTokenUsed",
    "EthSignatureInvalid",
    "KeyInvalid",
    "PartyExists",
    "PartyUnknown",
    "ScopeUnknown",
]


class EnrolmentTokenInvalid(DomainError):
    code = "enrolment_token_invalid"
    status = HTTPStatus.FORBIDDEN
    title = "The enrolment token is not valid"
    remedy = "Ask the market's operator for a token for this organisation and kind of party."


class EnrolmentTokenExpired(DomainError):
    code = "enrolment_token_expired"
    status = HTTPStatus.FORBIDDEN
    title = "The enrolment token has expired"
    remedy = "Ask the market's operator for a new token."


class EnrolmentTokenUsed(DomainError):
    code = "enrolment_token_used"
    status = HTTPStatus.CONFLICT
    title = "The enrolment token was used before"
    remedy = "A token enrols one party; ask the market's operator for another."


class KeyInvalid(DomainError):
    """`field` names the key."""

    code = "key_invalid"
    title = "A key is malformed or unsafe"
    remedy = "Make the key with a well-kept library and send its public part."


class EthSignatureInvalid(DomainError):
    code = "eth_signature_invalid"
    title = "The Ethereum key did not sign this enrolment"
    remedy = (
        "Sign `hengsuan enrol <signing_key> <sealing_key>` as a personal message (EIP-191) with eth_address."
    )


class PartyExists(DomainError):
    code = "party_exists"
    status = HTTPStatus.CONFLICT
    title = "One of these keys belongs to a party already"
    remedy = "Use keys of its own for each party."


class ApiKeyUnknown(DomainError):
    code = "api_key_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such API key"
    remedy = "Look it up with GET /api-keys."


class ApiKeysTooMany(DomainError):
    code = "api_keys_too_many"
    status = HTTPStatus.CONFLICT
    title = "The party has as many API keys as it may have"
    remedy = "Revoke one that is not needed."


class ScopeUnknown(DomainError):
    """`known` lists what there is."""

    code = "scope_unknown"
    title = "There is no such scope"
    remedy = "Choose from the scopes that `known` lists."


class PartyUnknown(DomainError):
    code = "party_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such party"
    remedy = "Look it up with GET /parties."
