"""Writes of organisations, enrolment tokens and parties."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.accounts.domain import (
    check_enrolment_signature,
    check_eth_address,
    check_rotation_signature,
    check_sealing_key,
    check_signing_key,
    secret_hash,
)
from marketplace.accounts.errors import (
    ApiKeysTooMany,
    ApiKeyUnknown,
    EnrolmentTokenExpired,
    EnrolmentTokenInvalid,
    EnrolmentTokenUsed,
    KeyInvalid,
    PartyExists,
    PartyUnknown,
    ScopeUnknown,
)
from marketplace.accounts.models import (
    ApiKey,
    EnrolmentToken,
    Organisation,
    Party,
    PartyKind,
    RetiredKey,
)

__all__ = [
    "api_key_issue",
    "api_key_revoke",
    "api_key_rotate",
    "enrolment_token_hash",
    "enrolment_token_issue",
    "party_deactivate",
    "party_enrol",
    "party_rotate_signing_key",
]

logger = structlog.get_logger(__name__)

TOKEN_LIFETIME = timedelta(days=7)
MAX_API_KEYS = 20
SCOPES = (
    "balances",
    "datasets",
    "earnings",
    "jobs",
    "licences",
    "nodes",
    "parties",
    "tasks",
    "transactions",
)
"""What an API key may read: the first word of an address under /api/v1/."""


def enrolment_token_issue(
    *, organisation: Organisation, kind: PartyKind, lifetime: timedelta = TOKEN_LIFETIME
) -> str:
    """A token that enrols one party of this kind. It is shown once: the market keeps only its hash."""
    token = f"hst_{secrets.token_urlsafe(32)}"
    EnrolmentToken.objects.create(
        token_hash=enrolment_token_hash(token),
        organisation=organisation,
        kind=kind,
        expires_at=timezone.now() + lifetime,
    )
    logger.info("enrolment_token_issued", organisation=organisation.slug, kind=str(kind))
    return token


def party_enrol(
    *,
    token: str,
    kind: str,
    name: str,
    eth_address: str,
    signing_key: str,
    sealing_key: str,
    eth_signature: str,
    proven_key: str,
) -> tuple[Party, bool]:
    """Redeem a token: the party, and whether it is new. `proven_key` signed the request (Ed25519).

    A party that lost the answer may ask again with the same token and keys and gets itself.
    Raises KeyInvalid, EthSignatureInvalid, EnrolmentTokenInvalid / Expired / Used, PartyExists.
    """
    if signing_key != proven_key:
        raise KeyInvalid("the request is not signed by signing_key itself", field="signing_key")
    check_signing_key(signing_key)
    _refuse_retired(signing_key)
    check_sealing_key(sealing_key)
    check_eth_address(eth_address)
    check_enrolment_signature(
        eth_address=eth_address, signing_key=signing_key, sealing_key=sealing_key, signature=eth_signature
    )
    with transaction.atomic():
        stored = (
            EnrolmentToken.objects.select_for_update().filter(token_hash=enrolment_token_hash(token)).first()
        )
        if stored is None or stored.kind != kind:
            raise EnrolmentTokenInvalid(f"this token does not enrol a {kind}")
        if stored.used_by_id is not None:
            return _same_party(stored, eth_address, signing_key, sealing_key), False
        if stored.expires_at <= timezone.now():
            raise EnrolmentTokenExpired(f"the token was valid until {stored.expires_at.isoformat()}")
        party = _create_party(stored, name, eth_address, signing_key, sealing_key)
        stored.used_at, stored.used_by = timezone.now(), party
        stored.save(update_fields=["used_at", "used_by"])
    logger.info("party_enrolled", party_id=str(party.id), kind=party.kind, organisation=party.organisation_id)
    return party, True


def party_deactivate(*, party: Party) -> None:
    """From now on the party's requests are refused. What it signed before stays."""
    Party.objects.filter(id=party.id).update(is_active=False)
    party.is_active = False
    logger.warning("party_deactivated", party_id=str(party.id))


def party_rotate_signing_key(*, party_id: uuid.UUID, signing_key: str, eth_signature: str) -> Party:
    """Put a new request-signing key in force at once; the old one is good for nothing any more.

    The request was signed by the new key. That alone proves nothing, and neither would the old key, which
    may be the stolen one: the party's Ethereum key decides. Asking again after a lost answer changes
    nothing.
    Raises PartyUnknown, KeyInvalid, EthSignatureInvalid, PartyExists.
    """
    check_signing_key(signing_key)
    with transaction.atomic():
        party = Party.objects.select_for_update().filter(id=party_id, is_active=True).first()
        if party is None:
            raise PartyUnknown(f"there is no active party {party_id}")
        check_rotation_signature(
            eth_address=party.eth_address,
            party_id=str(party.id),
            signing_key=signing_key,
            signature=eth_signature,
        )
        if party.signing_key == signing_key:
            return party
        _refuse_retired(signing_key)
        RetiredKey.objects.create(signing_key=party.signing_key, party=party)
        party.signing_key = signing_key
        try:
            with transaction.atomic():
                party.save(update_fields=["signing_key"])
        except IntegrityError:
            raise PartyExists("signing_key is another party's") from None
    logger.warning("party_signing_key_rotated", party_id=str(party.id))
    return party


def api_key_issue(*, party: Party, name: str, scopes: list[str], lifetime: timedelta) -> tuple[ApiKey, str]:
    """A key for reading, and its text, which is shown once. Raises ScopeUnknown, ApiKeysTooMany."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise ScopeUnknown(f"there is no scope {unknown[0]!r}", known=list(SCOPES))
    text = f"hsk_{secrets.token_urlsafe(32)}"
    now = timezone.now()
    with transaction.atomic():
        Party.objects.select_for_update().get(id=party.id)
        in_force = ApiKey.objects.filter(party=party, revoked_at__isnull=True, expires_at__gt=now)
        if in_force.count() >= MAX_API_KEYS:
            raise ApiKeysTooMany(f"a party may have {MAX_API_KEYS} API keys in force")
        key = ApiKey.objects.create(
            party=party,
            name=name,
            key_hash=secret_hash(text),
            scopes=sorted(set(scopes)),
            expires_at=now + lifetime,
        )
    logger.info("api_key_issued", party_id=str(party.id), api_key_id=str(key.id), scopes=key.scopes)
    return key, text


def api_key_rotate(*, key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """A new key of the same name, scopes and remaining time; the old one ends after `overlap`."""
    now = timezone.now()
    with transaction.atomic():
        lifetime = max(key.expires_at - now, timedelta())
        if key.revoked_at is not None or not lifetime:
            raise ApiKeyUnknown(f"API key {key.id} is not in force")
        ApiKey.objects.filter(id=key.id).update(expires_at=min(key.expires_at, now + overlap))
        if not overlap:
            api_key_revoke(key=key)
        return api_key_issue(party=key.party, name=key.name, scopes=key.scopes, lifetime=lifetime)


def api_key_revoke(*, key: ApiKey) -> None:
    """From now on the key is refused. Doing it again changes nothing."""
    ApiKey.objects.filter(id=key.id, revoked_at__isnull=True).update(revoked_at=timezone.now())
    logger.warning("api_key_revoked", party_id=str(key.party_id), api_key_id=str(key.id))


def _refuse_retired(signing_key: str) -> None:
    if RetiredKey.objects.filter(signing_key=signing_key).exists():
        raise KeyInvalid("signing_key was in use before and is retired", field="signing_key")


def _create_party(
    token: EnrolmentToken, name: str, eth_address: str, signing_key: str, sealing_key: str
) -> Party:
    try:
        with transaction.atomic():
            return Party.objects.create(
                organisation=token.organisation,
                kind=token.kind,
                name=name,
                eth_address=eth_address,
                signing_key=signing_key,
                sealing_key=sealing_key,
            )
    except IntegrityError:
        raise PartyExists("eth_address, signing_key or sealing_key is another party's") from None


def _same_party(token: EnrolmentToken, eth_address: str, signing_key: str, sealing_key: str) -> Party:
    party = token.used_by
    assert party is not None  # by the caller
    if (party.eth_address, party.signing_key, party.sealing_key) != (eth_address, signing_key, sealing_key):
        raise EnrolmentTokenUsed(f"the token was used at {token.used_at}")
    return party


def enrolment_token_hash(token: str) -> str:
    """What the market keeps of a token."""
    return secret_hash(token)
