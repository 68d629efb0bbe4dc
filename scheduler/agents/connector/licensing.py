"""The licences that this provider signed: kept here, so that no market can invent or change one.

``licences/<licence id>.json`` holds grant, signature and terms; ``offers/<deployment>-<digest>.json``
says which licence an offer of the configuration became, so that each offer is signed once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from eth_utils.address import is_address, to_checksum_address

from marketplace.licences.domain import LicenceTerms, Quantity, Use
from marketplace.licences.terms import Terms, TermsMalformed
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence
from proofs.statement import MAX_OUTPUTS, Program
from scheduler.agents.agreements import HANDED_IN_WITHIN_SECONDS, check_terms, sign_revocation
from scheduler.agents.connector.config import OfferSection
from scheduler.agents.errors import ConfigurationError, TaskRefused
from scheduler.agents.logs import logger
from scheduler.agents.session import Session, hand_in, until_available

__all__ = ["Licensing", "column_names"]

DAY_SECONDS = 24 * 3600


def column_names(schema: dict[str, Any]) -> tuple[str, ...]:
    """Names by index, ``ones`` first."""
    return ("ones", *(str(entry["name"]) for entry in schema["columns"]))


class Licensing:
    """Signs offers and revocations, and knows what was signed."""

    def __init__(self, session: Session, *, now: Callable[[], float]) -> None:
        self._session = session
        self._now = now

    # offers ------------------------------------------------------------------------------------
    def offer(self, offer: OfferSection, dataset: dict[str, Any]) -> dict[str, Any] | None:
        """Sign and hand in a licence, once; None while its consumer is not enrolled at the market."""
        consumer = self._consumer(offer.consumer)
        if consumer is None:
            return None
        terms = self._terms(offer, dataset)
        if terms is None:
            return None
        digest = _offer_digest(offer, dataset["dataset_id"], consumer)
        name = f"offers/{self._session.deployment.digest}-{digest}.json"
        pointer = self._session.state.read_json(name)
        record = pointer and self._session.state.read_json(f"licences/{pointer['licence_id']}.json")
        if record is None or self._is_stale(record):
            record = self._sign(offer, dataset, consumer, terms)
            self._session.state.write_json(f"licences/{record['licence_id']}.json", record)
            self._session.state.write_json(name, {"licence_id": record["licence_id"]})
        return record if record["is_accepted"] else self._hand_in(record)

    def _sign(
        self, offer: OfferSection, dataset: dict[str, Any], consumer: str, terms: dict[str, Any]
    ) -> dict[str, Any]:
        now = int(self._now())
        columns = _bitmap(offer, dataset)
        message = GrantLicence(
            provider=self._session.keys.address,
            consumer=consumer,
            dataset_id=dataset["dataset_id"],
            terms_hash=document_hash(terms),
            program_ids=_program_ids(offer, dataset),
            columns=columns,
            runs=offer.runs,
            cells=offer.cells or offer.runs * dataset["rows"] * (columns.bit_count() - 1),
            outputs=offer.outputs or offer.runs * MAX_OUTPUTS,
            not_before=now - DAY_SECONDS,
            not_after=now + offer.valid_days * DAY_SECONDS,
            price_per_run=offer.price_per_run,
            salt=secrets.randbits(256),
            deadline=now + HANDED_IN_WITHIN_SECONDS,
        )
        domain = self._session.deployment.domain(message.CONTRACT)
        return {
            "licence_id": message.digest(domain),
            "name": offer.name,
            "grant": message.to_json(),
            "signature": message.sign(domain, self._session.keys.account.key),
            "terms": terms,
            "column_names": list(column_names(dataset["schema"])),
            "is_accepted": False,
            "is_revoked": False,
        }

    def _hand_in(self, record: dict[str, Any]) -> dict[str, Any]:
        body = {member: record[member] for member in ("grant", "signature", "terms")}
        licence_id = record["licence_id"]
        hand_in(
            lambda: self._session.client.publish_licence(body, idempotency_key=licence_id),
            known_as="licence_exists",
        )
        record = record | {"is_accepted": True}
        self._session.state.write_json(f"licences/{licence_id}.json", record)
        logger().info("licence_signed", licence_id=licence_id, consumer=record["grant"]["consumer"])
        return record

    def _is_stale(self, record: dict[str, Any]) -> bool:
        return not record["is_accepted"] and int(record["grant"]["deadline"]) < self._now()

    # own licences ------------------------------------------------------------------------------
    def own(self, licence_id: str) -> LicenceTerms:
        """A licence that this provider signed. Raises TaskRefused ``licence_refused``."""
        record = self._record(licence_id)
        if record is None:
            raise TaskRefused(
                "licence_refused",
                f"This provider did not sign licence {licence_id}.",
                "Ask it for a licence.",
                evidence={"clause": "signature", "licence_id": licence_id},
            )
        names = tuple(record["column_names"])
        return LicenceTerms(
            licence_id=licence_id,
            grant=GrantLicence.from_json(record["grant"]),
            terms=Terms.from_document(record["terms"], column_names=names),
            column_names=names,
        )

    def is_revoked(self, licence_id: str) -> bool:
        """Whether this provider revoked it, whatever the chain knows yet."""
        return bool((self._record(licence_id) or {}).get("is_revoked"))

    def is_suspended(self, licence_id: str) -> bool:
        """Whether this provider suspended it."""
        return bool((self._record(licence_id) or {}).get("is_suspended"))

    def uses(self, licence_id: str, *, but_of: str) -> tuple[Use, ...]:
        """What was dealt under a licence so far, other jobs than ``but_of``.

        A job counts from its first deal on, even if it was not settled: its shares had left.
        """
        folder = f"uses/{licence_id}"
        records = [
            self._session.state.read_json(f"{folder}/{name}") for name in self._session.state.names(folder)
        ]
        return tuple(
            Use(at=record["at"], quantity=Quantity(record["runs"], record["cells"], record["outputs"]))
            for record in records
            if record["job_id"] != but_of
        )

    def note_use(self, licence_id: str, job_id: str, quantity: Quantity) -> None:
        """Keep that a job is dealt for, once, before anything of it leaves."""
        record = {"job_id": job_id, "at": int(self._now()), **asdict(quantity)}
        self._session.state.create_json_once(f"uses/{licence_id}/{job_id}.json", record)

    def keep(self, grant: GrantLicence, terms: dict[str, Any], dataset: dict[str, Any]) -> None:
        """Keep a negotiated grant before its signature leaves. ConfigurationError for unreadable terms."""
        names = column_names(dataset["schema"])
        check_terms(terms, names)
        licence_id = grant.digest(self._session.deployment.domain(grant.CONTRACT))
        record = {
            "licence_id": licence_id,
            "name": "negotiated",
            "grant": grant.to_json(),
            "terms": terms,
            "column_names": list(names),
            "is_accepted": True,
            "is_revoked": False,
        }
        self._session.state.create_json_once(f"licences/{licence_id}.json", record)

    def suspend(self, licence_id: str, *, is_suspended: bool) -> None:
        """From now on nothing, or again something, is dealt for it here. ConfigurationError if unknown."""
        self._change(licence_id, is_suspended=is_suspended)

    def revoke(self, licence_id: str) -> None:
        """From now on nothing new is dealt for it here; then tell the market. ConfigurationError if unknown.

        What becomes of open jobs is the licence's own clause ``on_revocation``.
        """
        record = self._change(licence_id, is_revoked=True)
        body = sign_revocation(self._session, licence_id, record["terms"], now=self._now())
        self._session.client.revoke_licence(licence_id, body)

    def _record(self, licence_id: str) -> dict[str, Any] | None:
        record: dict[str, Any] | None = self._session.state.read_json(f"licences/{licence_id}.json")
        return record

    def _change(self, licence_id: str, **changes: bool) -> dict[str, Any]:
        record = self._record(licence_id)
        if record is None:
            raise ConfigurationError(
                "licence_unknown", f"This provider did not sign licence {licence_id}.", "Check the id."
            )
        self._session.state.write_json(f"licences/{licence_id}.json", record | changes)
        return record

    # names to addresses and keys ---------------------------------------------------------------
    def _consumer(self, given: str) -> str | None:
        if is_address(given):
            return to_checksum_address(given)
        found = self._parties(given, "consumer")
        if len(found) > 1:
            raise ConfigurationError(
                "consumer_ambiguous",
                f"Organisation {given!r} has {len(found)} consumer parties.",
                "Name the address of the one that is meant.",
            )
        return found[0]["eth_address"] if found else None

    def _terms(self, offer: OfferSection, dataset: dict[str, Any]) -> dict[str, Any] | None:
        """The offer's terms with organisations replaced by addresses and keys; None while one is not
        enrolled.
        """
        terms = {"version": 1, **offer.terms}
        for clause, kind, member in (
            ("counterparties", "connector", "eth_address"),
            ("recipient_keys", "consumer", "sealing_key"),
        ):
            resolved: list[str] = []
            for entry in terms.get(clause, []):
                if str(entry).startswith("0x"):
                    resolved.append(entry)
                    continue
                found = self._parties(entry, kind)
                if not found:
                    return None
                resolved += [party[member] for party in found]
            if clause in terms:
                terms[clause] = sorted(set(resolved))
        try:
            Terms.from_document(terms, column_names=column_names(dataset["schema"]))
        except TermsMalformed as error:
            raise ConfigurationError(
                "terms_malformed", f"Offer {offer.name!r}: {error}.", "Correct the offer's terms."
            ) from None
        return terms

    def _parties(self, organisation: str, kind: str) -> list[dict[str, Any]]:
        return until_available(lambda: self._session.client.parties(organisation=organisation, kind=kind))


def _bitmap(offer: OfferSection, dataset: dict[str, Any]) -> int:
    names = column_names(dataset["schema"])
    bitmap = 1
    for name in offer.columns:
        if name not in names[1:]:
            raise ConfigurationError(
                "offer_invalid",
                f"Offer {offer.name!r}: dataset {dataset['name']!r} has no column {name!r}.",
                f"It has {', '.join(names[1:])}.",
            )
        bitmap |= 1 << names.index(name)
    return bitmap


def _program_ids(offer: OfferSection, dataset: dict[str, Any]) -> tuple[str, ...]:
    setup_id = bytes.fromhex(dataset["setup_id"][2:])
    programs = [
        Program(setup_id=setup_id, left_count=program.left_count, right_start=program.right_start)
        for program in offer.programs
    ]
    return tuple("0x" + program.program_id.hex() for program in programs)


def _offer_digest(offer: OfferSection, dataset_id: str, consumer: str) -> str:
    text = json.dumps([asdict(offer), dataset_id, consumer], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
