"""`/earnings`: what an address was paid, job by job, from the chain's own JobSettled events."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from eth_utils.address import is_checksum_address
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.chain.models import ChainEvent, IndexedBlock

__all__ = ["EarningsView"]


class EarningSerializer(serializers.ModelSerializer[ChainEvent]):
    """One settled job; `amount` sums its payments to this address, in the token's smallest unit."""

    job_id = serializers.CharField(source="arguments.jobId")
    amount = serializers.SerializerMethodField()
    is_final = serializers.SerializerMethodField(help_text="deep enough that no reorganisation undoes it")

    class Meta:
        model = ChainEvent
        fields = ["job_id", "amount", "transaction_hash", "block_number", "mined_at", "is_final"]

    def get_amount(self, event: ChainEvent) -> str:
        payments: list[dict[str, Any]] = event.arguments["payments"]
        return str(sum(int(one["amount"]) for one in payments if one["payee"] == self.context["address"]))

    def get_is_final(self, event: ChainEvent) -> bool:
        return event.block_number <= int(self.context["final_block"])


class EarningsView(GenericAPIView[ChainEvent]):
    serializer_class = EarningSerializer
    ordering = ("-block_number", "-log_index")

    def get_queryset(self) -> QuerySet[ChainEvent]:
        return ChainEvent.objects.filter(contract="Market", name="JobSettled", orphaned_at__isnull=True)

    @extend_schema(operation_id="earnings_list", responses=EarningSerializer(many=True))
    def get(self, request: Request, address: str) -> Response:
        """Payments to an address, newest first; they are public on the chain."""
        if not is_checksum_address(address):
            raise Http404(f"{address} is not an address with its EIP-55 checksum")
        paid = self.get_queryset().filter(arguments__contains={"payments": [{"payee": address}]})
        head = IndexedBlock.objects.aggregate(head=Max("number"))["head"] or 0
        context = {"address": address, "final_block": head - settings.CHAIN_FINALITY_DEPTH}
        page = self.paginate_queryset(paid) or []
        return self.get_paginated_response(EarningSerializer(page, many=True, context=context).data)
