"""`/status`: which software answers, and what time it thinks it is."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

__all__ = ["StatusView"]

API_VERSION = 1


class StatusSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(help_text="of the market's software")
    api_version = serializers.IntegerField(help_text="the number in the address")
    time = serializers.DateTimeField()


class StatusView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="status_get", responses=StatusSerializer)
    def get(self, request: Request) -> Response:
        """For a party's own checks before it starts to work; asks neither chain nor queue."""
        status = {"version": version("hengsuan"), "api_version": API_VERSION, "time": timezone.now()}
        return Response(StatusSerializer(status).data)
