"""Forms of nodes in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from scheduler.nodes.models import Availability, Node
from scheduler.nodes.records import node_records

__all__ = ["AvailabilitySerializer", "NodeSerializer", "RegisterNodeSerializer"]


class RegisterNodeSerializer(serializers.Serializer[dict[str, Any]]):
    registration = serializers.DictField(help_text="RegisterNode of docs/protocol.md")
    signature = serializers.CharField(max_length=132)
    capabilities = serializers.DictField(help_text="{capacities: [n…], backend, cores, memory_bytes}")


class AvailabilitySerializer(serializers.Serializer[dict[str, Any]]):
    availability = serializers.ChoiceField(choices=Availability.choices)


class NodeRecordSerializer(serializers.Serializer[Any]):
    """How the node did; newer outcomes weigh more in the score."""

    finished = serializers.IntegerField(help_text="settled jobs with it in the answering set")
    late = serializers.IntegerField(help_text="the same, after a lease of its had lapsed")
    failed = serializers.IntegerField(help_text="seats that its silence cost")
    faulted = serializers.IntegerField(help_text="attempts that it was shown to have broken")
    slashed = serializers.IntegerField(help_text="convictions on the chain")
    score_permille = serializers.IntegerField(help_text="estimated probability of an answer, 0 to 1000")


class NodeSerializer(serializers.ModelSerializer[Node]):
    party_id = serializers.UUIDField(read_only=True)
    organisation = serializers.CharField(source="party.organisation_id", read_only=True)
    fee_per_job = serializers.CharField(
        read_only=True, help_text="decimal string, smallest unit of the token"
    )
    last_seen_at = serializers.DateTimeField(read_only=True, allow_null=True)

    record = serializers.SerializerMethodField()

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
            "record",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(NodeRecordSerializer)
    def get_record(self, node: Node) -> dict[str, Any]:
        """``records`` of the context, which a list reads at once, or this node's own."""
        known = self.context.get("records") or node_records(node_ids=[node.node_id])
        return dict(NodeRecordSerializer(known[node.node_id]).data)
