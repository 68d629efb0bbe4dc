"""Errors of webhooks."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = ["DeliveryUnknown", "WebhookAddressRefused", "WebhookExists", "WebhookUnknown", "WebhooksTooMany"]


class WebhookAddressRefused(DomainError):
    code = "webhook_address_refused"
    title = "The market does not send to this address"
    remedy = (
        "Give an https address of a server that is reachable from the Internet, without user or password."
    )


class WebhookExists(DomainError):
    code = "webhook_exists"
    status = HTTPStatus.CONFLICT
    title = "This address is registered already"
    remedy = "Use the webhook that is there, or delete it first."


class WebhooksTooMany(DomainError):
    code = "webhooks_too_many"
    status = HTTPStatus.CONFLICT
    title = "The party has as many webhooks as it may have"
    remedy = "Delete one that is not needed."


class WebhookUnknown(DomainError):
    code = "webhook_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such webhook"
    remedy = "Look it up with GET /webhooks."


class DeliveryUnknown(DomainError):
    code = "delivery_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such delivery"
    remedy = "Look it up with GET /webhooks/{id}/deliveries; deliveries are kept for 30 days."
