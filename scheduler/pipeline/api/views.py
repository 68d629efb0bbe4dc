"""`/jobs/{id}/result-shares`: for the consumer of a sealed job."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.rest.authentication import request_party
from scheduler.pipeline import selectors

__all__ = ["ResultSharesView"]


class ResultShareSerializer(serializers.Serializer[dict[str, Any]]):
    seat = serializers.IntegerField()
    node_id = serializers.CharField()
    blob_id = serializers.UUIDField()
    sealing = serializers.CharField()


class ResultSharesView(APIView):
    @extend_schema(operation_id="job_result_shares", responses=ResultShareSerializer(many=True))
    def get(self, request: Request, job_id: str) -> Response:
        """Blobs of the answering set's result shares; all of them and the recipient's key open the result."""
        shares = selectors.result_shares(party=request_party(request), job_id=job_id)
        return Response({"items": [ResultShareSerializer(share).data for share in shares]})
