"""Organisations, their people, the parties that sign, and the one-time tokens that enrol them."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from marketplace.rest.fields import AddressField, HexField

__all__ = [
    "ApiKey",
    "EnrolmentToken",
    "Member",
    "Organisation",
    "Party",
    "PartyKind",
    "RetiredKey",
    "User",
]


class User(AbstractUser):
    """A person. People look and administer; only parties, with keys of their own, sign."""


class Organisation(models.Model):
    slug = models.SlugField(primary_key=True, max_length=50)
    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120)
    members: models.ManyToManyField[User, Member] = models.ManyToManyField(
        User, through="Member", related_name="organisations"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        MEMBER = "member"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="accounts_member_once"),
            models.CheckConstraint(condition=Q(role__in=["owner", "member"]), name="accounts_member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation_id}"


class PartyKind(models.TextChoices):
    CONNECTOR = "connector"
    NODE = "node"
    CONSUMER = "consumer"


class Party(models.Model):
    """A process with keys of its own that takes part for an organisation. The market holds no private key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="parties")
    kind = models.CharField(max_length=9, choices=PartyKind)
    name = models.CharField(max_length=80)
    eth_address = AddressField(unique=True, help_text="signs EIP-712 messages, pays and is paid")
    signing_key = HexField(unique=True, help_text="Ed25519, signs requests (RFC 9421)")
    sealing_key = HexField(unique=True, help_text="X25519, shares and results are sealed to it")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "parties"
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["connector", "node", "consumer"]), name="accounts_party_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind} of {self.organisation_id})"


class RetiredKey(models.Model):
    """A request-signing key that a party used before: it is good for nothing any more, for nobody."""

    signing_key = HexField(primary_key=True)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="retired_keys")
    retired_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-retired_at"]

    def __str__(self) -> str:
        return self.signing_key


class ApiKey(models.Model):
    """Lets scripts read what a party may read, within scopes, until it expires. Only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    key_hash = HexField(unique=True, help_text="sha256 of the key")
    scopes = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"{self.name} of {self.party_id}"


class EnrolmentToken(models.Model):
    """Lets one party of one kind enrol for an organisation, once. Only the token's hash is kept."""

    token_hash = HexField(primary_key=True, help_text="sha256 of the token")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="enrolment_tokens")
    kind = models.CharField(max_length=9, choices=PartyKind)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.OneToOneField(
        Party, null=True, blank=True, on_delete=models.PROTECT, related_name="enrolment_token"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["connector", "node", "consumer"]), name="accounts_token_kind"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
                name="accounts_token_use_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.organisation_id}, until {self.expires_at:%Y-%m-%d %H:%M}"
