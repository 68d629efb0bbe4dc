"""Addresses of parties."""

from django.urls import path

from marketplace.accounts.api.views import (
    ApiKeyRotateView,
    ApiKeysView,
    ApiKeyView,
    PartiesView,
    PartyView,
    SigningKeyView,
)

urlpatterns = [
    path("parties", PartiesView.as_view(), name="parties"),
    path("parties/<uuid:party_id>", PartyView.as_view(), name="party"),
    path("parties/<uuid:party_id>/signing-key", SigningKeyView.as_view(), name="party-signing-key"),
    path("api-keys", ApiKeysView.as_view(), name="api-keys"),
    path("api-keys/<uuid:api_key_id>", ApiKeyView.as_view(), name="api-key"),
    path("api-keys/<uuid:api_key_id>/rotate", ApiKeyRotateView.as_view(), name="api-key-rotate"),
]
