"""Addresses. Each app's API is mounted under /api/v1/ from its `api/urls.py`; pages are web's."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

API_ROOMS = (
    "marketplace.accounts",
    "marketplace.catalogue",
    "marketplace.licences",
    "marketplace.orders",
    "marketplace.chain",
    "scheduler.nodes",
    "scheduler.leases",
    "scheduler.pipeline",
)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


# Rooms under construction join as soon as they are there.
api_urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"{room}.api.urls")) for room in API_ROOMS if _is_there(f"{room}.api.urls")
]
api_urlpatterns += [path("openapi.json", SpectacularAPIView.as_view(), name="openapi")]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include(api_urlpatterns)),
]
if _is_there("marketplace.web.urls"):
    urlpatterns += [path("", include("marketplace.web.urls"))]

handler400 = "marketplace.rest.handlers.bad_request"
handler403 = "marketplace.rest.handlers.permission_denied"
handler404 = "marketplace.rest.handlers.not_found"
handler500 = "marketplace.rest.handlers.server_error"
