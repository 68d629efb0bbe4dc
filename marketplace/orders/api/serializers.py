"""Orders, jobs and events in JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.orders.models import Job, JobEvent, JobInput
from marketplace.orders.selectors import job_failure, job_reason
from marketplace.rest.serializers import DecimalStringField, DocumentField, HexStringField, StrictSerializer

__all__ = [
    "AssessmentSerializer",
    "CancelSerializer",
    "JobEventSerializer",
    "JobSerializer",
    "OrderSerializer",
]


class OrderSerializer(StrictSerializer):
    order = DocumentField(help_text="Order (docs/protocol.md)")
    signature = HexStringField(byte_length=65)
    details = DocumentField(help_text="purpose, placement, parameters; its hash is signed")


class CancelSerializer(StrictSerializer):
    signature = HexStringField(byte_length=65)


class JobInputSerializer(serializers.ModelSerializer[JobInput]):
    licence_id = HexStringField()
    dataset_id = HexStringField(source="licence.dataset_id")
    columns = DecimalStringField()

    class Meta:
        model = JobInput
        fields = ["position", "licence_id", "dataset_id", "columns"]


class FailureSerializer(serializers.Serializer[Any]):
    """Known from the decision on; the job is FAILED once the chain has said so."""

    reason_code = serializers.CharField()
    reason = serializers.JSONField(help_text="seats, licences, clauses … by the code")
    decided_at = serializers.DateTimeField()


class JobSerializer(serializers.ModelSerializer[Job]):
    consumer = serializers.CharField(source="consumer.eth_address")
    consumer_party_id = serializers.UUIDField(source="consumer_id")
    program_id = HexStringField()
    max_price = DecimalStringField()
    price = DecimalStringField(allow_null=True)
    reason_detail = serializers.SerializerMethodField(help_text="the reason as one text")
    reason = serializers.JSONField(source="reason_detail", help_text="the same for programs: refusals …")
    failure = serializers.SerializerMethodField(help_text="why the market gave up an opened job")
    inputs = JobInputSerializer(many=True)
    is_final = serializers.BooleanField()

    class Meta:
        model = Job
        fields = [
            "job_id",
            "consumer",
            "consumer_party_id",
            "program_id",
            "order",
            "signature",
            "details",
            "visibility",
            "recipient_key",
            "max_price",
            "deadline",
            "state",
            "is_final",
            "attempt",
            "reason_code",
            "reason_detail",
            "reason",
            "failure",
            "price",
            "inputs",
            "placed_at",
            "updated_at",
        ]

    def get_reason_detail(self, job: Job) -> str:
        return job_reason(job)

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_failure(self, job: Job) -> dict[str, Any] | None:
        failure = job_failure(job)
        return None if failure is None else dict(FailureSerializer(failure).data)


class JobEventSerializer(serializers.ModelSerializer[JobEvent]):
    class Meta:
        model = JobEvent
        fields = ["sequence", "kind", "from_state", "to_state", "attempt", "detail", "at"]


class RefusalSerializer(serializers.Serializer[Any]):
    licence_id = HexStringField()
    clause = serializers.CharField()
    column = serializers.CharField(required=False)
    detail = serializers.CharField()
    remedy = serializers.CharField()
    allowed = serializers.CharField(required=False, help_text="what the clause would allow")
    title = serializers.DictField(child=serializers.CharField(), help_text="the clause's name: en, zh-Hans")


class EstimateSerializer(serializers.Serializer[Any]):
    price = DecimalStringField(help_text="of the licences; node fees and the market's fee come on top")
    cells = DecimalStringField()
    outputs = DecimalStringField()


class AssessmentSerializer(serializers.Serializer[Any]):
    is_admissible = serializers.BooleanField()
    refusals = RefusalSerializer(many=True)
    estimate = EstimateSerializer()
    problem = serializers.JSONField(allow_null=True, help_text="RFC 9457: order_refused, with the refusals")
