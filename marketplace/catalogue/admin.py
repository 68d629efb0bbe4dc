"""Setups, programs and datasets for the operator."""

from __future__ import annotations

from django.contrib import admin

from marketplace.catalogue.models import Column, Dataset, Program, Setup
from marketplace.rest.operator import ReadOnlyAdmin, ReadOnlyInline

__all__: list[str] = []


@admin.register(Setup)
class SetupAdmin(ReadOnlyAdmin):
    list_display = ("setup_id", "capacity", "is_development", "created_at")
    list_filter = ("is_development",)


@admin.register(Program)
class ProgramAdmin(ReadOnlyAdmin):
    list_display = ("title", "program_id", "setup", "is_registered")


class ColumnInline(ReadOnlyInline):
    model = Column
    fields = ("index", "name", "schema", "column_hash")


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ("title", "dataset_id", "owner", "rows", "grade", "state", "submitted_at")
    list_filter = ("state", "grade")
    search_fields = ("title", "dataset_id")
    inlines = (ColumnInline,)
