"""Jobs for the operator."""

from __future__ import annotations

from django.contrib import admin

from marketplace.orders.models import Job, JobEvent, JobInput, Receipt
from marketplace.rest.operator import ReadOnlyAdmin, ReadOnlyInline

__all__: list[str] = []


class JobInputInline(ReadOnlyInline):
    model = JobInput


class JobEventInline(ReadOnlyInline):
    model = JobEvent
    fields = ("sequence", "kind", "from_state", "to_state", "attempt", "at")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("job_id", "consumer", "program", "state", "attempt", "reason_code", "placed_at")
    list_filter = ("state", "visibility")
    search_fields = ("job_id",)
    inlines = (JobInputInline, JobEventInline)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ("job", "transaction_hash", "block_number", "gas_used", "created_at")
    search_fields = ("job__job_id", "transaction_hash")
