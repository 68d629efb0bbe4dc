"""Webhooks: register, rotate, try, look at what was delivered, send again."""

from __future__ import annotations

import base64
import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.rest.authentication import request_party
from marketplace.webhooks.api.serializers import (
    DeliverySerializer,
    WebhookRegisterSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)
from marketplace.webhooks.models import Webhook, WebhookDelivery
from marketplace.webhooks.selectors import deliveries_of, delivery_get, webhook_get, webhooks_of
from marketplace.webhooks.services import (
    delivery_replay,
    webhook_delete,
    webhook_register,
    webhook_rotate_secret,
    webhook_secret,
    webhook_test,
)

__all__ = ["DeliveriesView", "ReplayView", "SecretView", "TestView", "WebhookView", "WebhooksView"]


class WebhooksView(GenericAPIView[Webhook]):
    serializer_class = WebhookSerializer

    @extend_schema(operation_id="webhooks_list", responses=WebhookSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(webhooks_of(party=request_party(request))) or []
        return self.get_paginated_response(WebhookSerializer(page, many=True).data)

    @extend_schema(
        operation_id="webhooks_register",
        request=WebhookRegisterSerializer,
        responses={201: WebhookWithSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """Tell this address of the events of the party's jobs. The secret is shown now and not again."""
        body = WebhookRegisterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        webhook = webhook_register(
            party=request_party(request),
            url=body.validated_data["url"],
            kinds=body.validated_data.get("kinds", []),
        )
        return _with_secret(webhook, status=status.HTTP_201_CREATED)


class WebhookView(APIView):
    @extend_schema(operation_id="webhooks_get", responses=WebhookSerializer)
    def get(self, request: Request, webhook_id: uuid.UUID) -> Response:
        webhook = webhook_get(party=request_party(request), webhook_id=webhook_id)
        return Response(WebhookSerializer(webhook).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, webhook_id: uuid.UUID) -> Response:
        webhook_delete(webhook=webhook_get(party=request_party(request), webhook_id=webhook_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SecretView(APIView):
    @extend_schema(operation_id="webhooks_rotate_secret", request=None, responses=WebhookWithSecretSerializer)
    def post(self, request: Request, webhook_id: uuid.UUID) -> Response:
        """A new secret, used from now on; also switches on a webhook that was switched off."""
        webhook = webhook_get(party=request_party(request), webhook_id=webhook_id)
        webhook_rotate_secret(webhook=webhook)
        return _with_secret(webhook, status=status.HTTP_200_OK)


class TestView(APIView):
    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, webhook_id: uuid.UUID) -> Response:
        """Send a message of type `test`."""
        webhook = webhook_get(party=request_party(request), webhook_id=webhook_id)
        delivery = webhook_test(webhook=webhook)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class DeliveriesView(GenericAPIView[WebhookDelivery]):
    serializer_class = DeliverySerializer
    ordering = ("-created_at", "id")

    @extend_schema(operation_id="webhooks_deliveries", responses=DeliverySerializer(many=True))
    def get(self, request: Request, webhook_id: uuid.UUID) -> Response:
        """What was sent in the last 30 days, newest first, and what became of it."""
        webhook = webhook_get(party=request_party(request), webhook_id=webhook_id)
        page = self.paginate_queryset(deliveries_of(webhook=webhook)) or []
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)


class ReplayView(APIView):
    @extend_schema(operation_id="webhooks_replay", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Response:
        """Send a delivery again, with the same Webhook-Id."""
        webhook = webhook_get(party=request_party(request), webhook_id=webhook_id)
        delivery = delivery_get(webhook=webhook, delivery_id=delivery_id)
        delivery_replay(delivery=delivery)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


def _with_secret(webhook: Webhook, *, status: int) -> Response:
    secret = "whsec_" + base64.b64encode(webhook_secret(webhook)).decode()
    document = WebhookWithSecretSerializer(webhook, context={"secret": secret}).data
    return Response(document, status=status)
