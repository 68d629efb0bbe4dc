"""Organisations, people and parties for the operator."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from marketplace.accounts.models import EnrolmentToken, Member, Organisation, Party, PartyKind, User
from marketplace.accounts.services import enrolment_token_hash, enrolment_token_issue, party_deactivate
from marketplace.rest.operator import OperatorAdmin, ReadOnlyAdmin

__all__: list[str] = []

admin.site.register(User, UserAdmin)


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for the type checker only
    model = Member
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(OperatorAdmin):
    list_display = ("slug", "name", "name_zh", "created_at")
    search_fields = ("slug", "name", "name_zh")
    inlines = (MemberInline,)


@admin.register(Party)
class PartyAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "organisation", "eth_address", "is_active", "last_seen_at")
    list_filter = ("kind", "is_active", "organisation")
    search_fields = ("name", "eth_address")
    actions = ("deactivate",)

    @admin.action(description="Deactivate: refuse all further requests", permissions=["view"])
    def deactivate(self, request: HttpRequest, parties: QuerySet[Party]) -> None:
        if not request.user.has_perm("accounts.change_party"):
            self.message_user(request, "You may not deactivate parties.", messages.ERROR)
            return
        for party in parties:
            party_deactivate(party=party)
        self.message_user(request, f"{len(parties)} parties deactivated.")


@admin.register(EnrolmentToken)
class EnrolmentTokenAdmin(OperatorAdmin):
    """Adding one issues it: the token is shown once, in the message, and kept as a hash only."""

    list_display = ("organisation", "kind", "created_at", "expires_at", "used_at", "used_by")
    list_filter = ("kind", "organisation")
    fields = ("organisation", "kind")

    def save_model(
        self, request: HttpRequest, obj: EnrolmentToken, form: ModelForm[Any], change: bool
    ) -> None:
        token = enrolment_token_issue(organisation=obj.organisation, kind=PartyKind(obj.kind))
        obj.pk = enrolment_token_hash(token)
        self.message_user(request, f"The token, shown this once: {token}", messages.WARNING)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
