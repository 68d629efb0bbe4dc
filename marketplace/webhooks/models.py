"""Where a party wants to be told, and every delivery that was tried."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.orders.models import JobEvent

__all__ = ["DeliveryState", "Webhook", "WebhookDelivery"]


class Webhook(models.Model):
    """An address of a party. Its secret is derived from the market's key, the id and the generation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    kinds = models.JSONField(default=list, help_text="kinds of events that are told; none: all")
    secret_generation = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    given_up_in_a_row = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["party", "url"], name="webhooks_url_once")]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"


class WebhookDelivery(models.Model):
    """One message to one webhook, with the outcome of the newest try."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(JobEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """None: a test that the party asked for."""
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="WAITING"), name="webhooks_delivery_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="webhooks_event_once"),
            models.CheckConstraint(
                condition=Q(state__in=list(DeliveryState)), name="webhooks_delivery_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="DELIVERED") | Q(delivered_at__isnull=False),
                name="webhooks_delivered_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class UnannouncedEvent(models.Model):
    """A job's event that no delivery was made of yet: written by a trigger with the event itself."""

    event = models.OneToOneField(JobEvent, on_delete=models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return str(self.event_id)
