"""Addresses. Each app's API is mounted under /api/v1/ from its `api/urls.py`; pages are web's."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from marketplace.rest.views import StatusView

API_ROOMS = (
    "marketplace.accounts",
    "marketplace.catalogue",
    "marketplace.licences",
    "marketplace.orders",
    "marketplace.chain",
    "marketplace.webhooks",
    "scheduler.nodes",
    "scheduler.leases",
    "scheduler.pipeline",
)

api_urlpatterns: list[URLPattern | URLResolver] = [
    *(path("", include(f"{room}.api.urls")) for room in API_ROOMS),
    path("status", StatusView.as_view(), name="status"),
    path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include(api_urlpatterns)),
    path("", include("marketplace.web.urls")),
]

handler400 = "marketplace.rest.handlers.bad_request"
handler403 = "marketplace.rest.handlers.permission_denied"
handler404 = "marketplace.rest.handlers.not_found"
handler500 = "marketplace.rest.handlers.server_error"
