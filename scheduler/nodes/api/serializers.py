"""Forms of nodes in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from scheduler.nodes.models import Availability, Node

__all__ = ["AvailabilitySerializer", "NodeSerializer", "RegisterNodeSerializer"]


class RegisterNodeSerializer(serializers.Serializer[dict[str, Any]]):
    registration = serializers.DictField(help_text="RegisterNode of docs/protocol.md")
    signature = serializers.CharField(max_length=132)
    capabilities = serializers.DictField(help_text="{capacities: [n…], backend, cores, memory_bytes}")


class AvailabilitySerializer(serializers.Serializer[dict[str, Any]]):
    availability = serializers.ChoiceField(choices=Availability.choices)


class NodeSerializer(serializers.ModelSerializer[Node]):
    party_id = serializers.UUIDField(read_only=True)
    organisation = serializers.CharField(source="party.organisation_id", read_only=True)
    fee_per_job = serializers.CharField(
        read_only=True, help_text="decimal string, smallest unit of the token"
    )
    last_seen_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Node
        fields = (
            "node_id",
            "party_id",
            "organisation",
            "operator",
            "signer",
            "sealing_key",
            "tier",
            "region",
            "fee_per_job",
            "capabilities",
            "state",
            "availability",
            "last_seen_at",
            "jobs_answered",
            "jobs_lost",
            "jobs_faulted",
            "created_at",
        )
        read_only_fields = fields
