"""Parties in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.accounts.models import Party, PartyKind
from marketplace.rest.serializers import AddressStringField, HexStringField, StrictSerializer

__all__ = ["EnrolSerializer", "EnrolledSerializer", "PartyFilterSerializer", "PartySerializer"]


class EnrolSerializer(StrictSerializer):
    token = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=PartyKind.choices)
    name = serializers.CharField(max_length=80)
    eth_address = AddressStringField()
    signing_key = HexStringField()
    sealing_key = HexStringField()
    eth_signature = HexStringField(byte_length=65)


class EnrolledSerializer(serializers.Serializer[Any]):
    party_id = serializers.UUIDField()
    organisation = serializers.CharField()
    heartbeat_seconds = serializers.IntegerField()
    lease_wait_seconds = serializers.IntegerField()
    lease_seconds = serializers.IntegerField()


class PartyFilterSerializer(StrictSerializer):
    organisation = serializers.SlugField(required=False)
    kind = serializers.ChoiceField(choices=PartyKind.choices, required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class PartySerializer(serializers.ModelSerializer[Party]):
    party_id = serializers.UUIDField(source="id")
    organisation = serializers.CharField(source="organisation_id")
    organisation_name = serializers.CharField(source="organisation.name")
    organisation_name_zh = serializers.CharField(source="organisation.name_zh")

    class Meta:
        model = Party
        fields = [
            "party_id",
            "organisation",
            "organisation_name",
            "organisation_name_zh",
            "kind",
            "name",
            "eth_address",
            "signing_key",
            "sealing_key",
            "is_active",
            "created_at",
        ]
