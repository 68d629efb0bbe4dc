"""What the operator sees of nodes. Registrations are the parties'; only availability is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from scheduler.nodes.models import Node

if TYPE_CHECKING:
    NodeModelAdmin = admin.ModelAdmin[Node]
else:
    NodeModelAdmin = admin.ModelAdmin


@admin.register(Node)
class NodeAdmin(NodeModelAdmin):
    list_display = (
        "node_id",
        "party",
        "tier",
        "region",
        "fee_per_job",
        "state",
        "availability",
    )
    list_filter = ("state", "availability", "tier", "region")
    search_fields = ("node_id", "operator", "party__name")
    fields = ("availability",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        return False
