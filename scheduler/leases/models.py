"""Tasks that parties lease, the leases themselves, and the blobs that travel between parties."""

import uuid

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.rest.fields import HexField


class TaskState(models.TextChoices):
    READY = "READY"
    LEASED = "LEASED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TaskKind(models.TextChoices):
    DEAL = "deal"
    COMPUTE = "compute"
    PROVE = "prove"
    BLAME_DEAL = "blame_deal"
    BLAME_PROVE = "blame_prove"
    BLAME_OPEN = "blame_open"


class Task(models.Model):
    """One piece of work for one party. Leases know its life, the pipeline knows its meaning."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=16, choices=TaskKind.choices)
    attempt = models.PositiveIntegerField()
    seat = models.PositiveIntegerField(default=0, help_text="0: the task belongs to no seat")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="tasks")
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=TaskState.choices, default=TaskState.READY)
    result = models.JSONField(null=True, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_detail = models.TextField(blank=True)
    evidence = models.JSONField(null=True, blank=True)
    losses = models.PositiveIntegerField(default=0, help_text="leases that expired without an answer")
    created_at = models.DateTimeField(auto_now_add=True)
    lost_after_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="how long its party may be silent; null: until the job's deadline"
    )
    ready_at = models.DateTimeField(help_text="since when a lease could be taken")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("job", "attempt", "kind", "party", "seat"),
                name="task_once_per_job_attempt_kind_party_seat",
            ),
            models.CheckConstraint(condition=Q(state__in=TaskState.values), name="task_state_known"),
            models.CheckConstraint(condition=Q(kind__in=TaskKind.values), name="task_kind_known"),
            models.CheckConstraint(
                condition=~Q(state=TaskState.DONE) | Q(result__isnull=False), name="task_done_has_result"
            ),
            models.CheckConstraint(
                condition=~Q(state=TaskState.FAILED) | ~Q(failure_code=""), name="task_failed_has_code"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(TaskState.READY, TaskState.LEASED), closed_at__isnull=True)
                | Q(
                    state__in=(TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED), closed_at__isnull=False
                ),
                name="task_closed_when_final",
            ),
        )
        indexes = (
            models.Index(
                fields=("party", "kind", "ready_at"),
                condition=Q(state=TaskState.READY),
                name="task_ready_by_party",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.job_id} attempt {self.attempt} seat {self.seat}"


class Lease(models.Model):
    """The right to answer a task until ``expires_at``; of two leases of a task the higher token is right."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="leases")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="leases")
    fencing_token = models.BigIntegerField(unique=True)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    progress = models.FloatField(default=0.0)
    note = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    answer_fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="sha256 of the finish or fail body, so that a retry is recognised",
    )

    class Meta:
        ordering = ("-fencing_token",)
        constraints = (
            models.UniqueConstraint(
                fields=("task",), condition=Q(closed_at__isnull=True), name="lease_one_open_per_task"
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0.0, progress__lte=1.0), name="lease_progress_in_unit"
            ),
            models.CheckConstraint(condition=Q(fencing_token__gt=0), name="lease_fencing_token_positive"),
        )
        indexes = (
            models.Index(
                fields=("expires_at",), condition=Q(closed_at__isnull=True), name="lease_open_by_expiry"
            ),
        )

    def __str__(self) -> str:
        return f"lease {self.fencing_token} of {self.task_id}"


class BlobState(models.TextChoices):
    DECLARED = "DECLARED"
    STORED = "STORED"
    PURGED = "PURGED"


class BlobPurpose(models.TextChoices):
    SHARE = "share"
    RESULT_SHARE = "result_share"


class Blob(models.Model):
    """Ciphertext that one party leaves for another. The market sees its size and hash, nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="blobs")
    owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="blobs_owned")
    recipient = models.ForeignKey(
        Party, on_delete=models.PROTECT, null=True, blank=True, related_name="blobs_received"
    )
    purpose = models.CharField(max_length=16, choices=BlobPurpose.choices)
    size = models.BigIntegerField(help_text="bytes")
    sha256 = HexField()
    state = models.CharField(max_length=8, choices=BlobState.choices, default=BlobState.DECLARED)
    storage_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(size__gt=0), name="blob_size_positive"),
            models.CheckConstraint(condition=Q(state__in=BlobState.values), name="blob_state_known"),
            models.CheckConstraint(condition=Q(purpose__in=BlobPurpose.values), name="blob_purpose_known"),
            models.CheckConstraint(
                condition=~Q(state=BlobState.STORED) | (~Q(storage_name="") & Q(stored_at__isnull=False)),
                name="blob_stored_has_bytes",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.id} ({self.size} bytes)"
