"""Compute nodes as the market knows them. The chain's NodeRegistry says who is registered."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
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
    capabilities = models.JSONField(help_text="capacities, backend, cores, memory_bytes as declared")
    state = models.CharField(max_length=10, choices=NodeState.choices, default=NodeState.SUBMITTED)
    availability = models.CharField(max_length=8, choices=Availability.choices, default=Availability.ONLINE)
    created_at = models.DateTimeField(auto_now_add=True)
    jobs_answered = models.PositiveIntegerField(
        default=0, help_text="settled jobs with it in the answering set"
    )
    jobs_lost = models.PositiveIntegerField(default=0, help_text="attempts that its silence ended")
    jobs_faulted = models.PositiveIntegerField(
        default=0, help_text="attempts that it was shown to have broken"
    )
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
