"""Negotiating licences, for both sides: signed steps, read back and checked before every answer.

The market is believed in nothing: hash chain, signatures and the table of states are checked on every read
(marketplace/licences/negotiation.py). docs/protocol.md, *Agreements*.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from marketplace.licences.negotiation import (
    ACT_NUMBERS,
    PROPOSALS,
    ZERO,
    Act,
    AgreementState,
    ChainBroken,
    LicenceStep,
    Side,
    StepRecord,
    check_chain,
)
from marketplace.licences.odrl import OdrlRefused, from_odrl
from marketplace.licences.terms import Terms, TermsMalformed
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence, RevokeInEpoch, RevokeLicence, TypedMessage
from marketplace.signing.errors import SigningError
from scheduler.agents.errors import ConfigurationError, ResultError
from scheduler.agents.session import Session, until_available

__all__ = ["HANDED_IN_WITHIN_SECONDS", "Negotiation", "check_terms", "read_content", "sign_revocation"]

HANDED_IN_WITHIN_SECONDS = 7 * 24 * 3600
ABORT = 1
"""ILicenceLedger.Effect: open jobs are aborted."""
Content = dict[str, Any]


def read_content(document: Any, *, now: float) -> Content:
    """`{"grant", "terms"}` or an ODRL Agreement; salt and deadline are fresh, the terms' hash is worked out.

    Raises ConfigurationError `licence_file_refused` naming the place.
    """
    try:
        if isinstance(document, dict) and "@context" in document:
            grant, terms = from_odrl(document)
        else:
            given, terms = document["grant"], document["terms"]
            fresh = {"termsHash": document_hash(terms), "salt": "0", "deadline": "0"}
            grant = GrantLicence.from_json({**given, **fresh})
    except (KeyError, TypeError) as error:
        raise _refused(f"it is neither an ODRL Agreement nor {{grant, terms}}: {error}") from None
    except (OdrlRefused, SigningError) as error:
        raise _refused(str(error)) from None
    deadline = int(now) + HANDED_IN_WITHIN_SECONDS
    return {"grant": replace(grant, salt=secrets.randbits(256), deadline=deadline).to_json(), "terms": terms}


def sign_revocation(session: Session, licence_id: str, terms: Content, *, now: float) -> dict[str, Any]:
    """The body that revokes a licence with the effect on open jobs that its terms name."""
    deadline = int(now) + HANDED_IN_WITHIN_SECONDS
    effect = "abort" if terms.get("on_revocation") == "abort" else "finish"
    message: TypedMessage = RevokeLicence(licence_id=licence_id, deadline=deadline)
    if effect == "abort":
        message = RevokeInEpoch(licence_id=licence_id, epoch=1, effect=ABORT, deadline=deadline)
    signature = message.sign(session.deployment.domain(message.CONTRACT), session.keys.account.key)
    return {"deadline": deadline, "signature": signature, "effect": effect}


class Negotiation:
    """One party's side. `keep`: what a provider does with a grant before its signature leaves."""

    def __init__(
        self,
        session: Session,
        *,
        now: Callable[[], float],
        keep: Callable[[GrantLicence, Content], None] | None = None,
    ) -> None:
        self._session = session
        self._now = now
        self._keep = keep

    def all(self) -> list[dict[str, Any]]:
        """Own agreements, newest first, each checked."""
        return [self._checked(found) for found in until_available(self._session.client.agreements)]

    def read(self, agreement_id: str) -> dict[str, Any]:
        """One agreement. Raises ResultError `agreement_broken` if its history does not hold."""
        return self._checked(until_available(lambda: self._session.client.agreement(agreement_id)))

    def offer(self, content: Content) -> dict[str, Any]:
        """The first step."""
        return self._take(None, Act.OFFER, content)

    def propose(self, agreement_id: str, content: Content) -> dict[str, Any]:
        """A counter-offer while it is negotiated, an amendment when it was agreed."""
        found = self.read(agreement_id)
        is_open = found["state"] in (
            AgreementState.OFFERED,
            AgreementState.COUNTERED,
            AgreementState.AMENDING,
        )
        return self._take(found, Act.COUNTER if is_open else Act.AMEND, content)

    def accept(self, agreement_id: str) -> dict[str, Any]:
        """Sign what the other side proposed last."""
        found = self.read(agreement_id)
        proposals = [step["content"] for step in found["steps"] if Act(step["act"]) in PROPOSALS]
        return self._take(found, Act.ACCEPT, proposals[-1])

    def act(self, agreement_id: str, act: Act) -> dict[str, Any]:
        """Decline, suspend, resume or revoke."""
        return self._take(self.read(agreement_id), act, None)

    def _take(self, found: dict[str, Any] | None, act: Act, content: Content | None) -> dict[str, Any]:
        session = self._session
        step = LicenceStep(
            signer=session.keys.address,
            number=1 if found is None else found["length"] + 1,
            previous=ZERO if found is None else found["head"],
            act=ACT_NUMBERS[act],
            content_hash=ZERO if content is None else document_hash(content),
            signed_at=int(self._now()),
        )
        domain, key = session.deployment.domain(step.CONTRACT), session.keys.account.key
        body: dict[str, Any] = {"step": step.to_json(), "signature": step.sign(domain, key)}
        licence_id = None if found is None else found["licence_id"]
        if content is not None:
            body["content"] = content
            grant = GrantLicence.from_json(content["grant"])
            if grant.provider == session.keys.address:
                self._check_terms(grant, content["terms"])
                body["grant_signature"] = grant.sign(domain, key)
                if licence_id is not None and found is not None:
                    body["revocation"] = self._revocation(found, licence_id)
        elif act == Act.REVOKE and licence_id is not None and found is not None:
            body["revocation"] = self._revocation(found, licence_id)
        agreement_id = None if found is None else found["agreement_id"]
        answer = until_available(lambda: session.client.agreement_step(agreement_id, body))
        return self._checked(answer)

    def _check_terms(self, grant: GrantLicence, terms: Content) -> None:
        """Nothing is signed that this provider's own connector could not read."""
        if grant.terms_hash != document_hash(terms):
            raise _refused("the grant does not carry the hash of these terms")
        if self._keep is not None:
            self._keep(grant, terms)

    def _revocation(self, found: dict[str, Any], licence_id: str) -> dict[str, Any]:
        accepted = [step["content"] for step in found["steps"] if step["act"] == Act.ACCEPT]
        return sign_revocation(self._session, licence_id, accepted[-1]["terms"], now=self._now())

    def _checked(self, found: dict[str, Any]) -> dict[str, Any]:
        domain = self._session.deployment.domain(LicenceStep.CONTRACT)
        try:
            steps = [
                StepRecord(s["number"], Act(s["act"]), Side(s["by"]), s["content"], s["step"], s["signature"])
                for s in found["steps"]
            ]
            parties = {"provider": found["provider"], "consumer": found["consumer"]}
            state, head, agreed = check_chain(steps, domain=domain, **parties)
            if self._session.keys.address not in parties.values():
                raise ChainBroken("this party is not among its parties")
            if (str(state), head, len(steps)) != (found["state"], found["head"], found["length"]):
                raise ChainBroken("its state or last step is not what the steps give")
            if found["licence_id"] is not None:
                digest = GrantLicence.from_json((agreed or {}).get("grant")).digest(domain)
                if digest != found["licence_id"]:
                    raise ChainBroken("its licence is not the one that both sides signed")
        except (ChainBroken, KeyError, TypeError, ValueError, SigningError) as error:
            raise ResultError(
                "agreement_broken", f"The agreement's history does not hold: {error}.", "Do not act on it."
            ) from None
        return found


def check_terms(terms: Content, names: tuple[str, ...]) -> None:
    """Raises ConfigurationError `licence_file_refused` naming the clause."""
    try:
        Terms.from_document(terms, column_names=names)
    except TermsMalformed as error:
        raise _refused(str(error)) from None


def _refused(detail: str) -> ConfigurationError:
    return ConfigurationError("licence_file_refused", f"{detail}.", "Correct the licence; docs/odrl.md.")
