"""Who may call: signed parties, or signed parties of one kind. Whose matter it is, services decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketplace.accounts.models import PartyKind
from marketplace.rest.authentication import request_party
from marketplace.rest.errors import PartyKindWrong

if TYPE_CHECKING:  # rest_framework.views imports this module while it reads its settings
    from rest_framework.views import APIView

__all__ = ["IsConnector", "IsConsumer", "IsNode", "IsSignedParty"]


class IsSignedParty(BasePermission):
    kind: ClassVar[PartyKind | None] = None

    def has_permission(self, request: Request, view: APIView) -> bool:
        party = request_party(request)
        if self.kind is not None and party.kind != self.kind:
            raise PartyKindWrong(f"this call is for a {self.kind}; {party.name} is a {party.kind}")
        return True


class IsConnector(IsSignedParty):
    kind = PartyKind.CONNECTOR


class IsConsumer(IsSignedParty):
    kind = PartyKind.CONSUMER


class IsNode(IsSignedParty):
    kind = PartyKind.NODE
