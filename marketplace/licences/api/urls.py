"""Addresses of licences."""

from django.urls import path

from marketplace.licences.api.agreements import AgreementStepsView, AgreementsView, AgreementView
from marketplace.licences.api.views import LicenceOdrlView, LicenceRevokeView, LicencesView, LicenceView

urlpatterns = [
    path("agreements", AgreementsView.as_view(), name="agreements"),
    path("agreements/<str:agreement_id>", AgreementView.as_view(), name="agreement"),
    path("agreements/<str:agreement_id>/steps", AgreementStepsView.as_view(), name="agreement-steps"),
    path("licences", LicencesView.as_view(), name="licences"),
    path("licences/<str:licence_id>", LicenceView.as_view(), name="licence"),
    path("licences/<str:licence_id>/odrl", LicenceOdrlView.as_view(), name="licence-odrl"),
    path("licences/<str:licence_id>/revoke", LicenceRevokeView.as_view(), name="licence-revoke"),
]
