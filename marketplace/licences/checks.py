"""What each clause refuses: one generator for each clause of the table in `clauses`. No Django.

A check yields (column index or None, what is wrong, what to do, what would be allowed) and nothing if the
clause is kept. Checks that need a standing are not asked without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace.licences.domain import (
    SEALED,
    InputFacts,
    LicenceStanding,
    LicenceTerms,
    OrderFacts,
    budget_spent,
    quantity_of,
    used_since,
)
from marketplace.licences.terms import VISIBILITIES, Placement
from marketplace.licences.vocabulary import TIERS
from marketplace.signing.eip712 import bits_of

__all__ = ["Breach", "Case"]

Breach = tuple[int | None, str, str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One licence, the order's input under it, and what is known."""

    licence: LicenceTerms
    order: OrderFacts
    item: InputFacts
    standing: LicenceStanding | None

    @property
    def known(self) -> LicenceStanding:
        assert self.standing is not None  # by clauses.evaluate, which leaves such clauses out
        return self.standing


def _listed(words: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, words))) or "none"


# Signed in the grant ---------------------------------------------------------------------------


def consumer(case: Case) -> Iterator[Breach]:
    holder = case.licence.grant.consumer
    if case.standing is not None and case.standing.holder is not None:
        holder = case.standing.holder
    if case.order.consumer != holder:
        yield None, f"{holder} holds it, not {case.order.consumer}", "Ask for a licence.", holder


def dataset(case: Case) -> Iterator[Breach]:
    wanted = case.licence.grant.dataset_id
    if case.item.dataset_id != wanted:
        yield None, "it is for another dataset", "Use the licensed dataset.", wanted


def program(case: Case) -> Iterator[Breach]:
    if case.order.program_id not in case.licence.grant.program_ids:
        yield (
            None,
            f"program {case.order.program_id} is not among the licensed ones",
            "Order one of the licence's programs, or ask for a licence for this one.",
            _listed(case.licence.grant.program_ids),
        )


def columns(case: Case) -> Iterator[Breach]:
    licensed = case.licence.grant.columns
    allowed = _listed(case.licence.name(index) for index in bits_of(licensed) if index)
    for index in bits_of(case.item.columns & ~licensed):
        yield index, "the column is not licensed", "Order without it, or ask for it.", allowed
    if not case.item.columns & 1:
        yield 0, "bit 0 (`ones`) of the input's columns is not set", "Set it and sign again.", allowed


def validity(case: Case) -> Iterator[Breach]:
    grant, now = case.licence.grant, case.order.at
    if not grant.not_before <= now <= grant.not_after:
        span = f"{grant.not_before} to {grant.not_after} (unix seconds)"
        detail = f"it is valid from {span}, and now is {now}"
        yield None, detail, "Wait until it is valid, or ask for a new licence.", span


# Signed in the terms ---------------------------------------------------------------------------


def parameters(case: Case) -> Iterator[Breach]:
    bounds = case.licence.terms.parameters
    if bounds is None:
        return
    for name, value in case.order.parameters.items():
        if name not in bounds:
            detail = f"the parameter {name!r} is not licensed"
            yield None, detail, "Order without this parameter.", _listed(bounds)
        elif not bounds[name].allows(value):
            detail = f"the parameter {name!r} is {value!r:.80}"
            yield None, detail, "Choose an allowed value.", f"{name}: {bounds[name].text()}"


def purposes(case: Case) -> Iterator[Breach]:
    licensed = case.licence.terms.purposes
    if licensed is not None and case.order.purpose not in licensed:
        detail = f"the purpose {case.order.purpose!r} is not among {_listed(licensed)}"
        yield None, detail, "Order for a licensed purpose.", _listed(licensed)


def counterparties(case: Case) -> Iterator[Breach]:
    licensed = case.licence.terms.counterparties
    if licensed is None:
        return
    others = {other.owner for other in case.order.inputs} - {case.licence.grant.provider}
    for other in sorted(others - licensed):
        detail = f"data of {other} may not stand beside it"
        yield None, detail, "Order without that data.", _listed(licensed)


def recipient_keys(case: Case) -> Iterator[Breach]:
    licensed = case.licence.terms.recipient_keys
    is_sealed = case.order.visibility == SEALED
    if licensed is not None and is_sealed and case.order.recipient_key not in licensed:
        detail = f"{case.order.recipient_key} may not receive the result"
        yield None, detail, "Use a licensed key.", _listed(licensed)


def visibilities(case: Case) -> Iterator[Breach]:
    licensed = case.licence.terms.visibilities
    if licensed is not None and case.order.visibility not in licensed:
        names = {number: name for name, number in VISIBILITIES.items()}
        detail = f"a {names[case.order.visibility]} result is not licensed"
        yield None, detail, "Order the other one.", _listed(names[number] for number in licensed)


def roles(case: Case) -> Iterator[Breach]:
    uses = _modelled(case.order.parameters)
    for index in bits_of(case.item.columns):
        name = case.licence.name(index)
        rule = case.licence.terms.columns.get(name)
        if rule is None or not index:
            continue
        if rule.sides is not None and (extra := case.item.sides.get(index, frozenset()) - rule.sides):
            detail = (
                f"the program puts it on the {_listed(extra)}, it is licensed for the {_listed(rule.sides)}"
            )
            yield index, detail, "Order another program, or another sequence of inputs.", _listed(rule.sides)
        if rule.role == "key":
            detail = "it is a key: rows are joined by it, and no output may contain it"
            yield index, detail, "Order without this column.", "joining rows"
        elif rule.role == "group" and index not in case.item.flags:
            detail = "it is licensed as a group, and its schema allows other values than 0 and 1"
            yield index, detail, "Order its one-hot columns instead.", "0/1 columns"
        elif rule.role == "feature" and name in uses["target"]:
            detail = "it is a feature, and the order's parameters make it a target"
            yield index, detail, "Choose another target.", "regressor"
        elif rule.role == "label" and name in uses["regressors"]:
            detail = "it is a label, and the order's parameters let it explain another column"
            yield index, detail, "Leave it out of the regressors.", "target"


def disclosure(case: Case) -> Iterator[Breach]:
    is_joined = len({item.owner for item in case.order.inputs}) > 1
    for index in bits_of(case.item.columns):
        rule = case.licence.terms.columns.get(case.licence.name(index))
        if rule is None or not index:
            continue
        if rule.disclosure == "never":
            yield index, "it is never disclosed", "Order without this column.", "nothing"
        elif case.order.discloses_rows:
            detail = "the program's outputs are values of single rows"
            yield index, detail, "Order a program of aggregates.", "aggregates"
        elif rule.disclosure == "after_join" and not is_joined:
            detail = "it is disclosed only beside another provider's data, and the order has none"
            yield index, detail, "Order it together with another provider's data.", "joint orders"


def smallest_group(case: Case) -> Iterator[Breach]:
    smallest, item = case.licence.terms.smallest_group, case.item
    allowed = f"at least {smallest} rows"
    if item.rows < smallest:
        detail = f"the dataset has {item.rows} rows; no aggregate may cover fewer than {smallest}"
        yield None, detail, "Ask for a licence with a smaller group.", allowed
    for index, size in item.group_sizes.items():
        if item.columns >> index & 1 and 0 < size < smallest:
            detail = f"the column selects {size} rows; no aggregate may cover fewer than {smallest}"
            yield index, detail, "Order without this column.", allowed


def smallest_intersection(case: Case) -> Iterator[Breach]:
    smallest = case.licence.terms.smallest_intersection
    if len({item.owner for item in case.order.inputs}) > 1 and case.item.rows < smallest:
        detail = f"the providers have {case.item.rows} rows in common, fewer than {smallest}"
        yield None, detail, "Join datasets with more rows in common.", f"at least {smallest} rows"


def placement(case: Case) -> Iterator[Breach]:
    wanted = case.licence.terms.placement_for(case.item.grade)
    allowed, order = _placement_text(wanted), case.order
    for name, licensed, wished in (
        ("regions", wanted.regions, order.regions),
        ("tiers", wanted.tiers, order.tiers),
    ):
        if licensed is not None and (not licensed or (wished is not None and not licensed & wished)):
            detail = f"nodes may be in {name} {_names(name, licensed)} only, the order wants others"
            yield None, detail, "Order placement where the licence allows it.", allowed
    for seat in order.seats or ():
        if wanted.regions is not None and seat.region not in wanted.regions:
            yield None, f"the node of seat {seat.seat} is in {seat.region}", "Match others.", allowed
        if wanted.tiers is not None and seat.tier not in wanted.tiers:
            tier = _names("tiers", {seat.tier})
            yield None, f"the node of seat {seat.seat} is of tier {tier}", "Match others.", allowed
        if seat.assurance < wanted.min_assurance:
            detail = f"the node of seat {seat.seat} has assurance {seat.assurance}"
            yield None, detail, "Match others.", allowed


# What the ledger says ---------------------------------------------------------------------------


def state(case: Case) -> Iterator[Breach]:
    if not case.known.is_granted and not case.known.is_revoked:
        yield (
            None,
            "the chain has not granted it",
            "Wait until it is GRANTED, then order again.",
            "a granted licence",
        )


def suspension(case: Case) -> Iterator[Breach]:
    if case.known.is_suspended:
        remedy = "Wait until its provider lifts the suspension."
        yield None, "its provider suspended it", remedy, "nothing while it is suspended"


def on_revocation(case: Case) -> Iterator[Breach]:
    """At the connector (seats are known) a licence may let open jobs finish after its revocation."""
    if not case.known.is_revoked:
        return
    if case.order.seats is not None and case.licence.terms.on_revocation == "finish":
        return
    yield None, "its provider revoked it", "Ask for a new licence.", "nothing after its revocation"


def quantity(name: str) -> Any:
    """The check of runs, cells or outputs in total."""

    def check(case: Case) -> Iterator[Breach]:
        asked = getattr(quantity_of(case.order, case.item), name)
        left = getattr(case.known.remaining, name)
        if asked > left:
            detail = f"the order needs {asked} {name}, {left} are left"
            yield None, detail, "Ask for more quantity.", f"at most {left} {name}"

    return check


def windows(case: Case) -> Iterator[Breach]:
    needed = quantity_of(case.order, case.item)
    for window in case.licence.terms.windows:
        used = used_since(case.known.uses, case.order.at - window.seconds)
        for name in ("runs", "cells", "outputs"):
            limit = getattr(window, name)
            total = getattr(used, name) + getattr(needed, name)
            if limit is not None and total > limit:
                detail = (
                    f"with this order {total} {name} would be used within {window.seconds} seconds, "
                    f"{limit} are licensed"
                )
                left = max(0, limit - getattr(used, name))
                yield None, detail, "Wait until earlier runs leave the window.", f"{left} {name} now"


def noise(case: Case) -> Iterator[Breach]:
    wanted = case.licence.terms.noise
    if wanted is None:
        return
    if not case.order.is_noise_dealt:
        remedy = "Ask for a licence without noise, or for a program to which noise is dealt."
        yield None, "nobody deals noise to this program", remedy, "results with noise"
    if case.order.visibility != SEALED:
        yield None, "the noisy result is for the consumer only", "Order a sealed result.", "sealed results"
    epsilon, delta = budget_spent(wanted, case.known.uses)
    if epsilon + wanted.epsilon_per_run > wanted.epsilon_total:
        left = float(max(wanted.epsilon_total - epsilon, Fraction(0)))
        detail = f"ε {float(epsilon):g} of {float(wanted.epsilon_total):g} is spent"
        yield None, detail, "Ask for a licence with more budget.", f"ε {left:g} more"
    if delta + wanted.delta_per_run > wanted.delta_total:
        left = float(max(wanted.delta_total - delta, Fraction(0)))
        detail = f"δ {float(delta):g} of {float(wanted.delta_total):g} is spent"
        yield None, detail, "Ask for a licence with more budget.", f"δ {left:g} more"


def _modelled(parameters: Mapping[str, Any]) -> dict[str, set[str]]:
    """Which columns the order's parameters name as targets and as regressors."""
    found: dict[str, set[str]] = {"target": set(), "regressors": set()}
    regressions = parameters.get("regressions")
    for one in regressions if isinstance(regressions, list) else []:
        if isinstance(one, dict):
            found["target"].add(str(one.get("target")))
            given = one.get("regressors")
            found["regressors"] |= set(map(str, given)) if isinstance(given, list) else set()
    return found


def _names(kind: str, values: Iterable[Any]) -> str:
    tiers = {number: name for name, number in TIERS.items()}
    return _listed(tiers[value] if kind == "tiers" else value for value in values)


def _placement_text(wanted: Placement) -> str:
    parts = []
    if wanted.tiers is not None:
        parts.append(f"tiers {_names('tiers', wanted.tiers)}")
    if wanted.regions is not None:
        parts.append(f"regions {_names('regions', wanted.regions)}")
    if wanted.min_assurance:
        parts.append(f"assurance {wanted.min_assurance} or more")
    return "; ".join(parts) or "any node"
