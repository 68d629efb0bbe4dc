"""Addresses of webhooks."""

from django.urls import path

from marketplace.webhooks.api.views import (
    DeliveriesView,
    ReplayView,
    SecretView,
    TestView,
    WebhooksView,
    WebhookView,
)

urlpatterns = [
    path("webhooks", WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>", WebhookView.as_view(), name="webhook"),
    path("webhooks/<uuid:webhook_id>/secret", SecretView.as_view(), name="webhook-secret"),
    path("webhooks/<uuid:webhook_id>/test", TestView.as_view(), name="webhook-test"),
    path("webhooks/<uuid:webhook_id>/deliveries", DeliveriesView.as_view(), name="webhook-deliveries"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay",
        ReplayView.as_view(),
        name="webhook-replay",
    ),
]
