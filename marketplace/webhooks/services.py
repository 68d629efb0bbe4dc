"""Writes of webhooks: registering, announcing events, recording what became of a delivery."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.orders.models import JobEvent
from marketplace.webhooks.domain import resolve_target, retry_after, secret_of
from marketplace.webhooks.errors import WebhookExists, WebhooksTooMany
from marketplace.webhooks.models import DeliveryState, UnannouncedEvent, Webhook, WebhookDelivery

__all__ = [
    "deliveries_claim",
    "delivery_failed",
    "delivery_replay",
    "delivery_succeeded",
    "events_announce",
    "webhook_delete",
    "webhook_register",
    "webhook_rotate_secret",
    "webhook_secret",
    "webhook_test",
]

logger = structlog.get_logger(__name__)

MAX_WEBHOOKS = 10
MAX_GIVEN_UP_IN_A_ROW = 5
CLAIMED_FOR = timedelta(seconds=60)
"""Longer than a try takes: a worker that is killed in it leaves the delivery to the next sweep."""


def webhook_register(*, party: Party, url: str, kinds: list[str]) -> Webhook:
    """Raises WebhookAddressRefused, WebhookExists, WebhooksTooMany."""
    resolve_target(url, is_private_allowed=settings.WEBHOOK_ALLOW_PRIVATE)
    with transaction.atomic():
        Party.objects.select_for_update().get(id=party.id)
        if Webhook.objects.filter(party=party).count() >= MAX_WEBHOOKS:
            raise WebhooksTooMany(f"a party may have {MAX_WEBHOOKS} webhooks")
        try:
            with transaction.atomic():
                return Webhook.objects.create(party=party, url=url, kinds=sorted(set(kinds)))
        except IntegrityError:
            raise WebhookExists(f"{url} is registered for this party") from None


def webhook_delete(*, webhook: Webhook) -> None:
    webhook.delete()


def webhook_rotate_secret(*, webhook: Webhook) -> None:
    """From now on messages are signed with a new secret; a webhook that was switched off is on again."""
    Webhook.objects.filter(id=webhook.id).update(
        secret_generation=F("secret_generation") + 1, is_active=True, given_up_in_a_row=0
    )
    webhook.refresh_from_db()


def webhook_secret(webhook: Webhook) -> bytes:
    master_key = settings.SECRET_KEY.encode()
    return secret_of(master_key=master_key, webhook_id=str(webhook.id), generation=webhook.secret_generation)


def webhook_test(*, webhook: Webhook) -> WebhookDelivery:
    """A message without an event, so that the party can try its server."""
    return WebhookDelivery.objects.create(webhook=webhook)


def delivery_replay(*, delivery: WebhookDelivery) -> None:
    """Send it again, whatever became of it. The message keeps its id, so that a receiver can tell."""
    WebhookDelivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.WAITING, tries=0, due_at=timezone.now(), delivered_at=None
    )
    delivery.refresh_from_db()


def events_announce(*, limit: int = 500) -> int:
    """Make a delivery of each new event for each webhook that wants it; how many events were done."""
    with transaction.atomic():
        new = list(
            UnannouncedEvent.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event__job")
            .order_by("event_id")[:limit]
        )
        deliveries = [
            WebhookDelivery(webhook=webhook, event=entry.event)
            for entry in new
            for webhook in _wanting(entry.event)
        ]
        WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        UnannouncedEvent.objects.filter(event_id__in=[entry.event_id for entry in new]).delete()
    return len(new)


def deliveries_claim(*, limit: int = 50) -> list[uuid.UUID]:
    """Ids of deliveries that are due; nobody else gets them for a minute."""
    now = timezone.now()
    with transaction.atomic():
        due = list(
            WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=DeliveryState.WAITING, due_at__lte=now, webhook__is_active=True)
            .order_by("due_at")
            .values_list("id", flat=True)[:limit]
        )
        WebhookDelivery.objects.filter(id__in=due).update(due_at=now + CLAIMED_FOR)
    return due


def delivery_succeeded(*, delivery: WebhookDelivery, status: int) -> None:
    WebhookDelivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.DELIVERED,
        tries=F("tries") + 1,
        last_status=status,
        last_error="",
        delivered_at=timezone.now(),
    )
    Webhook.objects.filter(id=delivery.webhook_id).update(given_up_in_a_row=0)


def delivery_failed(*, delivery: WebhookDelivery, status: int | None, error: str) -> None:
    """Try again later; after the last try give up, and switch off a webhook that fails again and again."""
    wait = retry_after(delivery.tries + 1)
    WebhookDelivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.GIVEN_UP if wait is None else DeliveryState.WAITING,
        tries=F("tries") + 1,
        due_at=timezone.now() + (wait or timedelta()),
        last_status=status,
        last_error=error[:300],
    )
    if wait is None:
        Webhook.objects.filter(id=delivery.webhook_id).update(given_up_in_a_row=F("given_up_in_a_row") + 1)
        off = Webhook.objects.filter(
            id=delivery.webhook_id, is_active=True, given_up_in_a_row__gte=MAX_GIVEN_UP_IN_A_ROW
        ).update(is_active=False)
        if off:
            logger.warning("webhook_switched_off", webhook_id=str(delivery.webhook_id))


def _wanting(event: JobEvent) -> list[Webhook]:
    """Webhooks of the parties that may see the job."""
    parties = {event.job.consumer_id} | set(
        event.job.inputs.values_list("licence__provider_id", flat=True).order_by()
    )
    webhooks = Webhook.objects.filter(party_id__in=parties, party__is_active=True, is_active=True)
    return [webhook for webhook in webhooks if not webhook.kinds or event.kind in webhook.kinds]
