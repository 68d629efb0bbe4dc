"""Addresses of orders and jobs."""

from django.urls import path

from marketplace.orders.api import views

urlpatterns = [
    path("usage-statement", views.UsageStatementView.as_view(), name="usage-statement"),
    path("orders", views.OrdersView.as_view(), name="orders"),
    path("orders/explain", views.ExplainView.as_view(), name="orders-explain"),
    path("jobs", views.JobsView.as_view(), name="jobs"),
    path("jobs/<str:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<str:job_id>/events", views.JobEventsView.as_view(), name="job-events"),
    path("jobs/<str:job_id>/cancel", views.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<str:job_id>/receipt", views.JobReceiptView.as_view(), name="job-receipt"),
]
