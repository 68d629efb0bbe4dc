"""Setups of the proof system, the programs that run on them, and datasets with their committed columns."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.chain.binding import BoundContractField
from marketplace.rest.fields import HexField

__all__ = ["Column", "Dataset", "DatasetState", "Program", "Setup"]


class Setup(models.Model):
    """One setup per capacity. A development setup's secrets were known to one party: never for production."""

    setup_id = HexField(primary_key=True, help_text="hash of the verifying key (docs/protocol.md)")
    capacity = models.PositiveBigIntegerField(help_text="rows of a column, data and blinding: a power of two")
    verifying_key = models.JSONField()
    is_development = models.BooleanField()
    directory = models.CharField(max_length=500, help_text="where the key files are, on the market's machine")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["capacity", "setup_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=8, capacity__lte=2**28), name="catalogue_setup_capacity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.setup_id[:10]} (2^{self.capacity.bit_length() - 1})"


class Program(models.Model):
    """What a job computes: its id is the hash of its document."""

    program_id = HexField(primary_key=True, help_text="keccak256 of the canonical document")
    setup = models.ForeignKey(Setup, on_delete=models.PROTECT, related_name="programs")
    document = models.JSONField()
    title = models.CharField(max_length=120)
    title_zh = models.CharField(max_length=120, blank=True)
    is_registered = models.BooleanField(default=False, help_text="the chain's ProgramRegistry knows it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "program_id"]

    def __str__(self) -> str:
        return self.title


class DatasetState(models.TextChoices):
    SUBMITTED = "SUBMITTED"
    REGISTERED = "REGISTERED"
    REJECTED = "REJECTED"


class Dataset(models.Model):
    """A table that stays with its owner; the market has its schema and the commitments of its columns."""

    dataset_id = HexField(primary_key=True, help_text="EIP-712 digest of the registration")
    owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="datasets")
    setup = models.ForeignKey(Setup, on_delete=models.PROTECT, related_name="datasets")
    title = models.CharField(max_length=120)
    rows = models.PositiveBigIntegerField()
    grade = models.PositiveSmallIntegerField(help_text="sensitivity, 0 (public) to 4")
    schema = models.JSONField()
    schema_hash = HexField()
    columns_hash = HexField()
    registration = models.JSONField(help_text="the EIP-712 message as signed")
    signature = HexField(byte_length=65)
    state = models.CharField(max_length=10, choices=DatasetState, default=DatasetState.SUBMITTED)
    rejection = models.TextField(blank=True)
    submitted_at = models.DateTimeField(auto_now_add=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    chain_contract = BoundContractField("DatasetRegistry")

    class Meta:
        ordering = ["-submitted_at", "dataset_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["SUBMITTED", "REGISTERED", "REJECTED"]), name="catalogue_dataset_state"
            ),
            models.CheckConstraint(condition=Q(rows__gte=1), name="catalogue_dataset_has_rows"),
            models.CheckConstraint(condition=Q(grade__lte=4), name="catalogue_dataset_grade"),
            models.CheckConstraint(
                condition=Q(state="REGISTERED", registered_at__isnull=False)
                | (~Q(state="REGISTERED") & Q(registered_at__isnull=True)),
                name="catalogue_dataset_registered_at",
            ),
            models.CheckConstraint(
                condition=Q(state="REJECTED") ^ Q(rejection=""), name="catalogue_dataset_rejection"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Column(models.Model):
    """A committed column. Index 0 is `ones`; its schema entry is empty."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="columns")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    schema = models.JSONField(help_text="name, title, scale, minimum, maximum, data_type, grade")
    commitment = HexField(byte_length=64, help_text="F in G1")
    commitment_g2 = HexField(byte_length=128, help_text="F² in G2")
    knowledge_proof = HexField(byte_length=64, help_text="F^κ in G1")
    column_hash = HexField()

    class Meta:
        ordering = ["dataset", "index"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "index"], name="catalogue_column_index_once"),
            models.UniqueConstraint(fields=["dataset", "name"], name="catalogue_column_name_once"),
            models.CheckConstraint(condition=Q(index__lte=255), name="catalogue_column_index"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id[:10]}.{self.name}"
