"""Writes of organisations, enrolment tokens and parties."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.accounts.domain import (
    check_enrolment_signature,
    check_eth_address,
    check_sealing_key,
    check_signing_key,
)
from marketplace.accounts.errors import (
    EnrolmentTokenExpired,
    EnrolmentTokenInvalid,
    EnrolmentTokenUsed,
    KeyInvalid,
    PartyExists,
)
from marketplace.accounts.models import EnrolmentToken, Organisation, Party, PartyKind

__all__ = [
    "enrolment_token_hash",
    "enrolment_token_issue",
    "party_deactivate",
    "party_enrol",
]

logger = structlog.get_logger(__name__)

TOKEN_LIFETIME = timedelta(days=7)


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
    return "0x" + hashlib.sha256(token.encode()).hexdigest()
