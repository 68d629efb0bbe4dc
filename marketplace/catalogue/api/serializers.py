"""Setups, programs and datasets in JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.catalogue.models import Column, Dataset, Program, Setup
from marketplace.catalogue.setups import setup_files
from marketplace.rest.serializers import DocumentField, HexStringField, StrictSerializer

__all__ = ["DatasetSerializer", "DatasetSubmitSerializer", "ProgramSerializer", "SetupSerializer"]


class SetupFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = HexStringField()


class SetupSerializer(serializers.ModelSerializer[Setup]):
    files = serializers.SerializerMethodField()

    class Meta:
        model = Setup
        fields = ["setup_id", "capacity", "verifying_key", "is_development", "files", "created_at"]

    @extend_schema_field(SetupFileSerializer(many=True))
    def get_files(self, setup: Setup) -> list[dict[str, Any]]:
        return [dict(SetupFileSerializer(entry).data) for entry in setup_files(setup)]


class ProgramSerializer(serializers.ModelSerializer[Program]):
    setup_id = HexStringField(read_only=True)

    class Meta:
        model = Program
        fields = ["program_id", "document", "setup_id", "title", "title_zh"]


class ColumnSerializer(serializers.ModelSerializer[Column]):
    class Meta:
        model = Column
        fields = ["index", "name", "schema", "column_hash"]


class CommitmentSerializer(serializers.Serializer[Column]):
    index = serializers.IntegerField()
    F = HexStringField(byte_length=64, source="commitment")
    F2 = HexStringField(byte_length=128, source="commitment_g2")
    F_kappa = HexStringField(byte_length=64, source="knowledge_proof")


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    owner = serializers.CharField(source="owner.eth_address")
    owner_party_id = serializers.UUIDField(source="owner_id")
    organisation = serializers.CharField(source="owner.organisation_id")
    setup_id = HexStringField()
    columns = ColumnSerializer(many=True)
    commitments = CommitmentSerializer(many=True, source="columns")

    class Meta:
        model = Dataset
        fields = [
            "dataset_id",
            "owner",
            "owner_party_id",
            "organisation",
            "setup_id",
            "title",
            "rows",
            "grade",
            "schema",
            "schema_hash",
            "columns_hash",
            "registration",
            "signature",
            "state",
            "rejection",
            "columns",
            "commitments",
            "submitted_at",
            "registered_at",
        ]


class CommitmentInputSerializer(StrictSerializer):
    F = HexStringField(byte_length=64)
    F2 = HexStringField(byte_length=128)
    F_kappa = HexStringField(byte_length=64)


class DatasetSubmitSerializer(StrictSerializer):
    registration = DocumentField(help_text="RegisterDataset (docs/protocol.md)")
    signature = HexStringField(byte_length=65)
    title = serializers.CharField(max_length=120)
    schema = DocumentField(help_text="docs/protocol.md, Documents that are signed by their hash")
    commitments = serializers.ListField(child=CommitmentInputSerializer(), allow_empty=False, max_length=256)
