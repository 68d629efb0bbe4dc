"""`/blobs`: ciphertext between parties, streamed both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.rest.authentication import (
    SignedRequestAuthentication,
    SignedStreamAuthentication,
    request_party,
)
from marketplace.rest.errors import SignatureInvalid
from marketplace.rest.httpsig import HttpSignatureError, check_body_digest
from scheduler.leases import blobs
from scheduler.leases.api.serializers import BlobSerializer, DeclareBlobSerializer

__all__ = ["BlobListView", "BlobView"]

CHUNK_BYTES = 256 * 1024


class BlobListView(APIView):
    @extend_schema(
        operation_id="blob_declare", request=DeclareBlobSerializer, responses={201: BlobSerializer}
    )
    def post(self, request: Request) -> Response:
        """Declare a blob with its size and hash; then put its bytes to `upload_path`."""
        form = DeclareBlobSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        blob = blobs.blob_declare(owner=request_party(request), **form.validated_data)
        return Response(BlobSerializer(blob).data, status=201)


class BlobView(APIView):
    def get_authenticators(self) -> list[Any]:
        is_stream = getattr(self.request, "method", "") == "PUT"  # no request while the schema is made
        return [SignedStreamAuthentication() if is_stream else SignedRequestAuthentication()]

    @extend_schema(
        operation_id="blob_store",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=BlobSerializer,
    )
    def put(self, request: Request, blob_id: UUID) -> Response:
        """Store the declared bytes. Content-Digest, covered by the signature, is checked at the end."""

        def check_digest(digest: bytes) -> None:
            try:
                check_body_digest(headers=request.headers, digest=digest)
            except HttpSignatureError as error:
                raise SignatureInvalid(error.detail) from error

        blob = blobs.blob_store(
            owner=request_party(request),
            blob_id=blob_id,
            chunks=_chunks(request._request),
            check_digest=check_digest,
        )
        return Response(BlobSerializer(blob).data)

    @extend_schema(
        operation_id="blob_get", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, blob_id: UUID) -> FileResponse:
        blob, content = blobs.blob_open(party=request_party(request), blob_id=blob_id)
        response = FileResponse(content, content_type="application/octet-stream")
        response["ETag"] = f'"{blob.sha256}"'
        response["Cache-Control"] = "private, max-age=31536000, immutable"
        return response


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    while chunk := request.read(CHUNK_BYTES):
        yield chunk
