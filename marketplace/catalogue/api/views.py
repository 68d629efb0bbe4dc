"""Setups, programs, datasets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.catalogue.api.serializers import (
    DatasetSerializer,
    DatasetSubmitSerializer,
    ProgramSerializer,
    SetupSerializer,
)
from marketplace.catalogue.models import Dataset, DatasetState, Program, Setup
from marketplace.catalogue.selectors import (
    dataset_get,
    datasets_listed,
    programs_offered,
    setup_get,
    setups_listed,
)
from marketplace.catalogue.services import dataset_submit
from marketplace.catalogue.setups import setup_file_path
from marketplace.rest.authentication import request_party
from marketplace.rest.idempotency import idempotent
from marketplace.rest.permissions import IsConnector

__all__ = ["DatasetView", "DatasetsView", "ProgramsView", "SetupFileView", "SetupView", "SetupsView"]


class SetupsView(ListAPIView[Setup]):
    permission_classes = [AllowAny]
    serializer_class = SetupSerializer
    ordering = ("capacity", "setup_id")

    def get_queryset(self) -> QuerySet[Setup]:
        return setups_listed()


class SetupView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="setups_get", responses=SetupSerializer)
    def get(self, request: Request, setup_id: str) -> Response:
        return Response(SetupSerializer(setup_get(setup_id=setup_id)).data)


class SetupFileView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="setups_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, setup_id: str, name: str) -> FileResponse:
        """The bytes of a file of the proving key. They never change: the setup's id is their meaning."""
        path = setup_file_path(setup_get(setup_id=setup_id), name)
        response = FileResponse(path.open("rb"), content_type="application/octet-stream")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class ProgramsView(ListAPIView[Program]):
    permission_classes = [AllowAny]
    serializer_class = ProgramSerializer
    ordering = ("created_at", "program_id")

    def get_queryset(self) -> QuerySet[Program]:
        return programs_offered()


class DatasetsView(ListAPIView[Dataset]):
    serializer_class = DatasetSerializer
    ordering = ("-submitted_at", "dataset_id")

    def get_permissions(self) -> list[BasePermission]:
        return [IsConnector() if self.request.method == "POST" else AllowAny()]

    def get_queryset(self) -> QuerySet[Dataset]:
        state = self.request.query_params.get("state")
        if state is not None and state not in DatasetState.values:
            raise serializers.ValidationError({"state": [f"must be one of {', '.join(DatasetState.values)}"]})
        return datasets_listed(state=None if state is None else DatasetState(state))

    @extend_schema(
        operation_id="datasets_list", parameters=[OpenApiParameter("state", str, enum=DatasetState.values)]
    )
    def get(self, request: Request) -> Response:
        return super().get(request)

    @extend_schema(
        operation_id="datasets_submit", request=DatasetSubmitSerializer, responses={202: DatasetSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Register a dataset: everything is checked here, then the chain is asked."""
        body = DatasetSubmitSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = body.validated_data
        dataset = dataset_submit(
            owner=request_party(request),
            registration=values["registration"],
            signature=values["signature"],
            title=values["title"],
            schema=values["schema"],
            commitments=[dict(commitment) for commitment in values["commitments"]],
        )
        return Response(
            DatasetSerializer(dataset_get(dataset_id=dataset.dataset_id)).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"{request.path}/{dataset.dataset_id}"},
        )


class DatasetView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="datasets_get", responses=DatasetSerializer)
    def get(self, request: Request, dataset_id: str) -> Response:
        return Response(DatasetSerializer(dataset_get(dataset_id=dataset_id)).data)
