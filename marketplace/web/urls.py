"""Addresses of the pages."""

from django.urls import path, register_converter

from marketplace.web import views


class HexId:
    """32 bytes of lower-case `0x` hex."""

    regex = "0x[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(HexId, "hexid")

app_name = "web"
urlpatterns = [
    path("", views.HomePage.as_view(), name="home"),
    path("datasets", views.DatasetListPage.as_view(), name="datasets"),
    path("datasets/<hexid:dataset_id>", views.DatasetPage.as_view(), name="dataset"),
    path("licences", views.LicenceListPage.as_view(), name="licences"),
    path("licences/<hexid:licence_id>", views.LicencePage.as_view(), name="licence"),
    path("jobs", views.JobListPage.as_view(), name="jobs"),
    path("jobs/<hexid:job_id>", views.JobPage.as_view(), name="job"),
    path("jobs/<hexid:job_id>/live", views.JobTimeline.as_view(), name="job-live"),
    path("jobs/<hexid:job_id>/receipt", views.ReceiptPage.as_view(), name="receipt"),
    path("jobs/<hexid:job_id>/receipt.json", views.ReceiptDownload.as_view(), name="receipt-file"),
    path("nodes", views.NodeListPage.as_view(), name="nodes"),
]
