"""Reads of organisations and parties."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from marketplace.accounts.errors import ApiKeyUnknown, PartyUnknown
from marketplace.accounts.models import ApiKey, Party

__all__ = ["api_key_get", "api_keys_of", "parties_visible", "party_by_address", "party_get"]


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


def api_keys_of(*, party: Party) -> QuerySet[ApiKey]:
    """All of them, also those that are revoked or expired."""
    return ApiKey.objects.filter(party=party)


def api_key_get(*, party: Party, api_key_id: uuid.UUID) -> ApiKey:
    """Raises ApiKeyUnknown; to a stranger a key does not exist."""
    key = api_keys_of(party=party).select_related("party").filter(id=api_key_id).first()
    if key is None:
        raise ApiKeyUnknown(f"there is no API key {api_key_id} of yours")
    return key


def party_by_address(*, eth_address: str, kind: str | None = None) -> Party | None:
    """The active party with this address, if it is of the kind asked for."""
    parties = Party.objects.filter(eth_address=eth_address, is_active=True)
    return (parties if kind is None else parties.filter(kind=kind)).first()
