from django.urls import path

from scheduler.leases.api.blob_views import BlobListView, BlobView
from scheduler.leases.api.views import FailView, FinishView, HeartbeatView, LeaseView, TasksView

urlpatterns = [
    path("leases", LeaseView.as_view(), name="leases"),
    path("leases/<uuid:lease_id>/heartbeat", HeartbeatView.as_view(), name="lease-heartbeat"),
    path("leases/<uuid:lease_id>/finish", FinishView.as_view(), name="lease-finish"),
    path("leases/<uuid:lease_id>/fail", FailView.as_view(), name="lease-fail"),
    path("tasks", TasksView.as_view(), name="tasks"),
    path("blobs", BlobListView.as_view(), name="blobs"),
    path("blobs/<uuid:blob_id>", BlobView.as_view(), name="blob"),
]
