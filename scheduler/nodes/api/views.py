"""`/nodes`: registration by a node's party, open lists, availability."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.rest.authentication import request_party
from marketplace.rest.idempotency import idempotent
from marketplace.rest.permissions import IsNode, IsSignedParty
from scheduler.nodes import selectors, services
from scheduler.nodes.api.serializers import AvailabilitySerializer, NodeSerializer, RegisterNodeSerializer
from scheduler.nodes.models import Availability, Node
from scheduler.nodes.records import node_records

__all__ = ["AvailabilityView", "NodeListView", "NodeView"]

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)


class NodeListView(generics.ListAPIView[Node]):
    """All nodes (open), and the registration of a new one."""

    serializer_class = NodeSerializer

    def get_queryset(self) -> QuerySet[Node]:
        return selectors.nodes_listed()

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._records = node_records(node_ids=[node.node_id for node in page or ()])
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "records": getattr(self, "_records", None)}

    def get_permissions(self) -> list[BasePermission]:
        return [IsNode()] if self.request.method == "POST" else [AllowAny()]

    @extend_schema(
        operation_id="node_register",
        request=RegisterNodeSerializer,
        responses={202: NodeSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        form = RegisterNodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        node = services.node_register(party=request_party(request), **form.validated_data)
        headers = {"Location": f"{request.path}/{node.node_id}"}
        return Response(NodeSerializer(node).data, status=202, headers=headers)


class NodeView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="node_get", responses=NodeSerializer)
    def get(self, request: Request, node_id: str) -> Response:
        return Response(NodeSerializer(selectors.node_get(node_id=node_id)).data)


class AvailabilityView(APIView):
    permission_classes = (IsSignedParty,)

    @extend_schema(
        operation_id="node_availability_set", request=AvailabilitySerializer, responses=NodeSerializer
    )
    def post(self, request: Request, node_id: str, **_: Any) -> Response:
        form = AvailabilitySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        node = services.node_availability_set(
            party=request_party(request),
            node_id=node_id,
            availability=Availability(form.validated_data["availability"]),
        )
        return Response(NodeSerializer(node).data)
