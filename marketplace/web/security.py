"""Headers of every page: nothing from elsewhere, no script or style inside the page."""

from __future__ import annotations

from django.http.response import HttpResponseBase

__all__ = ["CONTENT_SECURITY_POLICY", "with_page_headers"]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def with_page_headers(response: HttpResponseBase) -> HttpResponseBase:
    """Add the headers to an answer."""
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Referrer-Policy"] = "same-origin"
    response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    return response
