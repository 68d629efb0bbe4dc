"""Compute nodes as the market knows them. The chain's NodeRegistry says who is registered."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.chain.binding import BoundContractField
from marketplace.orders.models import Job
from marketplace.rest.fields import AddressField, HexField, NumericIntegerField


class NodeState(models.TextChoices):
    SUBMITTED = "SUBMITTED"
    REGISTERED = "REGISTERED"


class Availability(models.TextChoices):
    ONLINE = "ONLINE"
    DRAINING = "DRAINING"
    OFFLINE = "OFFLINE"


class Tier(models.IntegerChoices):
    CLOUD = 0
    NETWORK = 1
    EDGE = 2


class Node(models.Model):
    """A node's registration (signed by its operator), what it can do, and how it has done so far."""

    node_id = HexField(primary_key=True, help_text="EIP-712 digest of the registration")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="nodes")
    operator = AddressField(help_text="address that is paid and whose stake is slashed")
    signer = AddressField(help_text="address that signs the node's contributions")
    sealing_key = HexField(help_text="X25519 key that shares are sealed to")
    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    region = models.CharField(max_length=32)
    fee_per_job = NumericIntegerField(help_text="in the smallest unit of the settlement token")
    registration = models.JSONField(help_text="RegisterNode message and its signature")
    capabilities = models.JSONField(help_text="capacities, backend, sizes and seats as declared")
    is_active = models.BooleanField(default=True, help_text="its operator lets it take jobs, on the chain")
    version = models.PositiveIntegerField(default=0, help_text="updates that its operator signed")
    state = models.CharField(max_length=10, choices=NodeState.choices, default=NodeState.SUBMITTED)
    availability = models.CharField(max_length=8, choices=Availability.choices, default=Availability.ONLINE)
    chain_contract = BoundContractField("NodeRegistry")
    created_at = models.DateTimeField(auto_now_add=True)
    compute_seconds = models.FloatField(default=0.0, help_text="sum over all answered tasks")
    compute_cells = NumericIntegerField(default=0, help_text="rows × columns of the same tasks")

    class Meta:
        ordering = ("created_at", "node_id")
        constraints = (
            models.CheckConstraint(condition=Q(state__in=NodeState.values), name="node_state_known"),
            models.CheckConstraint(
                condition=Q(availability__in=Availability.values), name="node_availability_known"
            ),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="node_tier_known"),
        )

    def __str__(self) -> str:
        return self.node_id

    @property
    def last_seen_at(self) -> datetime | None:
        """When its party last sent a request."""
        return self.party.last_seen_at


class NodeOutcome(models.Model):
    """How a node did in one attempt of one job. Append-only by trigger (migration 0005)."""

    class Kind(models.TextChoices):
        FINISHED = "finished", "settled with it in the answering set"
        LATE = "late", "the same, after a lease of its had lapsed"
        FAILED = "failed", "its silence or refusal cost the seat"
        FAULTED = "faulted", "it was shown to have broken the attempt"

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="outcomes")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="node_outcomes")
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("node", "kind"), name="node_outcome_kind"),)
        constraints = (
            models.UniqueConstraint(fields=("node", "job", "attempt", "kind"), name="node_outcome_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["finished", "late", "failed", "faulted"]), name="node_outcome_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.node_id[:10]} {self.kind} in {self.job_id[:10]}"


class Collateral(models.TextChoices):
    """What can be taken: a node's stake for cheating, an account's bond for missed answers and deals."""

    STAKE = "stake"
    BOND = "bond"


class Movement(models.TextChoices):
    DEPOSITED = "deposited"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    TAKEN = "taken"


class CollateralEntry(models.Model):
    """One movement of stake or bond as the chain reported it. Append-only by trigger (migration 0003)."""

    collateral = models.CharField(max_length=5, choices=Collateral.choices)
    holder = models.CharField(max_length=66, help_text="node id (stake) or address (bond)")
    movement = models.CharField(max_length=9, choices=Movement.choices)
    amount = NumericIntegerField(help_text="in the smallest unit of the settlement token")
    job_id = HexField(null=True, blank=True, help_text="of what was taken")
    evidence_hash = HexField(null=True, blank=True, help_text="of what was taken")
    event = models.OneToOneField(
        "chain.ChainEvent", on_delete=models.PROTECT, related_name="collateral_entry"
    )
    recorded_at = models.DateTimeField(help_text="time of the event's block")

    class Meta:
        verbose_name_plural = "collateral entries"
        ordering = ("id",)
        indexes = (models.Index(fields=("collateral", "holder"), name="collateral_holder"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(collateral__in=Collateral.values), name="collateral_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(movement="taken", job_id__isnull=False, evidence_hash__isnull=False)
                | Q(
                    movement__in=["deposited", "released", "withdrawn"],
                    job_id__isnull=True,
                    evidence_hash__isnull=True,
                ),
                name="collateral_movement",
            ),
        )

    def __str__(self) -> str:
        return f"{self.collateral} {self.movement} {self.amount} of {self.holder[:10]}"


class Conviction(models.Model):
    """What the contract Evidence decided about a node or an account. Append-only as CollateralEntry."""

    class Ground(models.TextChoices):
        STATEMENT = "statement", "a signed answer that the chain found false"
        DEAL = "deal", "a signed deal that the chain found false"
        SILENCE = "silence", "an answer that was demanded and never shown"

    accused = models.CharField(max_length=66, help_text="node id or address")
    ground = models.CharField(max_length=9, choices=Ground.choices)
    job_id = HexField(db_index=True)
    evidence_hash = HexField(help_text="of the evidence, or the id of the demand")
    amount = NumericIntegerField(help_text="taken, in the smallest unit of the settlement token")
    compensation = NumericIntegerField(null=True, blank=True, help_text="of it, to the harmed parties")
    event = models.OneToOneField("chain.ChainEvent", on_delete=models.PROTECT, related_name="conviction")
    recorded_at = models.DateTimeField(help_text="time of the event's block")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("accused",), name="conviction_accused"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(ground__in=["statement", "deal", "silence"]), name="conviction_ground_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.accused[:10]} convicted in {self.job_id[:10]}"
