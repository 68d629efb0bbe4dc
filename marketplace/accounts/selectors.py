"""Reads of organisations and parties."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from marketplace.accounts.errors import PartyUnknown
from marketplace.accounts.models import Party

__all__ = ["parties_visible", "party_by_address", "party_get"]


def parties_visible(*, organisation: str | None = None, kind: str | None = None) -> QuerySet[Party]:
    """Active parties; who takes part is no secret among those who do."""
    parties = Party.objects.filter(is_active=True).select_related("organisation")
    if organisation is not None:
        parties = parties.filter(organisation_id=organisation)
    if kind is not None:
        parties = parties.filter(kind=kind)
    return parties


def party_get(*, party_id: uuid.UUID) -> Party:
    """Raises PartyUnknown."""
    party = Party.objects.select_related("organisation").filter(id=party_id).first()
    if party is None:
        raise PartyUnknown(f"there is no party {party_id}")
    return party


def party_by_address(*, eth_address: str, kind: str | None = None) -> Party | None:
    """The active party with this address, if it is of the kind asked for."""
    parties = Party.objects.filter(eth_address=eth_address, is_active=True)
    return (parties if kind is None else parties.filter(kind=kind)).first()
