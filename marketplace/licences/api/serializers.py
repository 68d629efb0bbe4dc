"""Licences in JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.licences.models import Agreement, AgreementStep, Licence
from marketplace.licences.selectors import LicenceQuantities
from marketplace.rest.serializers import DecimalStringField, DocumentField, HexStringField, StrictSerializer

__all__ = [
    "AgreementSerializer",
    "LicenceSerializer",
    "LicenceSubmitSerializer",
    "RevokeSerializer",
    "StepSerializer",
]


class QuantitySerializer(serializers.Serializer[Any]):
    runs = DecimalStringField()
    cells = DecimalStringField()
    outputs = DecimalStringField()


class QuantitiesSerializer(serializers.Serializer[Any]):
    granted = QuantitySerializer()
    reserved = QuantitySerializer()
    consumed = QuantitySerializer()
    remaining = QuantitySerializer()


class LicenceSerializer(serializers.ModelSerializer[Licence]):
    """`context["quantities"]` holds the ledger's sums by licence id."""

    provider = serializers.CharField(source="provider.eth_address")
    provider_party_id = serializers.UUIDField(source="provider_id")
    consumer = serializers.CharField(source="consumer.eth_address")
    consumer_party_id = serializers.UUIDField(source="consumer_id")
    holder = serializers.CharField(help_text="who may use it now: its consumer, or whom it was handed on to")
    dataset_id = HexStringField()
    columns = DecimalStringField()
    price_per_run = DecimalStringField()
    quantities = serializers.SerializerMethodField()

    class Meta:
        model = Licence
        fields = [
            "licence_id",
            "provider",
            "provider_party_id",
            "consumer",
            "consumer_party_id",
            "holder",
            "dataset_id",
            "terms",
            "terms_hash",
            "program_ids",
            "columns",
            "price_per_run",
            "not_before",
            "not_after",
            "grant",
            "signature",
            "state",
            "rejection",
            "revocation_epoch",
            "revocation_effect",
            "quantities",
            "signed_at",
            "granted_at",
            "revoked_at",
        ]

    @extend_schema_field(QuantitiesSerializer)
    def get_quantities(self, licence: Licence) -> dict[str, Any]:
        quantities: LicenceQuantities = self.context["quantities"][licence.licence_id]
        return dict(QuantitiesSerializer(quantities).data)


class LicenceSubmitSerializer(StrictSerializer):
    grant = DocumentField(help_text="GrantLicence (docs/protocol.md)")
    signature = HexStringField(byte_length=65)
    terms = DocumentField(help_text="docs/protocol.md, Licence terms")


class StepSerializer(StrictSerializer):
    step = DocumentField(help_text="LicenceStep (docs/protocol.md, Agreements)")
    signature = HexStringField(byte_length=65)
    content = DocumentField(required=False, default=None, allow_null=True, help_text="{grant, terms}")
    grant_signature = HexStringField(
        byte_length=65,
        required=False,
        default=None,
        allow_null=True,
        help_text="the provider's, of the grant",
    )
    revocation = DocumentField(
        required=False,
        default=None,
        allow_null=True,
        help_text="{deadline, signature, effect}: to revoke, or of the licence that an amendment replaces",
    )


class AgreementStepSerializer(serializers.ModelSerializer[AgreementStep]):
    class Meta:
        model = AgreementStep
        fields = ["number", "act", "by", "to_state", "content", "step", "signature", "step_hash", "at"]


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    provider = serializers.CharField(source="provider.eth_address")
    consumer = serializers.CharField(source="consumer.eth_address")
    dataset_id = HexStringField()
    licence_id = HexStringField(allow_null=True)
    steps = AgreementStepSerializer(many=True)

    class Meta:
        model = Agreement
        fields = [
            "agreement_id",
            "provider",
            "consumer",
            "dataset_id",
            "licence_id",
            "state",
            "head",
            "length",
            "steps",
            "created_at",
        ]


class RevokeSerializer(StrictSerializer):
    deadline = serializers.IntegerField(min_value=0, help_text="unix seconds")
    signature = HexStringField(byte_length=65, help_text="of RevokeLicence; of RevokeInEpoch to abort")
    effect = serializers.ChoiceField(
        choices=["finish", "abort"], default="finish", help_text="on open jobs; as the terms say"
    )
