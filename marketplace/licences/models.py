"""Licences as their providers signed them, and the append-only ledger of what was used of them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.catalogue.models import Dataset
from marketplace.chain.binding import BoundContractField
from marketplace.licences.negotiation import Act, AgreementState, Side
from marketplace.rest.fields import AddressField, HexField, NumericIntegerField

__all__ = [
    "Agreement",
    "AgreementStep",
    "EntryKind",
    "Licence",
    "LicenceState",
    "QuantityEntry",
    "RevocationEffect",
]


class LicenceState(models.TextChoices):
    SIGNED = "SIGNED"
    GRANTED = "GRANTED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


class RevocationEffect(models.TextChoices):
    """What becomes of jobs that are open under a revoked licence (ILicenceLedger.Effect)."""

    FINISH = "finish"
    ABORT = "abort"


class Licence(models.Model):
    """A right of use. What is left of it is read from the ledger, never stored here.

    `consumer` is whom the provider granted it to; `holder` is who may use it now, after transfers.
    """

    licence_id = HexField(primary_key=True, help_text="EIP-712 digest of the grant")
    provider = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="licences_provided")
    consumer = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="licences_held")
    holder = AddressField(
        db_index=True, help_text="who may use it: its consumer, or whom it was handed on to"
    )
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="licences")
    terms = models.JSONField()
    terms_hash = HexField()
    program_ids: ArrayField[list[str], list[str]] = ArrayField(HexField())
    columns = NumericIntegerField(help_text="bitmap of the dataset's columns; bit 0 is `ones`")
    runs_granted = NumericIntegerField()
    cells_granted = NumericIntegerField()
    outputs_granted = NumericIntegerField()
    price_per_run = NumericIntegerField(help_text="in the settlement token's smallest unit")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    grant = models.JSONField(help_text="the EIP-712 message as signed")
    signature = HexField(byte_length=65)
    state = models.CharField(max_length=8, choices=LicenceState, default=LicenceState.SIGNED)
    rejection = models.TextField(blank=True)
    revocation_epoch = models.PositiveIntegerField(default=0, help_text="how often it was revoked")
    revocation_effect = models.CharField(max_length=6, choices=RevocationEffect, blank=True)
    signed_at = models.DateTimeField(auto_now_add=True)
    granted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    chain_contract = BoundContractField("LicenceLedger")

    class Meta:
        ordering = ["-signed_at", "licence_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["SIGNED", "GRANTED", "REVOKED", "EXPIRED", "REJECTED"]),
                name="licences_licence_state",
            ),
            models.CheckConstraint(
                condition=Q(not_before__lt=F("not_after")), name="licences_licence_validity"
            ),
            models.CheckConstraint(
                condition=~Q(state="GRANTED") | Q(granted_at__isnull=False),
                name="licences_licence_granted_at",
            ),
            models.CheckConstraint(
                condition=Q(state="REVOKED", revoked_at__isnull=False)
                | (~Q(state="REVOKED") & Q(revoked_at__isnull=True)),
                name="licences_licence_revoked_at",
            ),
            models.CheckConstraint(
                condition=Q(revocation_epoch=0, revocation_effect="")
                | Q(revocation_epoch__gt=0, revocation_effect__in=["finish", "abort"]),
                name="licences_licence_revocation_epoch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id[:10]} ({self.state})"


class EntryKind(models.TextChoices):
    GRANTED = "granted"
    TOPPED_UP = "topped_up"
    RESERVED = "reserved"
    CONSUMED = "consumed"
    RELEASED = "released"


class QuantityEntry(models.Model):
    """One movement of quantity as the chain reported it.

    Triggers (migrations 0002 and 0004) keep granted = remaining + reserved + consumed with no term below
    zero, allow a job to consume or release only what it reserved, and refuse every change. An entry may be
    removed only after its chain event was orphaned by a reorganisation.
    """

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="entries")
    job_id = HexField(null=True, blank=True, db_index=True)
    kind = models.CharField(max_length=9, choices=EntryKind)
    runs = NumericIntegerField()
    cells = NumericIntegerField()
    outputs = NumericIntegerField()
    event = models.ForeignKey("chain.ChainEvent", on_delete=models.PROTECT, related_name="quantity_entries")
    recorded_at = models.DateTimeField(default=timezone.now, help_text="time of the event's block")

    class Meta:
        verbose_name_plural = "quantity entries"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "job_id", "kind"],
                condition=~Q(kind="topped_up"),
                nulls_distinct=False,
                name="licences_entry_once",
            ),
            models.UniqueConstraint(
                fields=["event"], condition=Q(kind="topped_up"), name="licences_entry_topped_up_once"
            ),
            models.UniqueConstraint(
                fields=["licence", "job_id"],
                condition=Q(kind__in=["consumed", "released"]),
                name="licences_entry_consumed_or_released",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["granted", "topped_up"], job_id__isnull=True)
                | Q(kind__in=["reserved", "consumed", "released"], job_id__isnull=False),
                name="licences_entry_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.runs} runs of {self.licence_id[:10]}"


AGREEMENT_STATES = [(state.value, state.value) for state in AgreementState]


class Agreement(models.Model):
    """What two parties negotiate and agreed on. It changes only by appending a step (licences.agreements)."""

    agreement_id = HexField(primary_key=True, help_text="hash of its first step")
    provider = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="agreements_provided")
    consumer = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="agreements_held")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="agreements")
    licence = models.ForeignKey(
        Licence,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agreements",
        help_text="the one in force; an amendment puts another in its place",
    )
    state = models.CharField(max_length=9, choices=AGREEMENT_STATES)
    head = HexField(help_text="hash of the last step")
    length = models.PositiveIntegerField(help_text="how many steps there are")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "agreement_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=list(AgreementState)), name="licences_agreement_state"
            ),
            models.CheckConstraint(
                condition=Q(licence__isnull=True, state__in=["OFFERED", "COUNTERED", "DECLINED"])
                | Q(
                    licence__isnull=False,
                    state__in=["AGREED", "AMENDING", "SUSPENDED", "EXHAUSTED", "REVOKED"],
                ),
                name="licences_agreement_has_licence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id[:10]} ({self.state})"


class AgreementStep(models.Model):
    """One step, append-only by trigger (migration 0006). The steps' hashes are a chain."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=9, choices=[(act, act) for act in Act])
    by = models.CharField(max_length=8, choices=[(side, side) for side in Side])
    to_state = models.CharField(max_length=9, choices=AGREEMENT_STATES)
    content = models.JSONField(help_text="grant and terms; of the ledger's steps: the quantities")
    step = models.JSONField(null=True, blank=True, help_text="LicenceStep as signed; null: the ledger's")
    signature = HexField(byte_length=65, null=True, blank=True)
    step_hash = HexField(unique=True)
    grant_signature = HexField(byte_length=65, null=True, blank=True, help_text="of the provider")
    revocation = models.JSONField(
        null=True, blank=True, help_text="of the licence that an amendment replaces"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["agreement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="licences_step_number_once"),
            models.CheckConstraint(
                condition=Q(by="ledger", step__isnull=True, signature__isnull=True)
                | Q(by__in=["provider", "consumer"], step__isnull=False, signature__isnull=False),
                name="licences_step_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.act}"
