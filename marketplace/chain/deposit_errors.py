"""Errors of deposits that a party may see."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = ["DepositExpired", "DepositNotYours"]


class DepositNotYours(DomainError):
    code = "deposit_not_yours"
    status = HTTPStatus.FORBIDDEN
    title = "The permit is of another account"
    remedy = "Sign the permit with the Ethereum key that this party enrolled with."


class DepositExpired(DomainError):
    code = "deposit_expired"
    title = "The permit is no longer valid"
    remedy = "Sign a new permit with a later deadline."
