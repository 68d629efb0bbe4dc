"""Seats, matching traces, proofs and faults for the market's operator, to read."""

from __future__ import annotations

from django.contrib import admin

from scheduler.leases.admin import ReadOnlyAdmin
from scheduler.pipeline.models import Fault, MatchDecision, MatchRound, ProofRecord, Seat


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    list_display = ("job_id", "attempt", "seat", "node_id")
    search_fields = ("job__job_id", "node__node_id")


@admin.register(MatchRound)
class MatchRoundAdmin(ReadOnlyAdmin):
    list_display = ("id", "decided_at", "order_count", "matched_count", "solver", "solve_seconds")
    search_fields = ("input_hash",)


@admin.register(MatchDecision)
class MatchDecisionAdmin(ReadOnlyAdmin):
    list_display = ("job_id", "attempt", "is_matched", "clause", "round_id")
    list_filter = ("clause",)
    search_fields = ("job__job_id",)


@admin.register(ProofRecord)
class ProofRecordAdmin(ReadOnlyAdmin):
    list_display = (
        "job_id",
        "attempt",
        "is_verified_natively",
        "is_verified_by_reference",
        "verified_at",
        "rejection",
    )
    search_fields = ("job__job_id",)


@admin.register(Fault)
class FaultAdmin(ReadOnlyAdmin):
    list_display = ("job_id", "attempt", "role", "party", "seat", "reason", "found_at")
    list_filter = ("role", "reason")
    search_fields = ("job__job_id", "party__name")
