"""`/jobs/{id}/result-shares` for the consumer of a sealed job, `/jobs/{id}/matching` for all who are party to
it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.rest.authentication import request_party
from scheduler.pipeline import selectors
from scheduler.pipeline.models import MatchDecision

__all__ = ["JobMatchingView", "ResultSharesView"]


class ResultShareSerializer(serializers.Serializer[dict[str, Any]]):
    seat = serializers.IntegerField()
    node_id = serializers.CharField()
    blob_id = serializers.UUIDField()
    sealing = serializers.CharField()


class ResultSharesView(APIView):
    @extend_schema(operation_id="job_result_shares", responses=ResultShareSerializer(many=True))
    def get(self, request: Request, job_id: str) -> Response:
        """Blobs of the answering set's result shares; all of them and the recipient's key open the result."""
        shares = selectors.result_shares(party=request_party(request), job_id=job_id)
        return Response({"items": [ResultShareSerializer(share).data for share in shares]})


class FunnelStepSerializer(serializers.Serializer[dict[str, Any]]):
    rule = serializers.CharField(help_text="scheduler/matching/rules.py")
    removed = serializers.IntegerField(help_text="nodes that broke this rule and none before it")
    operators_left = serializers.IntegerField(help_text="independent operators with nodes left after it")


class MatchTraceSerializer(serializers.Serializer[dict[str, Any]]):
    seats = serializers.ListField(child=serializers.CharField(), help_text="node ids of seat 1 to N")
    price = serializers.CharField(help_text="of the offer, accepted or declined; 0 without one")
    detail = serializers.CharField()
    is_risk_met = serializers.BooleanField(help_text="whether the spares cover the risk of lost nodes")
    held = serializers.ListField(child=serializers.CharField(), help_text="nodes kept free for this job")
    funnel = FunnelStepSerializer(many=True)


class MatchDecisionSerializer(serializers.ModelSerializer[MatchDecision]):
    input_hash = serializers.CharField(source="round.input_hash")
    solver = serializers.CharField(source="round.solver")
    decided_at = serializers.DateTimeField(source="round.decided_at")
    trace = MatchTraceSerializer()

    class Meta:
        model = MatchDecision
        fields = (
            "round_id",
            "input_hash",
            "solver",
            "decided_at",
            "attempt",
            "is_matched",
            "clause",
            "trace",
        )


class JobMatchingView(ListAPIView[MatchDecision]):
    """What each matching round decided on the job, newest first: its nodes, or the rule that left too few."""

    serializer_class = MatchDecisionSerializer
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[MatchDecision]:
        return selectors.matching_of(party=request_party(self.request), job_id=self.kwargs["job_id"])

    @extend_schema(operation_id="job_matching")
    def get(self, request: Request, job_id: str) -> Response:
        return super().get(request)
