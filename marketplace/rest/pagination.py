"""Lists: `?cursor=&limit=`, body `{"items": [...]}`, the next page in the Link header (RFC 8288)."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

__all__ = ["ItemsCursorPagination"]


class ItemsCursorPagination(CursorPagination):
    """A view sets `ordering` if its model's first ordering field is not the right one."""

    cursor_query_param = "cursor"
    page_size_query_param = "limit"
    page_size = 50
    max_page_size = 200

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        ordering = getattr(view, "ordering", None) or queryset.model._meta.ordering
        return tuple(ordering)

    def get_paginated_response(self, data: Any) -> Response:
        links = [
            f'<{link}>; rel="{relation}"'
            for relation, link in (("next", self.get_next_link()), ("prev", self.get_previous_link()))
            if link
        ]
        return Response({"items": data}, headers={"Link": ", ".join(links)} if links else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items"],
            "properties": {"items": schema},
        }
