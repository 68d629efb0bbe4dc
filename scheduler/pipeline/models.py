"""What the pipeline keeps of a job beside the job itself: seats, matching traces, proofs, faults."""

import uuid

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.rest.fields import HexField
from scheduler.nodes.models import Node


class Seat(models.Model):
    """Node ``node`` holds evaluation point ``seat`` (1 … N) of the shares in one attempt of a job."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="seats")
    attempt = models.PositiveIntegerField()
    seat = models.PositiveIntegerField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="seats")

    class Meta:
        ordering = ("job", "attempt", "seat")
        constraints = (
            models.UniqueConstraint(fields=("job", "attempt", "seat"), name="seat_once_per_job_attempt"),
            models.UniqueConstraint(fields=("job", "attempt", "node"), name="seat_node_once_per_job_attempt"),
            models.CheckConstraint(condition=Q(seat__gte=1), name="seat_is_evaluation_point"),
        )

    def __str__(self) -> str:
        return f"seat {self.seat} of {self.job_id} attempt {self.attempt}"


class MatchRound(models.Model):
    """One matching of open orders with nodes; enough to decide it again. Append-only by trigger (migration
    0005)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    input_hash = HexField(unique=True, help_text="sha256 of the inputs as canonical JSON")
    inputs = models.JSONField(help_text="every order and every offer that was decided on")
    solver = models.CharField(max_length=32, help_text="greedy, or CP-SAT with its version")
    solve_seconds = models.FloatField()
    order_count = models.PositiveIntegerField()
    matched_count = models.PositiveIntegerField()
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("decided_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(matched_count__lte=models.F("order_count")), name="match_round_counts"
            ),
        )

    def __str__(self) -> str:
        return f"round {self.id}: {self.matched_count} of {self.order_count} orders"


class MatchDecision(models.Model):
    """What a round decided on one attempt of one job. Append-only by trigger (migration 0005)."""

    round = models.ForeignKey(MatchRound, on_delete=models.PROTECT, related_name="decisions")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="match_decisions")
    attempt = models.PositiveIntegerField()
    is_matched = models.BooleanField()
    clause = models.CharField(max_length=24, blank=True, help_text="the rule that left too few nodes")
    trace = models.JSONField(help_text="seats, price, what each rule took, nodes that are held")

    class Meta:
        ordering = ("round__decided_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("round", "job", "attempt"), name="match_decision_once"),
            models.CheckConstraint(
                condition=Q(is_matched=True, clause="") | (Q(is_matched=False) & ~Q(clause="")),
                name="match_decision_has_clause",
            ),
        )

    def __str__(self) -> str:
        return f"{self.job_id[:10]} attempt {self.attempt}: {self.clause or 'matched'}"


class ProofRecord(models.Model):
    """The proof of one attempt on its way: round 1 combined, then the proof, then both verifications."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="proofs")
    attempt = models.PositiveIntegerField()
    answering = models.JSONField(help_text="seats whose round 1 was combined, rising; fixed before round 2")
    combination = models.JSONField(help_text="round 1 combined: result commitment or outputs, R, S, S2, z")
    statement = models.JSONField()
    proof = models.JSONField(null=True, blank=True)
    is_verified_natively = models.BooleanField(null=True, help_text="null: not tried, or no native kernel")
    is_verified_by_reference = models.BooleanField(null=True, help_text="py_ecc; null: not tried yet")
    rejection = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("job", "attempt")
        constraints = (
            models.UniqueConstraint(fields=("job", "attempt"), name="proof_once_per_job_attempt"),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True)
                | (
                    Q(proof__isnull=False, is_verified_by_reference=True)
                    & (Q(is_verified_natively=True) | Q(is_verified_natively__isnull=True))
                ),
                name="proof_verified_means_verified",
            ),
        )

    def __str__(self) -> str:
        return f"proof of {self.job_id} attempt {self.attempt}"


class FaultRole(models.TextChoices):
    NODE = "node"
    DEALER = "dealer"


class Fault(models.Model):
    """A party named as the one that broke an attempt, with what shows it."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="faults")
    attempt = models.PositiveIntegerField()
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="faults")
    role = models.CharField(max_length=6, choices=FaultRole.choices)
    seat = models.PositiveIntegerField(default=0)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, null=True, blank=True, related_name="faults")
    reason = models.CharField(max_length=64)
    detail = models.TextField()
    evidence = models.JSONField(help_text="signed messages that show the fault to a third person")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("found_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("job", "attempt", "party", "seat"), name="fault_once_per_job_attempt_party_seat"
            ),
            models.CheckConstraint(condition=Q(role__in=FaultRole.values), name="fault_role_known"),
            models.CheckConstraint(
                condition=Q(role=FaultRole.DEALER) | Q(node__isnull=False, seat__gte=1),
                name="fault_node_has_seat",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.party_id} in {self.job_id} attempt {self.attempt}: {self.reason}"
