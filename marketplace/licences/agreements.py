"""Writes of agreements: the one function that appends a step, and what a step does on the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from marketplace.accounts.models import Party, PartyKind
from marketplace.accounts.selectors import party_by_address
from marketplace.accounts.signatures import message_digest, message_signer
from marketplace.catalogue.models import Dataset
from marketplace.licences.errors import (
    AgreementMoved,
    AgreementUnknown,
    ConsumerUnknown,
    GrantInvalid,
    LicenceNotRevocable,
    RevocationInvalid,
    StepInvalid,
    StepNotAllowed,
)
from marketplace.licences.models import Agreement, AgreementStep, Licence
from marketplace.licences.negotiation import (
    ACT_NUMBERS,
    PROPOSALS,
    ZERO,
    Act,
    AgreementState,
    LicenceStep,
    Side,
    ledger_step_hash,
    next_state,
)
from marketplace.licences.selectors import agreement_get, licence_quantities
from marketplace.licences.services import grant_check, grant_signature_check, licence_revoke, licence_submit
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence
from marketplace.signing.errors import MalformedSignature

__all__ = ["agreement_follow_ledger", "agreement_offer", "agreement_step", "amendment_complete"]

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that its party hands in."""

    message: LicenceStep
    signature: str
    act: Act
    by: Side
    content: dict[str, Any]
    grant_signature: str | None
    revocation: dict[str, Any] | None


def agreement_offer(
    *,
    party: Party,
    step: dict[str, Any],
    signature: str,
    content: dict[str, Any],
    grant_signature: str | None,
) -> Agreement:
    """The first step: a provider's offer, or a consumer's request in the form of an offer.

    Raises StepInvalid, StepNotAllowed, ConsumerUnknown, and what handing in a licence raises.
    """
    grant = _read_grant(content)
    provider = party_by_address(eth_address=grant.provider, kind=PartyKind.CONNECTOR)
    consumer = party_by_address(eth_address=grant.consumer, kind=PartyKind.CONSUMER)
    if consumer is None:
        raise ConsumerUnknown(f"no active consumer has the address {grant.consumer}")
    if provider is None:
        raise GrantInvalid(f"no active connector has the address {grant.provider}", field="provider")
    dataset = Dataset.objects.filter(dataset_id=grant.dataset_id, owner=provider).first()
    if dataset is None:
        raise GrantInvalid(f"{grant.provider} has no dataset {grant.dataset_id}", field="datasetId")
    agreement = Agreement(provider=provider, consumer=consumer, dataset=dataset, head=ZERO, length=0)
    given = _read_step(agreement, party, step, signature, content, grant_signature, None)
    target = _check(agreement, None, given, last=None)
    agreement.agreement_id = message_digest(given.message)
    with transaction.atomic():
        try:
            with transaction.atomic():
                agreement.state, agreement.head, agreement.length = target, agreement.agreement_id, 1
                agreement.save(force_insert=True)
        except IntegrityError:
            return agreement_get(party=party, agreement_id=agreement.agreement_id)
        _append(agreement, given, target)
    return agreement


def agreement_step(
    *,
    party: Party,
    agreement_id: str,
    step: dict[str, Any],
    signature: str,
    content: dict[str, Any] | None,
    grant_signature: str | None,
    revocation: dict[str, Any] | None,
) -> Agreement:
    """Append a party's step and do what it does on the chain, in one transaction. Repeatable.

    An acceptance asks the chain for the grant, a revocation for the revocation. Raises AgreementUnknown,
    AgreementMoved, StepInvalid, StepNotAllowed, and what handing in or revoking a licence raises.
    """
    with transaction.atomic():
        seen = agreement_get(party=party, agreement_id=agreement_id)
        agreement = Agreement.objects.select_for_update().get(pk=seen.pk)
        last = agreement.steps.filter(act__in=PROPOSALS).last()
        if content is None and step.get("act") == ACT_NUMBERS[Act.ACCEPT] and last is not None:
            content = last.content
        given = _read_step(agreement, party, step, signature, content or {}, grant_signature, revocation)
        if agreement.steps.filter(step_hash=message_digest(given.message)).exists():
            return agreement
        if (given.message.previous, given.message.number) != (agreement.head, agreement.length + 1):
            raise AgreementMoved(
                f"it has {agreement.length} steps, the last one is {agreement.head}", head=agreement.head
            )
        target = _check(agreement, AgreementState(agreement.state), given, last=last)
        licence = _on_chain(agreement, given, last)
        agreement.head, agreement.length = message_digest(given.message), given.message.number
        agreement.state, agreement.licence = target, licence
        agreement.save(update_fields=["head", "length", "state", "licence"])
        _append(agreement, given, target)
        if agreement.licence_id and target == AgreementState.AGREED:
            agreement_follow_ledger(licence_id=str(agreement.licence_id))
    return agreement


def agreement_follow_ledger(*, licence_id: str) -> None:
    """AGREED ↔ EXHAUSTED, as the quantity ledger has it now. Repeatable, also after a reorganisation."""
    with transaction.atomic():
        agreement = Agreement.objects.select_for_update().filter(licence_id=licence_id).first()
        if agreement is None or agreement.licence is None:
            return
        quantities = licence_quantities(licence=agreement.licence)
        open_runs = quantities.remaining.runs + quantities.reserved.runs
        is_used_up = quantities.granted.runs > 0 and open_runs == 0
        act = Act.EXHAUST if is_used_up else Act.REPLENISH
        target = next_state(AgreementState(agreement.state), act, Side.LEDGER, proposed_by=None)
        if target is None:
            return
        content = {"granted_runs": str(quantities.granted.runs), "open_runs": str(open_runs)}
        number = agreement.length + 1
        step_hash = ledger_step_hash(number=number, previous=agreement.head, act=act, content=content)
        AgreementStep.objects.create(
            agreement=agreement,
            number=number,
            act=act,
            by=Side.LEDGER,
            to_state=target,
            content=content,
            step_hash=step_hash,
        )
        agreement.head, agreement.length, agreement.state = step_hash, number, target
        agreement.save(update_fields=["head", "length", "state"])
        logger.info("agreement_followed_ledger", agreement_id=agreement.agreement_id, act=str(act))


def amendment_complete(*, licence_id: str) -> None:
    """The chain granted this licence: what it replaces by an amendment is revoked now. Repeatable.

    Not before, so that a grant which the chain refuses takes nothing away.
    """
    agreement = Agreement.objects.filter(licence_id=licence_id).first()
    accepted = [] if agreement is None else list(agreement.steps.filter(act=Act.ACCEPT))
    if agreement is None or len(accepted) < 2:
        return
    before, newest = accepted[-2:]
    proposal = agreement.steps.filter(act__in=PROPOSALS, number__lt=newest.number).last()
    by_provider = newest if newest.by == Side.PROVIDER or proposal is None else proposal
    replaced = message_digest(_read_grant(before.content))
    try:
        licence_revoke(provider=agreement.provider, licence_id=replaced, **(by_provider.revocation or {}))
    except (LicenceNotRevocable, RevocationInvalid) as error:
        logger.warning("replaced_licence_stays", licence_id=replaced, reason=error.detail)


def _read_step(
    agreement: Agreement,
    party: Party,
    step: Mapping[str, Any],
    signature: str,
    content: dict[str, Any],
    grant_signature: str | None,
    revocation: dict[str, Any] | None,
) -> _Step:
    message = LicenceStep.from_json(step)
    sides = {agreement.provider_id: Side.PROVIDER, agreement.consumer_id: Side.CONSUMER}
    if party.id not in sides:
        raise AgreementUnknown("you are no party to it")
    if message.signer != party.eth_address:
        raise StepInvalid(f"its signer is {message.signer}; you are {party.eth_address}")
    try:
        signer = message_signer(message, signature)
    except MalformedSignature as error:
        raise StepInvalid(str(error)) from error
    if signer != message.signer:
        raise StepInvalid(f"it was signed by {signer}, not by {message.signer}")
    acts = {number: act for act, number in ACT_NUMBERS.items()}
    if message.act not in acts:
        raise StepInvalid(f"there is no act {message.act}")
    act = acts[message.act]
    expected = document_hash(content) if act in PROPOSALS or act == Act.ACCEPT else ZERO
    if message.content_hash != expected:
        raise StepInvalid("its contentHash is not that of the content")
    return _Step(message, signature, act, sides[party.id], content, grant_signature, revocation)


def _check(
    agreement: Agreement, state: AgreementState | None, given: _Step, *, last: AgreementStep | None
) -> AgreementState:
    """The state after the step. Raises StepNotAllowed, and what makes a proposal no licence."""
    target = next_state(state, given.act, given.by, proposed_by=None if last is None else Side(last.by))
    if target is None:
        raise StepNotAllowed(f"the {given.by} cannot {given.act} when it is {state or 'new'}")
    if given.act == Act.ACCEPT and (last is None or given.content != last.content):
        raise StepInvalid("only what was proposed last can be accepted")
    if given.act not in PROPOSALS and given.act != Act.ACCEPT:
        return target
    grant = _read_grant(given.content)
    parties = (agreement.provider.eth_address, agreement.consumer.eth_address, agreement.dataset_id)
    if (grant.provider, grant.consumer, grant.dataset_id) != parties:
        raise GrantInvalid("parties and dataset of an agreement stay", field="datasetId")
    grant_check(message=grant, dataset=agreement.dataset, terms=given.content["terms"])
    if given.by == Side.PROVIDER:
        if given.grant_signature is None:
            raise StepInvalid("the provider hands in its signature of the grant with it")
        grant_signature_check(message=grant, signature=given.grant_signature, provider=agreement.provider)
        if agreement.licence_id and given.revocation is None:
            raise StepInvalid("with an amendment the provider hands in the revocation of what it replaces")
    return target


def _on_chain(agreement: Agreement, given: _Step, last: AgreementStep | None) -> Licence | None:
    """The licence in force after the step."""
    if given.act == Act.REVOKE:
        _revoke(agreement, given.revocation)
    if given.act != Act.ACCEPT:
        return agreement.licence
    assert last is not None  # by _check
    by_provider = given if given.by == Side.PROVIDER else last
    return licence_submit(
        provider=agreement.provider,
        grant=given.content["grant"],
        signature=str(by_provider.grant_signature),
        terms=given.content["terms"],
    )


def _revoke(agreement: Agreement, revocation: Mapping[str, Any] | None) -> None:
    if revocation is None:
        raise StepInvalid("a signed revocation of the licence belongs to it")
    licence_revoke(provider=agreement.provider, licence_id=str(agreement.licence_id), **revocation)


def _append(agreement: Agreement, given: _Step, target: AgreementState) -> None:
    AgreementStep.objects.create(
        agreement=agreement,
        number=given.message.number,
        act=given.act,
        by=given.by,
        to_state=target,
        content=given.content,
        step=given.message.to_json(),
        signature=given.signature,
        step_hash=message_digest(given.message),
        grant_signature=given.grant_signature,
        revocation=given.revocation,
    )
    logger.info("agreement_step", agreement_id=agreement.agreement_id, act=str(given.act), state=str(target))


def _read_grant(content: Mapping[str, Any]) -> GrantLicence:
    if content.keys() != {"grant", "terms"} or not isinstance(content["terms"], dict):
        raise StepInvalid("the content is {grant, terms}")
    return GrantLicence.from_json(content["grant"])
