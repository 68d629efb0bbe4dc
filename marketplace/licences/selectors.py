"""Reads of licences and of what the ledger says is left of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from marketplace.accounts.models import Party
from marketplace.chain.binding import bound_to
from marketplace.licences.domain import LicenceStanding, LicenceTerms, Quantity, Use
from marketplace.licences.errors import AgreementUnknown, LicenceUnknown
from marketplace.licences.models import Agreement, EntryKind, Licence, LicenceState, QuantityEntry
from marketplace.licences.negotiation import AgreementState
from marketplace.licences.odrl import to_odrl
from marketplace.licences.terms import Terms
from marketplace.signing.eip712 import GrantLicence

__all__ = [
    "LicenceQuantities",
    "agreement_get",
    "agreements_of",
    "licence_get",
    "licence_odrl",
    "licence_quantities",
    "licence_standing",
    "licence_terms",
    "licences_listed",
    "licences_of",
    "quantities_of",
]

NOTHING = Quantity(0, 0, 0)


@dataclass(frozen=True, slots=True)
class LicenceQuantities:
    """granted = remaining + reserved + consumed, in runs, cells and outputs; all zero before the grant."""

    granted: Quantity
    remaining: Quantity
    reserved: Quantity
    consumed: Quantity


def licences_of(*, party: Party) -> QuerySet[Licence]:
    """Licences of the current deployment that the party gave, was granted or holds."""
    is_party = Q(provider=party) | Q(consumer=party) | Q(holder=party.eth_address)
    return licences_listed().filter(is_party)


def licences_listed() -> QuerySet[Licence]:
    """Those of the current deployment."""
    return Licence.objects.filter(chain_contract=bound_to("LicenceLedger")).select_related(
        "provider", "consumer", "dataset"
    )


def licence_get(*, party: Party, licence_id: str) -> Licence:
    """Raises LicenceUnknown; to a stranger a licence does not exist."""
    licence = licences_of(party=party).filter(licence_id=licence_id).first()
    if licence is None:
        raise LicenceUnknown(f"there is no licence {licence_id} of yours", licence_id=licence_id)
    return licence


def licence_odrl(*, licence: Licence) -> dict[str, Any]:
    """The licence as an ODRL Agreement (docs/odrl.md)."""
    return to_odrl(GrantLicence.from_json(licence.grant), licence.terms, licence_id=licence.licence_id)


def licence_quantities(*, licence: Licence) -> LicenceQuantities:
    return quantities_of(licence_ids=[licence.licence_id])[licence.licence_id]


def quantities_of(*, licence_ids: Iterable[str]) -> dict[str, LicenceQuantities]:
    """The ledger's sums, for each id; one query."""
    wanted = list(licence_ids)
    sums: dict[str, dict[str, Quantity]] = {licence_id: {} for licence_id in wanted}
    rows = (
        QuantityEntry.objects.filter(licence_id__in=wanted)
        .order_by()
        .values("licence_id", "kind")
        .annotate(total_runs=Sum("runs"), total_cells=Sum("cells"), total_outputs=Sum("outputs"))
    )
    for row in rows:
        total = Quantity(int(row["total_runs"]), int(row["total_cells"]), int(row["total_outputs"]))
        sums[row["licence_id"]][row["kind"]] = total
    return {licence_id: _balance(kinds) for licence_id, kinds in sums.items()}


def agreements_of(*, party: Party) -> QuerySet[Agreement]:
    """Agreements to which it is a party, newest first."""
    own = Agreement.objects.filter(Q(provider=party) | Q(consumer=party))
    return own.select_related("provider", "consumer").prefetch_related("steps")


def agreement_get(*, party: Party, agreement_id: str) -> Agreement:
    """Raises AgreementUnknown; to a stranger an agreement does not exist."""
    agreement = agreements_of(party=party).filter(agreement_id=agreement_id).first()
    if agreement is None:
        raise AgreementUnknown(f"there is no agreement {agreement_id} of yours", agreement_id=agreement_id)
    return agreement


def licence_terms(*, licence: Licence) -> LicenceTerms:
    """The signed part of a licence, for `licences.domain.evaluate`."""
    names = column_names(licence)
    return LicenceTerms(
        licence_id=licence.licence_id,
        grant=GrantLicence.from_json(licence.grant),
        terms=Terms.from_document(licence.terms, column_names=names),
        column_names=names,
    )


def licence_standing(
    *, licence: Licence, quantities: LicenceQuantities, uses: tuple[Use, ...]
) -> LicenceStanding:
    """What is left of it and whether it may be used at all; its dates are evaluated from the grant."""
    return LicenceStanding(
        is_granted=licence.state in (LicenceState.GRANTED, LicenceState.EXPIRED),
        is_revoked=licence.state == LicenceState.REVOKED,
        remaining=quantities.remaining,
        holder=licence.holder,
        is_suspended=licence.agreements.filter(state=AgreementState.SUSPENDED).exists(),
        uses=uses,
    )


def column_names(licence: Licence) -> tuple[str, ...]:
    return tuple(column.name for column in licence.dataset.columns.order_by("index"))


def _balance(kinds: dict[str, Quantity]) -> LicenceQuantities:
    granted = _plus(kinds.get(EntryKind.GRANTED, NOTHING), kinds.get(EntryKind.TOPPED_UP, NOTHING))
    consumed = kinds.get(EntryKind.CONSUMED, NOTHING)
    closed = _minus(kinds.get(EntryKind.RESERVED, NOTHING), kinds.get(EntryKind.RELEASED, NOTHING))
    return LicenceQuantities(
        granted=granted,
        remaining=_minus(granted, closed),
        reserved=_minus(closed, consumed),
        consumed=consumed,
    )


def _plus(left: Quantity, right: Quantity) -> Quantity:
    return Quantity(left.runs + right.runs, left.cells + right.cells, left.outputs + right.outputs)


def _minus(left: Quantity, right: Quantity) -> Quantity:
    return Quantity(left.runs - right.runs, left.cells - right.cells, left.outputs - right.outputs)
