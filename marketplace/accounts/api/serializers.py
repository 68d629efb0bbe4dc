"""Parties in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.accounts.models import ApiKey, Party, PartyKind
from marketplace.rest.serializers import AddressStringField, HexStringField, StrictSerializer

__all__ = [
    "ApiKeyIssueSerializer",
    "ApiKeyRotateSerializer",
    "ApiKeySerializer",
    "ApiKeyWithTextSerializer",
    "EnrolSerializer",
    "EnrolledSerializer",
    "PartyFilterSerializer",
    "PartySerializer",
    "SigningKeySerializer",
]


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


class SigningKeySerializer(StrictSerializer):
    eth_signature = HexStringField(byte_length=65)


class ApiKeyIssueSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.CharField(max_length=30), min_length=1, max_length=20)
    valid_days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class ApiKeyRotateSerializer(StrictSerializer):
    overlap_seconds = serializers.IntegerField(min_value=0, max_value=7 * 86_400, default=3600)


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    api_key_id = serializers.UUIDField(source="id")
    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiKey
        fields = ["api_key_id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]


class ApiKeyWithTextSerializer(ApiKeySerializer):
    key = serializers.SerializerMethodField(help_text="sent as `Authorization: Bearer`; shown here only")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]

    def get_key(self, key: ApiKey) -> str:
        return str(self.context["text"])


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
