"""Tasks, leases and blobs for the market's operator, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from scheduler.leases.models import Blob, Lease, Task


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What parties and the pipeline wrote is not changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("id", "job_id", "kind", "attempt", "seat", "party", "state", "losses", "failure_code")
    list_filter = ("state", "kind")
    search_fields = ("job__job_id", "party__name")
    exclude = ("payload", "result")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("fencing_token", "task", "party", "granted_at", "expires_at", "progress", "closed_at")
    search_fields = ("task__job__job_id", "party__name")


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = ("id", "purpose", "owner", "recipient", "size", "state", "created_at")
    list_filter = ("state", "purpose")
