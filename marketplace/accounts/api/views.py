"""Parties: enrol, look up."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.api.serializers import (
    EnrolledSerializer,
    EnrolSerializer,
    PartyFilterSerializer,
    PartySerializer,
)
from marketplace.accounts.models import Party, PartyKind
from marketplace.accounts.selectors import parties_visible, party_get
from marketplace.accounts.services import party_enrol
from marketplace.rest.authentication import NewKeyAuthentication, SignedRequestAuthentication
from marketplace.rest.httpsig import RequestSignature
from marketplace.rest.permissions import IsSignedParty

__all__ = ["PartiesView", "PartyView"]


class PartiesView(ListAPIView[Party]):
    serializer_class = PartySerializer
    ordering = ("created_at", "id")

    def get_authenticators(self) -> list[BaseAuthentication]:
        is_enrolment = getattr(self.request, "method", None) == "POST"
        return [NewKeyAuthentication() if is_enrolment else SignedRequestAuthentication()]

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "POST" else IsSignedParty()]

    def get_queryset(self) -> QuerySet[Party]:
        query = PartyFilterSerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return parties_visible(
            organisation=query.validated_data.get("organisation"), kind=query.validated_data.get("kind")
        )

    @extend_schema(
        operation_id="parties_list",
        parameters=[
            OpenApiParameter("organisation", str),
            OpenApiParameter("kind", str, enum=PartyKind.values),
        ],
    )
    def get(self, request: Request) -> Response:
        return super().get(request)

    @extend_schema(
        operation_id="parties_enrol",
        request=EnrolSerializer,
        responses={200: EnrolledSerializer, 201: EnrolledSerializer},
    )
    def post(self, request: Request) -> Response:
        """Redeem a one-time token; the request is signed by the new signing key."""
        body = EnrolSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        assert isinstance(request.auth, RequestSignature)  # by NewKeyAuthentication
        party, is_new = party_enrol(**body.validated_data, proven_key=request.auth.key_id)
        answer = {
            "party_id": party.id,
            "organisation": party.organisation_id,
            "heartbeat_seconds": settings.HEARTBEAT_SECONDS,
            "lease_wait_seconds": settings.LEASE_WAIT_SECONDS,
            "lease_seconds": settings.LEASE_SECONDS,
        }
        return Response(
            EnrolledSerializer(answer).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )


class PartyView(APIView):
    @extend_schema(operation_id="parties_get", responses=PartySerializer)
    def get(self, request: Request, party_id: uuid.UUID) -> Response:
        return Response(PartySerializer(party_get(party_id=party_id)).data)
