"""Housekeeping of the API's memory."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from marketplace.rest.models import IdempotencyRecord, RateAllowance, RequestNonce

__all__ = ["forget_old_requests"]

IDEMPOTENCY_KEPT_FOR = timedelta(days=7)


@shared_task(name="rest.forget_old_requests")
def forget_old_requests() -> None:
    """Drop nonces that no time window can accept any more, whole allowances, and answers after a week."""
    now = timezone.now()
    window = timedelta(seconds=settings.SIGNATURE_WINDOW_SECONDS)
    RequestNonce.objects.filter(seen_at__lt=now - 4 * window).delete()
    RateAllowance.objects.filter(full_at__lt=now).delete()
    IdempotencyRecord.objects.filter(answered_at__lt=now - IDEMPOTENCY_KEPT_FOR).delete()
