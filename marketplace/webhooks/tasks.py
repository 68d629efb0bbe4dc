"""What beat repeats. Every task may be killed and run again: a message may come twice, never not at all."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from marketplace.webhooks.models import DeliveryState, WebhookDelivery
from marketplace.webhooks.sending import delivery_send
from marketplace.webhooks.services import deliveries_claim, events_announce

__all__ = ["announce", "deliver", "deliver_due", "forget_old"]

KEPT_FOR = timedelta(days=30)


@shared_task(name="webhooks.announce")
def announce() -> None:
    """Make deliveries of new events."""
    while events_announce():
        pass


@shared_task(name="webhooks.deliver_due")
def deliver_due() -> None:
    """Send each delivery that is due as a task of its own, so that a slow server delays nobody else."""
    for delivery_id in deliveries_claim():
        deliver.delay(str(delivery_id))


@shared_task(name="webhooks.deliver")
def deliver(delivery_id: str) -> None:
    """One try. Nothing is sent for a delivery that was deleted or is done already."""
    delivery = (
        WebhookDelivery.objects.select_related("webhook", "event")
        .filter(id=delivery_id, state=DeliveryState.WAITING, webhook__is_active=True)
        .first()
    )
    if delivery is not None:
        delivery_send(delivery=delivery)


@shared_task(name="webhooks.forget_old")
def forget_old() -> None:
    """Deliveries are kept for 30 days."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    old.exclude(state=DeliveryState.WAITING).delete()
