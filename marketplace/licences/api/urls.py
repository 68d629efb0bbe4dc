"""Addresses of licences."""

from django.urls import path

from marketplace.licences.api.views import LicenceRevokeView, LicencesView, LicenceView

urlpatterns = [
    path("licences", LicencesView.as_view(), name="licences"),
    path("licences/<str:licence_id>", LicenceView.as_view(), name="licence"),
    path("licences/<str:licence_id>/revoke", LicenceRevokeView.as_view(), name="licence-revoke"),
]
