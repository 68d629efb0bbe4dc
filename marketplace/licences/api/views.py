"""Licences: hand in, look up, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.licences.api.serializers import (
    LicenceSerializer,
    LicenceSubmitSerializer,
    RevokeSerializer,
)
from marketplace.licences.models import Licence
from marketplace.licences.selectors import licence_get, licence_odrl, licences_of, quantities_of
from marketplace.licences.services import licence_revoke, licence_submit
from marketplace.rest.authentication import request_party
from marketplace.rest.idempotency import idempotent
from marketplace.rest.permissions import IsConnector, IsSignedParty

__all__ = ["LicenceOdrlView", "LicenceRevokeView", "LicenceView", "LicencesView"]


class LicencesView(GenericAPIView[Licence]):
    serializer_class = LicenceSerializer
    ordering = ("-signed_at", "licence_id")

    def get_permissions(self) -> list[BasePermission]:
        return [IsConnector() if self.request.method == "POST" else IsSignedParty()]

    def get_queryset(self) -> QuerySet[Licence]:
        return licences_of(party=request_party(self.request))

    @extend_schema(operation_id="licences_list", responses=LicenceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Licences that the party gave or holds, newest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(_documents(page))

    @extend_schema(
        operation_id="licences_submit", request=LicenceSubmitSerializer, responses={202: LicenceSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Hand in a signed grant with its terms; the chain is asked to grant it."""
        body = LicenceSubmitSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        licence = licence_submit(provider=request_party(request), **body.validated_data)
        return Response(
            _document(licence),
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"{request.path}/{licence.licence_id}"},
        )


class LicenceView(APIView):
    @extend_schema(operation_id="licences_get", responses=LicenceSerializer)
    def get(self, request: Request, licence_id: str) -> Response:
        return Response(_document(licence_get(party=request_party(request), licence_id=licence_id)))


class LicenceOdrlView(APIView):
    @extend_schema(operation_id="licences_odrl", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, licence_id: str) -> Response:
        """The licence as an ODRL 2.2 Agreement (docs/odrl.md)."""
        licence = licence_get(party=request_party(request), licence_id=licence_id)
        return Response(licence_odrl(licence=licence))


class LicenceRevokeView(APIView):
    permission_classes = [IsConnector]

    @extend_schema(
        operation_id="licences_revoke", request=RevokeSerializer, responses={202: LicenceSerializer}
    )
    def post(self, request: Request, licence_id: str) -> Response:
        """Hand in a signed revocation. The licence is REVOKED once the chain has said so."""
        body = RevokeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        licence = licence_revoke(
            provider=request_party(request), licence_id=licence_id, **body.validated_data
        )
        return Response(_document(licence), status=status.HTTP_202_ACCEPTED)


def _document(licence: Licence) -> dict[str, Any]:
    return _documents([licence])[0]


def _documents(licences: Sequence[Licence]) -> list[dict[str, Any]]:
    """With the ledger's sums of all of them by one query."""
    quantities = quantities_of(licence_ids=[licence.licence_id for licence in licences])
    context = {"quantities": quantities}
    return [dict(LicenceSerializer(licence, context=context).data) for licence in licences]
