"""Compute nodes as the market knows them. The chain's NodeRegistry says who is registered."""

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.rest.fields import NumericIntegerField


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

    node_id = models.CharField(
        primary_key=True, max_length=66, help_text="EIP-712 digest of the registration"
    )
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="nodes")
    operator = models.CharField(max_length=42, help_text="address that is paid and whose stake is slashed")
    signer = models.CharField(max_length=42, help_text="address that signs the node's contributions")
    sealing_key = models.CharField(max_length=66, help_text="X25519 key that shares are sealed to")
    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    region = models.CharField(max_length=32)
    fee_per_job = NumericIntegerField(help_text="in the smallest unit of the settlement token")
    registration = models.JSONField(help_text="RegisterNode message and its signature")
    capabilities = models.JSONField(help_text="capacities, backend, cores, memory_bytes as declared")
    state = models.CharField(max_length=10, choices=NodeState.choices, default=NodeState.SUBMITTED)
    availability = models.CharField(max_length=8, choices=Availability.choices, default=Availability.ONLINE)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    jobs_answered = models.PositiveIntegerField(
        default=0, help_text="settled jobs with it in the answering set"
    )
    jobs_lost = models.PositiveIntegerField(default=0, help_text="attempts that its silence ended")
    jobs_faulted = models.PositiveIntegerField(
        default=0, help_text="attempts that it was shown to have broken"
    )
    compute_seconds = models.FloatField(default=0.0, help_text="sum over all answered tasks")
    compute_rows = NumericIntegerField(default=0, help_text="rows × columns of the same tasks")

    class Meta:
        ordering = ("created_at", "node_id")
        constraints = (
            models.CheckConstraint(condition=Q(node_id__regex=r"^0x[0-9a-f]{64}$"), name="node_id_hex"),
            models.CheckConstraint(
                condition=Q(sealing_key__regex=r"^0x[0-9a-f]{64}$"), name="node_sealing_key_hex"
            ),
            models.CheckConstraint(
                condition=Q(operator__regex=r"^0x[0-9a-fA-F]{40}$"), name="node_operator_address"
            ),
            models.CheckConstraint(
                condition=Q(signer__regex=r"^0x[0-9a-fA-F]{40}$"), name="node_signer_address"
            ),
            models.CheckConstraint(condition=Q(state__in=NodeState.values), name="node_state_known"),
            models.CheckConstraint(
                condition=Q(availability__in=Availability.values), name="node_availability_known"
            ),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="node_tier_known"),
            models.CheckConstraint(condition=Q(fee_per_job__gte=0), name="node_fee_not_negative"),
        )

    def __str__(self) -> str:
        return self.node_id
