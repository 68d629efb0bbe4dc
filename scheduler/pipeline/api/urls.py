from django.urls import path

from scheduler.pipeline.api.views import JobMatchingView, ResultSharesView

urlpatterns = [
    path("jobs/<str:job_id>/matching", JobMatchingView.as_view(), name="job-matching"),
    path("jobs/<str:job_id>/result-shares", ResultSharesView.as_view(), name="job-result-shares"),
]
