"""Addresses of parties."""

from django.urls import path

from marketplace.accounts.api.views import PartiesView, PartyView

urlpatterns = [
    path("parties", PartiesView.as_view(), name="parties"),
    path("parties/<uuid:party_id>", PartyView.as_view(), name="party"),
]
