"""`/leases`: the work of nodes and connectors, by long poll."""

from __future__ import annotations

import time
from uuid import UUID

from django.db import connection
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.models import Party
from marketplace.rest.authentication import request_party
from marketplace.rest.permissions import IsSignedParty
from scheduler.leases import services
from scheduler.leases.api.serializers import (
    BeatSerializer,
    FailSerializer,
    FinishSerializer,
    HeartbeatSerializer,
    LeaseRequestSerializer,
    LeaseSerializer,
    TaskFilterSerializer,
    TaskSerializer,
    TaskStateSerializer,
)
from scheduler.leases.bell import bell
from scheduler.leases.conf import lease_max_wait_seconds
from scheduler.leases.models import Lease, Task, TaskState

__all__ = ["FailView", "FinishView", "HeartbeatView", "LeaseView", "TasksView"]


class LeaseView(APIView):
    permission_classes: tuple[type[BasePermission], ...] = (IsSignedParty,)

    @extend_schema(
        operation_id="lease_take",
        request=LeaseRequestSerializer,
        responses={200: LeaseSerializer, 204: None},
    )
    def post(self, request: Request) -> Response:
        """Lease the oldest ready task of the given kinds, waiting for one up to `wait_seconds`."""
        form = LeaseRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wait_seconds = min(form.validated_data["wait_seconds"], lease_max_wait_seconds())
        lease = _wait_for_lease(request_party(request), form.validated_data["kinds"], wait_seconds)
        return Response(status=204) if lease is None else Response(LeaseSerializer(lease).data)


def _wait_for_lease(party: Party, kinds: list[str], wait_seconds: float) -> Lease | None:
    """Between two looks the request holds neither a transaction nor a connection to the database."""
    until = time.monotonic() + wait_seconds
    while True:
        seen = bell.count(party.id) if wait_seconds else 0
        lease = services.lease_take(party=party, kinds=kinds)
        left = until - time.monotonic()
        if lease is not None or left <= 0:
            return lease
        if not connection.in_atomic_block:
            connection.close()
        bell.wait(party.id, seen, left)


class HeartbeatView(APIView):
    @extend_schema(operation_id="lease_heartbeat", request=HeartbeatSerializer, responses=BeatSerializer)
    def post(self, request: Request, lease_id: UUID) -> Response:
        """Renew the lease, tell progress, hear whether to continue, cancel or drain."""
        form = HeartbeatSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        beat = services.lease_heartbeat(
            party=request_party(request), lease_id=lease_id, **form.validated_data
        )
        return Response(BeatSerializer({"expires_at": beat.lease.expires_at, "action": beat.action}).data)


class FinishView(APIView):
    @extend_schema(operation_id="lease_finish", request=FinishSerializer, responses=TaskStateSerializer)
    def post(self, request: Request, lease_id: UUID) -> Response:
        """Hand the result in. Wrong content is refused with 422 and the task stays leased."""
        form = FinishSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        task = services.lease_finish(
            party=request_party(request),
            lease_id=lease_id,
            fencing_token=form.validated_data["fencing_token"],
            result=form.validated_data["result"],
        )
        return Response(TaskStateSerializer(task).data)


class FailView(APIView):
    @extend_schema(operation_id="lease_fail", request=FailSerializer, responses=TaskStateSerializer)
    def post(self, request: Request, lease_id: UUID) -> Response:
        """Say that the task cannot or will not be done, and why."""
        form = FailSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        task = services.lease_fail(party=request_party(request), lease_id=lease_id, **form.validated_data)
        return Response(TaskStateSerializer(task).data)


class TasksView(GenericAPIView[Task]):
    serializer_class = TaskSerializer
    ordering = ("-created_at", "id")

    @extend_schema(
        operation_id="tasks_list",
        parameters=[OpenApiParameter("state", str, enum=TaskState.values)],
        responses=TaskSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The party's own tasks, newest first; of those that failed, the code and the reason."""
        form = TaskFilterSerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        tasks = Task.objects.filter(party=request_party(request))
        if state := form.validated_data.get("state"):
            tasks = tasks.filter(state=state)
        page = self.paginate_queryset(tasks) or []
        return self.get_paginated_response(TaskSerializer(page, many=True).data)
