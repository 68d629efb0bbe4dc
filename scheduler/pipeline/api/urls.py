from django.urls import path

from scheduler.pipeline.api.views import ResultSharesView

urlpatterns = [
    path("jobs/<str:job_id>/result-shares", ResultSharesView.as_view(), name="job-result-shares"),
]
