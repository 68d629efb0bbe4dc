"""Reads of webhooks, for the party that owns them."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from marketplace.accounts.models import Party
from marketplace.webhooks.errors import DeliveryUnknown, WebhookUnknown
from marketplace.webhooks.models import Webhook, WebhookDelivery

__all__ = ["deliveries_of", "delivery_get", "webhook_get", "webhooks_of"]


def webhooks_of(*, party: Party) -> QuerySet[Webhook]:
    return Webhook.objects.filter(party=party)


def webhook_get(*, party: Party, webhook_id: uuid.UUID) -> Webhook:
    """Raises WebhookUnknown; to a stranger a webhook does not exist."""
    webhook = webhooks_of(party=party).filter(id=webhook_id).first()
    if webhook is None:
        raise WebhookUnknown(f"there is no webhook {webhook_id} of yours")
    return webhook


def deliveries_of(*, webhook: Webhook) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(webhook=webhook).select_related("event")


def delivery_get(*, webhook: Webhook, delivery_id: uuid.UUID) -> WebhookDelivery:
    """Raises DeliveryUnknown."""
    delivery = deliveries_of(webhook=webhook).filter(id=delivery_id).first()
    if delivery is None:
        raise DeliveryUnknown(f"webhook {webhook.id} has no delivery {delivery_id}")
    return delivery
