"""Admin pages of the market's operator. What parties signed or the chain said can be read, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

__all__ = ["OperatorAdmin", "ReadOnlyAdmin", "ReadOnlyInline"]

if TYPE_CHECKING:
    OperatorAdmin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:  # Django's admin classes are generic for the type checker only
    OperatorAdmin = admin.ModelAdmin
    Inline = admin.TabularInline


class ReadOnlyAdmin(OperatorAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(Inline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
