"""Licences and their ledger for the operator."""

from __future__ import annotations

from django.contrib import admin

from marketplace.licences.models import Licence, QuantityEntry
from marketplace.rest.operator import ReadOnlyAdmin, ReadOnlyInline

__all__: list[str] = []


class QuantityEntryInline(ReadOnlyInline):
    model = QuantityEntry
    fields = ("kind", "job_id", "runs", "cells", "outputs", "recorded_at")


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ("licence_id", "provider", "consumer", "dataset", "state", "not_after", "price_per_run")
    list_filter = ("state",)
    search_fields = ("licence_id",)
    inlines = (QuantityEntryInline,)


@admin.register(QuantityEntry)
class QuantityEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "licence", "kind", "job_id", "runs", "cells", "outputs", "recorded_at")
    list_filter = ("kind",)
    search_fields = ("licence__licence_id", "job_id")
