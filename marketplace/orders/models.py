"""Jobs, what they take as inputs, what happened to them, and the receipt of a settled one."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.catalogue.models import Program
from marketplace.chain.binding import BoundContractField
from marketplace.licences.models import Licence
from marketplace.rest.fields import AddressField, HexField, NumericIntegerField

__all__ = [
    "FINAL_STATES",
    "MAX_ATTEMPTS",
    "Job",
    "JobEvent",
    "JobInput",
    "JobOnChain",
    "JobState",
    "Receipt",
    "Visibility",
]

MAX_ATTEMPTS = 3


class JobState(models.TextChoices):
    PLACED = "PLACED"
    ADMITTED = "ADMITTED"
    MATCHED = "MATCHED"
    OPENED = "OPENED"
    DEALING = "DEALING"
    COMPUTING = "COMPUTING"
    PROVING = "PROVING"
    VERIFIED = "VERIFIED"
    SETTLED = "SETTLED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


FINAL_STATES = (JobState.SETTLED, JobState.CANCELLED, JobState.FAILED, JobState.EXPIRED)


class Visibility(models.IntegerChoices):
    PUBLIC = 0
    SEALED = 1


class Job(models.Model):
    """An order on its way. `state` and `attempt` change only through `orders.transitions`."""

    job_id = HexField(primary_key=True, help_text="EIP-712 digest of the order")
    consumer = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="jobs")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="jobs")
    order = models.JSONField(help_text="the EIP-712 message as signed")
    signature = HexField(byte_length=65)
    details = models.JSONField(help_text="purpose, placement, parameters")
    visibility = models.PositiveSmallIntegerField(choices=Visibility)
    recipient_key = HexField(help_text="X25519 key that sealed result shares are addressed to")
    max_price = NumericIntegerField()
    deadline = models.DateTimeField()
    state = models.CharField(max_length=9, choices=JobState, default=JobState.PLACED)
    attempt = models.PositiveSmallIntegerField(default=1)
    reason_code = models.CharField(max_length=64, blank=True)
    reason_detail = models.JSONField(default=dict, blank=True)
    price = NumericIntegerField(null=True, blank=True, help_text="known once nodes are matched")
    chain_contract = BoundContractField("Market")
    request_id = models.CharField(max_length=64, blank=True, help_text="of the request that placed it")
    placed_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-placed_at", "job_id"]
        indexes = [
            models.Index(
                fields=["state", "updated_at"],
                condition=~Q(state__in=["SETTLED", "CANCELLED", "FAILED", "EXPIRED"]),
                name="orders_job_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(JobState)), name="orders_job_state"),
            models.CheckConstraint(
                condition=Q(attempt__gte=1, attempt__lte=MAX_ATTEMPTS), name="orders_job_attempt"
            ),
            models.CheckConstraint(condition=Q(visibility__in=[0, 1]), name="orders_job_visibility"),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(reason_code=""), name="orders_job_failed_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__lte=models.F("max_price")),
                name="orders_job_price_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id[:10]} ({self.state})"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES


class JobInput(models.Model):
    """One dataset of a job: under which licence, and which of its columns (bitmap; bit 0 is `ones`)."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="inputs")
    position = models.PositiveSmallIntegerField()
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="job_inputs")
    columns = NumericIntegerField()

    class Meta:
        ordering = ["job", "position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="orders_input_position_once"),
            models.UniqueConstraint(fields=["job", "licence"], name="orders_input_licence_once"),
        ]

    def __str__(self) -> str:
        return f"input {self.position} of {self.job_id[:10]}"


class JobEvent(models.Model):
    """What happened to a job, in order. Append-only by trigger (migration 0002)."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=64, help_text="past tense: placed, admitted, node_lost …")
    from_state = models.CharField(max_length=9, choices=JobState, blank=True)
    to_state = models.CharField(max_length=9, choices=JobState)
    attempt = models.PositiveSmallIntegerField()
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["job", "sequence"], name="orders_event_sequence_once"),
            models.CheckConstraint(
                condition=Q(from_state__in=["", *JobState]) & Q(to_state__in=list(JobState)),
                name="orders_event_states",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class JobOnChain(models.Model):
    """A job as the chain has it: worked out from its events, and from nothing else (`orders.onchain`).

    It has no row of `Job` where another market opened the job with these contracts.
    """

    class State(models.TextChoices):
        """IMarket.JobState"""

        OPEN = "OPEN"
        SETTLED = "SETTLED"
        CANCELLED = "CANCELLED"
        FAILED = "FAILED"
        EXPIRED = "EXPIRED"

    job_id = HexField(primary_key=True)
    consumer = AddressField()
    program_id = HexField()
    state = models.CharField(max_length=9, choices=State)
    is_dealing = models.BooleanField(default=False, help_text="the consumer may not cancel any more")
    price = NumericIntegerField(help_text="in escrow while it is open")
    node_ids: ArrayField[list[str], list[str]] = ArrayField(HexField(), help_text="by seat, from seat 1")
    reseats = models.PositiveIntegerField(default=0)
    opened_block = models.PositiveBigIntegerField()
    ended_block = models.PositiveBigIntegerField(null=True, blank=True)
    ended_transaction = HexField(null=True, blank=True)
    refunded = NumericIntegerField(null=True, blank=True)
    payments = models.JSONField(default=list, help_text="payee and amount, in the order of the contract")
    result_hash = HexField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "jobs on chain"
        ordering = ["-opened_block", "job_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "SETTLED", "CANCELLED", "FAILED", "EXPIRED"]),
                name="orders_onchain_state",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", ended_block__isnull=True)
                | (~Q(state="OPEN") & Q(ended_block__isnull=False)),
                name="orders_onchain_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id[:10]} ({self.state})"


class Receipt(models.Model):
    """What anyone needs to check a settled job without trusting the market (proofs/receipt.py)."""

    job = models.OneToOneField(Job, on_delete=models.PROTECT, primary_key=True, related_name="receipt")
    bundle = models.JSONField()
    transaction_hash = HexField()
    block_number = models.PositiveBigIntegerField()
    gas_used = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"receipt of {self.job_id[:10]}"
