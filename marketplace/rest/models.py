"""What the API remembers of requests: nonces already seen, and answers to idempotent posts."""

from __future__ import annotations

from django.db import models

from marketplace.accounts.models import Party
from marketplace.rest.fields import HexField

__all__ = ["IdempotencyRecord", "RateAllowance", "RequestNonce"]


class RequestNonce(models.Model):
    """A nonce seen in a signed request; kept while the signature's time window can still accept it.

    `key_id` is the party's id, or the new signing key of a request that enrols.
    """

    key_id = models.CharField(max_length=66)
    nonce = models.CharField(max_length=128)
    seen_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key_id", "nonce"], name="rest_nonce_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.nonce}"


class RateAllowance(models.Model):
    """When the allowance of a party or address will be whole again; see `ratelimit.py`."""

    key = models.CharField(primary_key=True, max_length=120)
    full_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class IdempotencyRecord(models.Model):
    """One Idempotency-Key of one party: what was asked, and what was answered in the same transaction."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    fingerprint = HexField(help_text="sha256 of method, path and body")
    response_status = models.PositiveSmallIntegerField()
    response_body = models.JSONField()
    response_headers = models.JSONField(default=dict)
    answered_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "key"], name="rest_idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.key}"
