"""Agreements: offer, negotiate, amend, suspend, revoke. Both sides use the same calls."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.licences.agreements import agreement_offer, agreement_step
from marketplace.licences.api.serializers import AgreementSerializer, StepSerializer
from marketplace.licences.models import Agreement
from marketplace.licences.selectors import agreement_get, agreements_of
from marketplace.rest.authentication import request_party
from marketplace.rest.permissions import IsSignedParty

__all__ = ["AgreementStepsView", "AgreementView", "AgreementsView"]


class AgreementsView(ListAPIView[Agreement]):
    serializer_class = AgreementSerializer
    permission_classes = [IsSignedParty]
    ordering = ("-created_at", "agreement_id")

    def get_queryset(self) -> QuerySet[Agreement]:
        return agreements_of(party=request_party(self.request))

    @extend_schema(operation_id="agreements_list", responses=AgreementSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Agreements of the party, newest first."""
        return super().get(request)

    @extend_schema(
        operation_id="agreements_offer", request=StepSerializer, responses={201: AgreementSerializer}
    )
    def post(self, request: Request) -> Response:
        """The first step. The same step again changes nothing: the agreement's id is its hash."""
        body = StepSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        given.pop("revocation")
        given["content"] = given["content"] or {}
        agreement = agreement_offer(party=request_party(request), **given)
        return Response(
            AgreementSerializer(agreement).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": f"{request.path}/{agreement.agreement_id}"},
        )


class AgreementView(APIView):
    permission_classes = [IsSignedParty]

    @extend_schema(operation_id="agreements_get", responses=AgreementSerializer)
    def get(self, request: Request, agreement_id: str) -> Response:
        """With every step, so that its reader can check the hash chain and the signatures."""
        agreement = agreement_get(party=request_party(request), agreement_id=agreement_id)
        return Response(AgreementSerializer(agreement).data)


class AgreementStepsView(APIView):
    permission_classes = [IsSignedParty]

    @extend_schema(
        operation_id="agreements_step", request=StepSerializer, responses={200: AgreementSerializer}
    )
    def post(self, request: Request, agreement_id: str) -> Response:
        """A further step. The same step again changes nothing."""
        body = StepSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        party = request_party(request)
        agreement_step(party=party, agreement_id=agreement_id, **body.validated_data)
        return Response(AgreementSerializer(agreement_get(party=party, agreement_id=agreement_id)).data)
