from django.urls import path

from scheduler.nodes.api.views import AvailabilityView, NodeListView, NodeView

urlpatterns = [
    path("nodes", NodeListView.as_view(), name="nodes"),
    path("nodes/<str:node_id>", NodeView.as_view(), name="node"),
    path("nodes/<str:node_id>/availability", AvailabilityView.as_view(), name="node-availability"),
]
