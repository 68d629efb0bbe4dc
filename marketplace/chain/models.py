"""Outbox of transactions and index of events.

The outbox says what the market wants on the chain; the index says what happened there. Only the index changes
jobs, licences, datasets and nodes.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

__all__ = [
    "ChainEvent",
    "ChainTransaction",
    "Checkpoint",
    "IndexedBlock",
    "SignedTransaction",
    "SignerAccount",
]

HASH_PATTERN = r"^0x[0-9a-f]{64}$"
ADDRESS_PATTERN = r"^0x[0-9a-fA-F]{40}$"


class SignerAccount(models.Model):
    """Nonce counter of one signing key on one chain; its row is locked while a nonce is given out."""

    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    next_nonce = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "address"], name="chain_signer_unique"),
            models.CheckConstraint(condition=Q(address__regex=ADDRESS_PATTERN), name="chain_signer_address"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on {self.chain_id}"


class ChainTransaction(models.Model):
    """One wish of the market on the chain, sent at least once and effective at most once.

    `tx_hash` is the hash of the newest signed form; once mined, of the form that was mined.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED"
        SENT = "SENT"
        MINED = "MINED"
        FINAL = "FINAL"
        REVERTED = "REVERTED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sequence = models.BigIntegerField(
        unique=True, editable=False, db_default=Func(Value("chain_transaction_sequence"), function="nextval")
    )
    kind = models.CharField(max_length=40)
    dedupe_key = models.CharField(max_length=200, unique=True)
    contract = models.CharField(max_length=40)
    function = models.CharField(max_length=80)
    arguments = models.JSONField()
    job = models.ForeignKey(
        "orders.Job", null=True, blank=True, on_delete=models.PROTECT, related_name="chain_transactions"
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)

    signer = models.ForeignKey(
        SignerAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    nonce = models.PositiveBigIntegerField(null=True, blank=True)
    tx_hash = models.CharField(max_length=66, blank=True)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    send_attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_problem = models.TextField(blank=True)

    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)
    gas_used = models.PositiveBigIntegerField(null=True, blank=True)
    gas_price_wei = models.DecimalField(max_digits=78, decimal_places=0, null=True, blank=True)

    error_code = models.CharField(max_length=80, blank=True)
    error_name = models.CharField(max_length=80, blank=True)
    error_arguments = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["sequence"]
        indexes = [
            models.Index(
                fields=["state", "sequence"],
                condition=Q(state__in=["QUEUED", "SENT", "MINED"]),
                name="chain_transaction_open",
            ),
            models.Index(fields=["tx_hash"], name="chain_transaction_hash"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["signer", "nonce"],
                condition=Q(nonce__isnull=False),
                name="chain_transaction_nonce_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["QUEUED", "SENT", "MINED", "FINAL", "REVERTED"]),
                name="chain_transaction_state",
            ),
            models.CheckConstraint(
                condition=Q(nonce__isnull=True, signer__isnull=True)
                | Q(nonce__isnull=False, signer__isnull=False),
                name="chain_transaction_nonce_has_signer",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SENT", "MINED", "FINAL"])
                | (Q(nonce__isnull=False) & ~Q(tx_hash="")),
                name="chain_transaction_sent_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["MINED", "FINAL"])
                | (Q(block_number__isnull=False) & ~Q(block_hash="")),
                name="chain_transaction_mined_has_block",
            ),
            models.CheckConstraint(
                condition=~Q(state="REVERTED") | ~Q(error_code=""), name="chain_transaction_reverted_has_code"
            ),
            models.CheckConstraint(
                condition=Q(tx_hash="") | Q(tx_hash__regex=HASH_PATTERN), name="chain_transaction_hash_form"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state} ({self.contract}.{self.function})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.FINAL, self.State.REVERTED)


class SignedTransaction(models.Model):
    """One signed form of a transaction. A re-priced one has several of one nonce; only one is ever mined."""

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.PROTECT, related_name="signed_forms")
    tx_hash = models.CharField(max_length=66, unique=True)
    nonce = models.PositiveBigIntegerField()
    raw = models.BinaryField()
    gas_limit = models.PositiveBigIntegerField()
    max_fee_wei = models.DecimalField(max_digits=78, decimal_places=0)
    priority_fee_wei = models.DecimalField(max_digits=78, decimal_places=0)
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(tx_hash__regex=HASH_PATTERN), name="chain_signed_hash_form"),
            models.CheckConstraint(
                condition=Q(priority_fee_wei__lte=F("max_fee_wei")), name="chain_signed_priority_within_fee"
            ),
        ]

    def __str__(self) -> str:
        return self.tx_hash


class Checkpoint(models.Model):
    """How far one deployment has been indexed; moved only by compare-and-set."""

    name = models.CharField(max_length=80, primary_key=True)
    block_number = models.PositiveBigIntegerField()
    block_hash = models.CharField(max_length=66)
    head_number = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(block_hash__regex=HASH_PATTERN), name="chain_checkpoint_hash_form"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.block_number}"


class IndexedBlock(models.Model):
    """A block to which a reorganisation can be traced back: each one with events, and each end of a range."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveBigIntegerField()
    block_hash = models.CharField(max_length=66)
    parent_hash = models.CharField(max_length=66)
    mined_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "number"], name="chain_block_number_once"),
            models.CheckConstraint(
                condition=Q(block_hash__regex=HASH_PATTERN) & Q(parent_hash__regex=HASH_PATTERN),
                name="chain_block_hash_form",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.block_hash}"


class ChainEvent(models.Model):
    """An event of one of our contracts. A reorganised one is marked, never deleted: entries refer to it."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="events")
    block_number = models.PositiveBigIntegerField()
    block_hash = models.CharField(max_length=66)
    log_index = models.PositiveIntegerField()
    transaction_hash = models.CharField(max_length=66)
    contract = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    arguments = models.JSONField()
    mined_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    orphaned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["block_number", "log_index"]
        indexes = [
            models.Index(
                fields=["block_number", "log_index"],
                condition=Q(handled_at__isnull=True, orphaned_at__isnull=True),
                name="chain_event_unhandled",
            ),
            models.Index(fields=["transaction_hash"], name="chain_event_transaction"),
            models.Index(fields=["contract", "name"], name="chain_event_name"),
            GinIndex(fields=["arguments"], opclasses=["jsonb_path_ops"], name="chain_event_arguments"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["block_hash", "log_index"], name="chain_event_once"),
            models.CheckConstraint(
                condition=Q(block_hash__regex=HASH_PATTERN) & Q(transaction_hash__regex=HASH_PATTERN),
                name="chain_event_hash_form",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}.{self.name} in block {self.block_number}"
