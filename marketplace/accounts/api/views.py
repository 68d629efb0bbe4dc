"""Parties: enrol, look up."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.api.serializers import (
    ApiKeyIssueSerializer,
    ApiKeyRotateSerializer,
    ApiKeySerializer,
    ApiKeyWithTextSerializer,
    EnrolledSerializer,
    EnrolSerializer,
    PartyFilterSerializer,
    PartySerializer,
    SigningKeySerializer,
)
from marketplace.accounts.models import ApiKey, Party, PartyKind
from marketplace.accounts.selectors import api_key_get, api_keys_of, parties_visible, party_get
from marketplace.accounts.services import (
    api_key_issue,
    api_key_revoke,
    api_key_rotate,
    party_enrol,
    party_rotate_signing_key,
)
from marketplace.rest.authentication import NewKeyAuthentication, request_party
from marketplace.rest.httpsig import RequestSignature
from marketplace.rest.permissions import IsSignedParty

__all__ = [
    "ApiKeyRotateView",
    "ApiKeyView",
    "ApiKeysView",
    "PartiesView",
    "PartyView",
    "SigningKeyView",
]


class PartiesView(ListAPIView[Party]):
    serializer_class = PartySerializer
    ordering = ("created_at", "id")

    def get_authenticators(self) -> list[BaseAuthentication]:
        is_enrolment = getattr(self.request, "method", None) == "POST"
        return [NewKeyAuthentication()] if is_enrolment else super().get_authenticators()

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


class SigningKeyView(APIView):
    authentication_classes = [NewKeyAuthentication]
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="parties_rotate_signing_key", request=SigningKeySerializer, responses=PartySerializer
    )
    def post(self, request: Request, party_id: uuid.UUID) -> Response:
        """Replace the party's request-signing key; signed by the new one, decided by the Ethereum key."""
        body = SigningKeySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        assert isinstance(request.auth, RequestSignature)  # by NewKeyAuthentication
        party = party_rotate_signing_key(
            party_id=party_id, signing_key=request.auth.key_id, **body.validated_data
        )
        return Response(PartySerializer(party).data)


class ApiKeysView(GenericAPIView[ApiKey]):
    serializer_class = ApiKeySerializer

    @extend_schema(operation_id="api_keys_list", responses=ApiKeySerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(api_keys_of(party=request_party(request))) or []
        return self.get_paginated_response(ApiKeySerializer(page, many=True).data)

    @extend_schema(
        operation_id="api_keys_issue",
        request=ApiKeyIssueSerializer,
        responses={201: ApiKeyWithTextSerializer},
    )
    def post(self, request: Request) -> Response:
        """A key for scripts that read. Its text is shown now and not again."""
        body = ApiKeyIssueSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key, text = api_key_issue(
            party=request_party(request),
            name=body.validated_data["name"],
            scopes=body.validated_data["scopes"],
            lifetime=timedelta(days=body.validated_data["valid_days"]),
        )
        return _with_text(key, text)


class ApiKeyView(APIView):
    @extend_schema(operation_id="api_keys_revoke", responses={204: None})
    def delete(self, request: Request, api_key_id: uuid.UUID) -> Response:
        """Refuse the key from now on; it stays in the list."""
        api_key_revoke(key=api_key_get(party=request_party(request), api_key_id=api_key_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApiKeyRotateView(APIView):
    @extend_schema(
        operation_id="api_keys_rotate",
        request=ApiKeyRotateSerializer,
        responses={201: ApiKeyWithTextSerializer},
    )
    def post(self, request: Request, api_key_id: uuid.UUID) -> Response:
        """A new key in place of this one, which works on for `overlap_seconds`."""
        body = ApiKeyRotateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key, text = api_key_rotate(
            key=api_key_get(party=request_party(request), api_key_id=api_key_id),
            overlap=timedelta(seconds=body.validated_data["overlap_seconds"]),
        )
        return _with_text(key, text)


def _with_text(key: ApiKey, text: str) -> Response:
    document = ApiKeyWithTextSerializer(key, context={"text": text}).data
    return Response(document, status=status.HTTP_201_CREATED)
