"""`/chain`, `/deposits`, `/balances`, `/transactions`."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from eth_utils.address import is_checksum_address
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.chain import selectors, services
from marketplace.chain.api.serializers import (
    BalanceSerializer,
    ChainSerializer,
    DepositSerializer,
    TransactionSerializer,
)
from marketplace.rest.authentication import request_party
from marketplace.rest.idempotency import idempotent
from marketplace.signing.eip712 import DOMAIN_NAME, DOMAIN_VERSION

__all__ = ["BalanceView", "ChainView", "DepositView", "TransactionView"]

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)


class ChainView(APIView):
    """What a party needs to sign for this market and to look at its chain."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="chain_get", responses=ChainSerializer)
    def get(self, request: Request) -> Response:
        document = {
            "chain_id": settings.CHAIN_ID,
            "contracts": selectors.deployment_addresses(),
            "finality_depth": settings.CHAIN_FINALITY_DEPTH,
            "eip712": {"name": DOMAIN_NAME, "version": DOMAIN_VERSION},
        }
        if rpc_url := selectors.public_rpc_url():
            document["rpc_url"] = rpc_url
        return Response(document)


class DepositView(APIView):
    @extend_schema(
        operation_id="deposit_make",
        request=DepositSerializer,
        responses={202: TransactionSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        form = DepositSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wish = services.deposit_make(party=request_party(request), **form.validated_data)
        return Response(TransactionSerializer(wish).data, status=202)


class BalanceView(APIView):
    @extend_schema(operation_id="balance_get", responses=BalanceSerializer)
    def get(self, request: Request, address: str) -> Response:
        if not is_checksum_address(address):
            raise Http404(f"{address} is not an address with its EIP-55 checksum")
        return Response(selectors.balances(address=address))


class TransactionView(APIView):
    """What became of a deposit or another transaction that the market sends."""

    @extend_schema(operation_id="transaction_get", responses=TransactionSerializer)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        return Response(TransactionSerializer(selectors.transaction_get(transaction_id=transaction_id)).data)
