"""One try of one delivery: an HTTPS request to the address that was resolved and checked for it."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from marketplace.webhooks.domain import Target, resolve_target, signature_of
from marketplace.webhooks.errors import WebhookAddressRefused
from marketplace.webhooks.models import WebhookDelivery
from marketplace.webhooks.services import delivery_failed, delivery_succeeded, webhook_secret

__all__ = ["delivery_body", "delivery_send"]

TIMEOUT = httpx.Timeout(10.0, connect=5.0)


def delivery_send(*, delivery: WebhookDelivery) -> None:
    """Send and record the outcome: 2xx is delivered, all else is tried again. No redirect is followed."""
    webhook = delivery.webhook
    try:
        target = resolve_target(webhook.url, is_private_allowed=settings.WEBHOOK_ALLOW_PRIVATE)
        status = _post(target, delivery)
    except (WebhookAddressRefused, httpx.HTTPError) as error:
        delivery_failed(delivery=delivery, status=None, error=f"{type(error).__name__}: {error}")
        return
    if 200 <= status < 300:
        delivery_succeeded(delivery=delivery, status=status)
    else:
        delivery_failed(delivery=delivery, status=status, error=f"the server answered {status}")


def delivery_body(delivery: WebhookDelivery) -> dict[str, Any]:
    """What is told: the event as GET /jobs/{id}/events has it; type `test` has no event."""
    event = delivery.event
    if event is None:
        return {"type": "test", "webhook_id": str(delivery.webhook_id), "at": delivery.created_at}
    return {
        "type": "job_event",
        "job_id": event.job_id,
        "sequence": event.sequence,
        "kind": event.kind,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "attempt": event.attempt,
        "detail": event.detail,
        "at": event.at,
    }


def _post(target: Target, delivery: WebhookDelivery) -> int:
    """The status of the answer; its body is not read, whatever its size."""
    body = json.dumps(delivery_body(delivery), cls=DjangoJSONEncoder).encode()
    timestamp = int(time.time())
    signature = signature_of(
        secret=webhook_secret(delivery.webhook), message_id=str(delivery.id), timestamp=timestamp, body=body
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "hengsuan-webhooks/1",
        "Webhook-Id": str(delivery.id),
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature,
    }
    url = httpx.URL(target.url)
    headers["Host"] = url.netloc.decode()
    extensions = {"sni_hostname": target.host} if target.is_tls else {}
    with (
        httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
        client.stream(
            "POST", url.copy_with(host=target.ip), content=body, headers=headers, extensions=extensions
        ) as response,
    ):
        return response.status_code
