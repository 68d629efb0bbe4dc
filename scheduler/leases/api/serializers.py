"""Forms of leases and blobs in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.rest.serializers import StrictSerializer
from scheduler.leases.models import Blob, BlobPurpose, Lease, Task, TaskKind, TaskState

__all__ = [
    "BeatSerializer",
    "BlobSerializer",
    "DeclareBlobSerializer",
    "FailSerializer",
    "FinishSerializer",
    "HeartbeatSerializer",
    "LeaseRequestSerializer",
    "LeaseSerializer",
    "TaskFilterSerializer",
    "TaskSerializer",
    "TaskStateSerializer",
]

MAX_DETAIL = 4000


class LeaseRequestSerializer(serializers.Serializer[dict[str, Any]]):
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=TaskKind.choices), allow_empty=False, max_length=len(TaskKind)
    )
    wait_seconds = serializers.FloatField(min_value=0, max_value=25, default=0)


class LeaseSerializer(serializers.ModelSerializer[Lease]):
    lease_id = serializers.UUIDField(source="id")
    task_id = serializers.UUIDField()
    kind = serializers.CharField(source="task.kind")
    job_id = serializers.CharField(source="task.job_id")
    attempt = serializers.IntegerField(source="task.attempt")
    seat = serializers.IntegerField(source="task.seat")
    payload = serializers.JSONField(source="task.payload")

    class Meta:
        model = Lease
        fields = (
            "lease_id",
            "task_id",
            "kind",
            "job_id",
            "attempt",
            "seat",
            "fencing_token",
            "expires_at",
            "payload",
        )
        read_only_fields = fields


class HeartbeatSerializer(serializers.Serializer[dict[str, Any]]):
    fencing_token = serializers.IntegerField(min_value=1)
    progress = serializers.FloatField(min_value=0, max_value=1, default=0.0)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class BeatSerializer(serializers.Serializer[dict[str, Any]]):
    expires_at = serializers.DateTimeField()
    action = serializers.ChoiceField(choices=("continue", "cancel", "drain"))


class FinishSerializer(serializers.Serializer[dict[str, Any]]):
    fencing_token = serializers.IntegerField(min_value=1)
    result = serializers.DictField(help_text="by kind of task, docs/api.md")


class FailSerializer(serializers.Serializer[dict[str, Any]]):
    fencing_token = serializers.IntegerField(min_value=1)
    code = serializers.RegexField(r"^[a-z][a-z0-9_]{0,63}\Z")
    detail = serializers.CharField(max_length=MAX_DETAIL, allow_blank=True, default="")
    evidence = serializers.DictField(required=False, allow_null=True, default=None)


class TaskStateSerializer(serializers.ModelSerializer[Task]):
    task_id = serializers.UUIDField(source="id")

    class Meta:
        model = Task
        fields = ("task_id", "state")
        read_only_fields = fields


class DeclareBlobSerializer(serializers.Serializer[dict[str, Any]]):
    purpose = serializers.ChoiceField(choices=BlobPurpose.choices)
    size = serializers.IntegerField(min_value=1, help_text="bytes")
    sha256 = serializers.RegexField(r"^0x[0-9a-f]{64}\Z")
    job_id = serializers.RegexField(r"^0x[0-9a-f]{64}\Z", required=False, allow_null=True, default=None)
    recipient = serializers.UUIDField(
        source="recipient_id", required=False, allow_null=True, default=None, help_text="party id"
    )


class BlobSerializer(serializers.ModelSerializer[Blob]):
    blob_id = serializers.UUIDField(source="id")
    upload_path = serializers.SerializerMethodField()

    class Meta:
        model = Blob
        fields = ("blob_id", "upload_path", "purpose", "size", "sha256", "state")
        read_only_fields = fields

    def get_upload_path(self, blob: Blob) -> str:
        return f"/api/v1/blobs/{blob.id}"


class TaskFilterSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=TaskState.choices, required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A party's task without its payload; a FAILED one says why."""

    task_id = serializers.UUIDField(source="id")
    job_id = serializers.CharField()

    class Meta:
        model = Task
        fields = (
            "task_id",
            "job_id",
            "kind",
            "attempt",
            "seat",
            "state",
            "losses",
            "failure_code",
            "failure_detail",
            "created_at",
            "closed_at",
        )
        read_only_fields = fields
