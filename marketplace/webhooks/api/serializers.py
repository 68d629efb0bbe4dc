"""Webhooks in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.rest.serializers import StrictSerializer
from marketplace.webhooks.models import Webhook, WebhookDelivery
from marketplace.webhooks.sending import delivery_body

__all__ = [
    "DeliverySerializer",
    "WebhookRegisterSerializer",
    "WebhookSerializer",
    "WebhookWithSecretSerializer",
]


class WebhookRegisterSerializer(StrictSerializer):
    url = serializers.URLField(max_length=500)
    kinds = serializers.ListField(child=serializers.SlugField(max_length=64), max_length=100, required=False)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    webhook_id = serializers.UUIDField(source="id")
    kinds = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Webhook
        fields = ["webhook_id", "url", "kinds", "is_active", "created_at"]


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.SerializerMethodField(
        help_text="whsec_ and base64; shown here only (Standard Webhooks)"
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]

    def get_secret(self, webhook: Webhook) -> str:
        return str(self.context["secret"])


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    delivery_id = serializers.UUIDField(source="id")
    job_id = serializers.CharField(source="event.job_id", default=None, allow_null=True)
    kind = serializers.CharField(source="event.kind", default="test")
    body = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = [
            "delivery_id",
            "job_id",
            "kind",
            "state",
            "tries",
            "due_at",
            "last_status",
            "last_error",
            "delivered_at",
            "created_at",
            "body",
        ]

    def get_body(self, delivery: WebhookDelivery) -> dict[str, Any]:
        return delivery_body(delivery)
