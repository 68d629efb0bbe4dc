"""Writes of licences. What the chain says of them arrives through the functions named `licence_mark_…`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.accounts.models import Party, PartyKind
from marketplace.accounts.selectors import party_by_address
from marketplace.accounts.signatures import message_digest, message_signer
from marketplace.catalogue.models import Dataset, DatasetState, Program
from marketplace.catalogue.selectors import datasets_listed
from marketplace.chain.models import ChainEvent
from marketplace.chain.services import transaction_enqueue
from marketplace.licences.errors import (
    ConsumerUnknown,
    GrantInvalid,
    GrantSignatureInvalid,
    LicenceExists,
    LicenceNotRevocable,
    RevocationInvalid,
    TermsInvalid,
)
from marketplace.licences.ledger import quantity_entry_append
from marketplace.licences.models import EntryKind, Licence, LicenceState, RevocationEffect
from marketplace.licences.selectors import licence_get
from marketplace.licences.terms import Terms, TermsMalformed
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence, RevokeInEpoch, RevokeLicence, TypedMessage
from marketplace.signing.errors import MalformedDocument, MalformedSignature

__all__ = [
    "grant_check",
    "grant_signature_check",
    "licence_mark_granted",
    "licence_mark_rejected",
    "licence_mark_revocation_epoch",
    "licence_mark_revoked",
    "licence_mark_transferred",
    "licence_revoke",
    "licence_submit",
    "licence_unmark_granted",
    "licence_unmark_revocation_epoch",
    "licence_unmark_revoked",
    "licences_expire",
]

logger = structlog.get_logger(__name__)

MAX_PRICE = 2**88 - 1
"""The contract keeps the price beside an address in one slot (ILicenceLedger)."""
MAX_TIME = 2**48 - 1
ABORT = 1
"""ILicenceLedger.Effect: open jobs are aborted."""


def licence_submit(
    *, provider: Party, grant: dict[str, Any], signature: str, terms: dict[str, Any]
) -> Licence:
    """Check a signed grant and its terms, store it as SIGNED and ask the chain to grant it.

    Raises MalformedMessage, GrantSignatureInvalid, GrantInvalid (naming the field), ConsumerUnknown,
    TermsInvalid (naming the clause), LicenceExists.
    """
    message = GrantLicence.from_json(grant)
    licence_id = message_digest(message)
    grant_signature_check(message=message, signature=signature, provider=provider)
    dataset = _check_dataset(message, provider)
    consumer = party_by_address(eth_address=message.consumer, kind=PartyKind.CONSUMER)
    if consumer is None:
        raise ConsumerUnknown(f"no active consumer has the address {message.consumer}")
    grant_check(message=message, dataset=dataset, terms=terms)
    licence = Licence(
        licence_id=licence_id,
        provider=provider,
        consumer=consumer,
        holder=consumer.eth_address,
        dataset=dataset,
        terms=terms,
        terms_hash=message.terms_hash,
        program_ids=list(message.program_ids),
        columns=message.columns,
        runs_granted=message.runs,
        cells_granted=message.cells,
        outputs_granted=message.outputs,
        price_per_run=message.price_per_run,
        not_before=datetime.fromtimestamp(message.not_before, UTC),
        not_after=datetime.fromtimestamp(message.not_after, UTC),
        grant=message.to_json(),
        signature=signature,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                licence.save(force_insert=True)
        except IntegrityError:
            raise LicenceExists(f"there is a licence {licence_id}", licence_id=licence_id) from None
        transaction_enqueue(
            kind="licence_grant",
            dedupe_key=f"licence-grant/{licence_id}",
            contract="LicenceLedger",
            function="grant",
            arguments=[message.to_struct(), signature],
        )
    logger.info("licence_submitted", licence_id=licence_id, dataset_id=dataset.dataset_id)
    return licence


def licence_revoke(
    *, provider: Party, licence_id: str, deadline: int, signature: str, effect: str = "finish"
) -> Licence:
    """Ask the chain to revoke a licence. It stays GRANTED until the chain has said so.

    `effect` on open jobs: `abort` exactly if the licence's clause `on_revocation` says so.

    Raises LicenceUnknown, LicenceNotRevocable, RevocationInvalid.
    """
    licence = licence_get(party=provider, licence_id=licence_id)
    if licence.provider_id != provider.id:
        raise RevocationInvalid("only its provider can revoke a licence")
    if licence.state == LicenceState.REVOKED:
        return licence
    if licence.state != LicenceState.GRANTED:
        raise LicenceNotRevocable(f"the licence is {licence.state}")
    agreed = "abort" if licence.terms.get("on_revocation") == "abort" else "finish"
    if effect != agreed:
        raise RevocationInvalid(f"by its terms a revocation lets open jobs {agreed}, not {effect}")
    message: TypedMessage = RevokeLicence(licence_id=licence_id, deadline=deadline)
    if effect == "abort":
        message = RevokeInEpoch(licence_id=licence_id, epoch=1, effect=ABORT, deadline=deadline)
    if deadline <= timezone.now().timestamp():
        raise RevocationInvalid("the revocation's deadline has passed")
    try:
        signer = message_signer(message, signature)
    except MalformedSignature as error:
        raise RevocationInvalid(str(error)) from error
    if signer != provider.eth_address:
        raise RevocationInvalid(f"the revocation was signed by {signer}, not by {provider.eth_address}")
    transaction_enqueue(
        kind="licence_revoke",
        dedupe_key=f"licence-revoke/{licence_id}/{deadline}",
        contract="LicenceLedger",
        function="revokeInEpoch" if effect == "abort" else "revoke",
        arguments=[message.to_struct(), signature],
    )
    logger.info("licence_revocation_requested", licence_id=licence_id)
    return licence


def licence_mark_granted(*, licence_id: str, event: ChainEvent) -> None:
    """SIGNED → GRANTED with the ledger's first entry, because `LicenceGranted` was indexed. Repeatable."""
    with transaction.atomic():
        licence = Licence.objects.select_for_update().filter(licence_id=licence_id).first()
        if licence is None:
            logger.warning("licence_unknown_to_market", licence_id=licence_id)
            return
        quantity_entry_append(
            licence_id=licence_id,
            job_id=None,
            kind=EntryKind.GRANTED,
            runs=licence.runs_granted,
            cells=licence.cells_granted,
            outputs=licence.outputs_granted,
            event=event,
        )
        if licence.state in (LicenceState.SIGNED, LicenceState.REJECTED):
            _set_state(licence, LicenceState.GRANTED, granted_at=event.mined_at, rejection="")


def licence_mark_revoked(*, licence_id: str, event: ChainEvent) -> None:
    """GRANTED → REVOKED, because `LicenceRevoked` was indexed. Open jobs keep what they reserved."""
    with transaction.atomic():
        licence = Licence.objects.select_for_update().filter(licence_id=licence_id).first()
        if licence is None:
            logger.warning("licence_unknown_to_market", licence_id=licence_id)
        elif licence.state in (LicenceState.GRANTED, LicenceState.EXPIRED):
            _set_state(licence, LicenceState.REVOKED, revoked_at=event.mined_at)


def licence_mark_rejected(*, licence_id: str, reason: str) -> None:
    """SIGNED → REJECTED, because the chain refused the grant for good."""
    Licence.objects.filter(licence_id=licence_id, state=LicenceState.SIGNED).update(
        state=LicenceState.REJECTED, rejection=reason or "the chain refused it"
    )


def licence_unmark_granted(*, licence_id: str) -> None:
    """Back to SIGNED, because a reorganisation took the grant away (its ledger entry goes with the event)."""
    Licence.objects.filter(
        licence_id=licence_id, state__in=(LicenceState.GRANTED, LicenceState.REVOKED, LicenceState.EXPIRED)
    ).update(state=LicenceState.SIGNED, granted_at=None, revoked_at=None)


def licence_unmark_revoked(*, licence_id: str) -> None:
    """REVOKED → GRANTED, because a reorganisation took the revocation away."""
    Licence.objects.filter(licence_id=licence_id, state=LicenceState.REVOKED).update(
        state=LicenceState.GRANTED, revoked_at=None
    )


def licence_mark_transferred(*, licence_id: str, holder: str) -> None:
    """Someone else holds it: `LicenceTransferred` was indexed, or orphaned and it is `from` again."""
    if Licence.objects.filter(licence_id=licence_id).update(holder=holder):
        logger.info("licence_transferred", licence_id=licence_id, holder=holder)


def licence_mark_revocation_epoch(*, licence_id: str, epoch: int, effect: RevocationEffect) -> None:
    """What the newest revocation does to open jobs, because `RevocationEpochStarted` was indexed."""
    Licence.objects.filter(licence_id=licence_id).update(revocation_epoch=epoch, revocation_effect=effect)


def licence_unmark_revocation_epoch(*, licence_id: str, epoch: int) -> None:
    """Back to the epoch before. Only a revocation that let jobs finish is ever followed by another."""
    effect = RevocationEffect.FINISH.value if epoch > 1 else ""
    Licence.objects.filter(licence_id=licence_id).update(revocation_epoch=epoch - 1, revocation_effect=effect)


def licences_expire() -> int:
    """GRANTED → EXPIRED for all whose validity is over; returns how many."""
    return Licence.objects.filter(state=LicenceState.GRANTED, not_after__lte=timezone.now()).update(
        state=LicenceState.EXPIRED
    )


def _set_state(licence: Licence, state: LicenceState, **values: Any) -> None:
    """The caller holds the row's lock."""
    Licence.objects.filter(licence_id=licence.licence_id).update(state=state, **values)
    logger.info("licence_changed", licence_id=licence.licence_id, state=str(state))


def grant_signature_check(*, message: GrantLicence, signature: str, provider: Party) -> None:
    """Raises GrantSignatureInvalid unless the provider signed the grant."""
    if message.provider != provider.eth_address:
        raise GrantSignatureInvalid(
            f"the grant's provider is {message.provider}; you are {provider.eth_address}"
        )
    try:
        signer = message_signer(message, signature)
    except MalformedSignature as error:
        raise GrantSignatureInvalid(str(error)) from error
    if signer != message.provider:
        raise GrantSignatureInvalid(f"the grant was signed by {signer}, not by {message.provider}")


def _check_dataset(message: GrantLicence, provider: Party) -> Dataset:
    dataset = datasets_listed().filter(dataset_id=message.dataset_id, owner=provider).first()
    if dataset is None:
        raise GrantInvalid(f"you have no dataset {message.dataset_id}", field="datasetId")
    if dataset.state == DatasetState.REJECTED:
        raise GrantInvalid("the chain refused to register the dataset", field="datasetId")
    return dataset


def grant_check(*, message: GrantLicence, dataset: Dataset, terms: dict[str, Any]) -> None:
    """Raises GrantInvalid (naming the field), TermsInvalid (naming the clause)."""
    _check_grant(message, dataset)
    _check_terms(message, dataset, terms)


def _check_grant(message: GrantLicence, dataset: Dataset) -> None:
    known = set(
        Program.objects.filter(program_id__in=message.program_ids, setup_id=dataset.setup_id).values_list(
            "program_id", flat=True
        )
    )
    count = dataset.columns.count()
    now = timezone.now().timestamp()
    rules = (
        ("programIds", bool(message.program_ids), "a licence names at least one program"),
        ("programIds", len(set(message.program_ids)) == len(message.program_ids), "a program stands twice"),
        ("programIds", set(message.program_ids) <= known, "a program is unknown or runs on another setup"),
        ("columns", message.columns & 1 == 1, "bit 0 (`ones`) must be set"),
        ("columns", message.columns > 1, "a licence has at least one column beside `ones`"),
        ("columns", message.columns < 1 << count, f"the dataset has only columns 0 to {count - 1}"),
        ("runs", message.runs > 0, "a licence grants at least one run"),
        ("cells", message.cells > 0, "a licence grants cells"),
        ("outputs", message.outputs > 0, "a licence grants outputs"),
        ("notBefore", message.not_before < message.not_after, "notBefore must be before notAfter"),
        ("notAfter", now < message.not_after <= MAX_TIME, "notAfter must be in the future, below 2^48"),
        ("pricePerRun", message.price_per_run <= MAX_PRICE, "the price must be below 2^88"),
        ("deadline", message.deadline > now, "the grant's deadline has passed"),
    )
    for field, holds, detail in rules:
        if not holds:
            raise GrantInvalid(detail, field=field)


def _check_terms(message: GrantLicence, dataset: Dataset, terms: dict[str, Any]) -> None:
    try:
        if document_hash(terms) != message.terms_hash:
            raise TermsInvalid("the terms' hash is not the signed termsHash", clause="terms")
        names = tuple(dataset.columns.order_by("index").values_list("name", flat=True))
        Terms.from_document(terms, column_names=names)
    except MalformedDocument as error:
        raise TermsInvalid(str(error), clause="terms") from error
    except TermsMalformed as error:
        raise TermsInvalid(str(error), clause=error.clause) from error
