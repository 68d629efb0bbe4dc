"""Addresses of setups, programs and datasets."""

from django.urls import path

from marketplace.catalogue.api import views

urlpatterns = [
    path("setups", views.SetupsView.as_view(), name="setups"),
    path("setups/<str:setup_id>", views.SetupView.as_view(), name="setup"),
    path("setups/<str:setup_id>/files/<str:name>", views.SetupFileView.as_view(), name="setup-file"),
    path("programs", views.ProgramsView.as_view(), name="programs"),
    path("datasets", views.DatasetsView.as_view(), name="datasets"),
    path("datasets/<str:dataset_id>", views.DatasetView.as_view(), name="dataset"),
]
