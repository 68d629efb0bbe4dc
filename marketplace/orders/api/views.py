"""Orders and jobs."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.licences.wording import title_of
from marketplace.orders.api.serializers import (
    AssessmentSerializer,
    CancelSerializer,
    JobEventSerializer,
    JobSerializer,
    OrderSerializer,
)
from marketplace.orders.errors import OrderRefused
from marketplace.orders.models import Job, JobEvent
from marketplace.orders.selectors import job_events, job_get, jobs_of, receipt_get
from marketplace.orders.services import job_cancel, order_explain, order_place
from marketplace.orders.statements import usage_statement
from marketplace.rest.authentication import request_party
from marketplace.rest.idempotency import idempotent
from marketplace.rest.permissions import IsConnector, IsConsumer
from marketplace.rest.problems import problem_of

__all__ = [
    "ExplainView",
    "JobCancelView",
    "JobEventsView",
    "JobReceiptView",
    "JobView",
    "JobsView",
    "OrdersView",
    "UsageStatementView",
]


class OrdersView(APIView):
    permission_classes = [IsConsumer]

    @extend_schema(operation_id="orders_place", request=OrderSerializer, responses={202: JobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Place a signed order. Admission follows: read the job or its events."""
        body = OrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        consumer = request_party(request)
        placed = order_place(consumer=consumer, **body.validated_data)
        job = job_get(party=consumer, job_id=placed.job_id)
        return Response(
            JobSerializer(job).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"{request.path.removesuffix('orders')}jobs/{job.job_id}"},
        )


class ExplainView(APIView):
    permission_classes = [IsConsumer]

    @extend_schema(operation_id="orders_explain", request=OrderSerializer, responses=AssessmentSerializer)
    def post(self, request: Request) -> Response:
        """Would this order be admitted now, clause by clause, and what would it use. Nothing is placed."""
        body = OrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        found = order_explain(consumer=request_party(request), **body.validated_data)
        refusals = [
            {**refusal.to_json(), "title": title_of(refusal.clause).to_json()} for refusal in found.refusals
        ]
        answer = {
            "is_admissible": found.is_admissible,
            "refusals": refusals,
            "estimate": {"price": found.price, "cells": found.cells, "outputs": found.outputs},
            "problem": problem_of(OrderRefused.of(refusals)) if refusals else None,
        }
        return Response(AssessmentSerializer(answer).data)


class UsageStatementView(APIView):
    permission_classes = [IsConnector]

    @extend_schema(operation_id="usage_statement", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Every use of the provider's licences so far, signed by the market's key (docs/api.md)."""
        return Response(usage_statement(provider=request_party(request)))


class JobsView(ListAPIView[Job]):
    serializer_class = JobSerializer
    ordering = ("-placed_at", "job_id")

    def get_queryset(self) -> QuerySet[Job]:
        return jobs_of(party=request_party(self.request))


class JobView(APIView):
    @extend_schema(operation_id="jobs_get", responses=JobSerializer)
    def get(self, request: Request, job_id: str) -> Response:
        return Response(JobSerializer(job_get(party=request_party(request), job_id=job_id)).data)


class JobEventsView(ListAPIView[JobEvent]):
    serializer_class = JobEventSerializer
    ordering = ("sequence",)

    def get_queryset(self) -> QuerySet[JobEvent]:
        after = self.request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 9:
            raise serializers.ValidationError({"after": ["must be a sequence number"]})
        job = job_get(party=request_party(self.request), job_id=self.kwargs["job_id"])
        return job_events(job=job, after=int(after))

    @extend_schema(operation_id="jobs_events", parameters=[OpenApiParameter("after", int)])
    def get(self, request: Request, job_id: str) -> Response:
        return super().get(request)


class JobCancelView(APIView):
    permission_classes = [IsConsumer]

    @extend_schema(operation_id="jobs_cancel", request=CancelSerializer, responses={202: JobSerializer})
    def post(self, request: Request, job_id: str) -> Response:
        """Cancel before shares are dealt. An opened job is CANCELLED once the chain has said so."""
        body = CancelSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        consumer = request_party(request)
        job = job_cancel(consumer=consumer, job=job_get(party=consumer, job_id=job_id), **body.validated_data)
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class JobReceiptView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="jobs_receipt", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, job_id: str) -> Response:
        """The receipt bundle: all that is needed to check the job without trusting the market."""
        return Response(receipt_get(job_id=job_id).bundle)
