"""Licences as ODRL 2.2 agreements in JSON-LD, and back. No Django. The profile: docs/odrl.md.

`to_odrl` and `from_odrl` are inverse to each other. Reading is strict: whatever the profile does not say how
to read (a member, an operand, an operator, a second constraint of one kind) is refused, never ignored.
ODRL Information Model 2.2 and Vocabulary 2.2, W3C Recommendations of 15 February 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import GrantLicence, bits_of

__all__ = ["PROFILE", "OdrlRefused", "from_odrl", "to_odrl"]

NAMESPACE = "https://hengsuan.example/ns/odrl/v1#"
PROFILE = "https://hengsuan.example/ns/odrl/v1"
CONTEXT = ["http://www.w3.org/ns/odrl.jsonld", {"hs": NAMESPACE, "xsd": "http://www.w3.org/2001/XMLSchema#"}]
ADDRESS, DATASET, PROGRAM = "urn:ethereum:", "urn:hengsuan:dataset:", "urn:hengsuan:program:"
TOKEN = "urn:hengsuan:settlement-token"  # noqa: S105  # the unit of prices, no secret
QUANTITIES = {"runs": "count", "cells": "hs:cells", "outputs": "hs:outputs"}

# Clause of the terms → left operand, operator, and what stands before each of its words.
_PLAIN = {
    "purposes": ("purpose", "isAnyOf", "hs:purpose-"),
    "counterparties": ("hs:counterparty", "isAnyOf", ADDRESS),
    "recipient_keys": ("recipient", "isAnyOf", "urn:x25519:"),
    "visibilities": ("hs:visibility", "isAnyOf", "hs:"),
    "smallest_group": ("hs:groupSize", "gteq", ""),
    "smallest_intersection": ("hs:intersectionSize", "gteq", ""),
    "on_revocation": ("hs:onRevocation", "eq", "hs:"),
}
_PLACEMENT = {
    "tiers": ("hs:tier", "isAnyOf", "hs:"),
    "regions": ("spatial", "isAnyOf", "urn:hengsuan:region:"),
    "min_assurance": ("hs:assurance", "gteq", ""),
}
_COLUMN = {
    "role": ("hs:role", "eq", "hs:"),
    "disclosure": ("hs:disclosure", "eq", "hs:"),
    "sides": ("hs:side", "isAnyOf", "hs:"),
}
_NOISE = {
    "mechanism": ("hs:mechanism", "eq", "hs:"),
    "epsilon_per_run": ("hs:epsilonPerRun", "eq", ""),
    "epsilon_total": ("hs:epsilonTotal", "lteq", ""),
    "delta_per_run": ("hs:deltaPerRun", "eq", ""),
    "delta_total": ("hs:deltaTotal", "lteq", ""),
}
_CLAUSES = {*_PLAIN, "placement", "columns", "parameters", "windows", "noise", "version", "note"}


class OdrlRefused(Exception):
    """The document says something that the profile has no reading for; `path` names the place."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path


# Writing ---------------------------------------------------------------------------------------


def to_odrl(grant: GrantLicence, terms: dict[str, Any], *, licence_id: str) -> dict[str, Any]:
    """The licence as an ODRL Agreement. Raises OdrlRefused for a clause that the profile does not know."""
    if unknown := terms.keys() - _CLAUSES:
        raise OdrlRefused(sorted(unknown)[0], "the profile has no such clause")
    policy: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Agreement",
        "uid": f"urn:hengsuan:licence:{licence_id}",
        "profile": PROFILE,
        "assigner": ADDRESS + grant.provider,
        "assignee": ADDRESS + grant.consumer,
        "hs:termsVersion": terms["version"],
        "hs:salt": str(grant.salt),
        "hs:deadline": str(grant.deadline),
        "permission": [
            {
                "target": DATASET + grant.dataset_id,
                "action": "hs:compute",
                "constraint": [*_grant_constraints(grant), *_terms_constraints(terms)],
                "duty": [_payment(grant), *_noise_duty(terms)],
            }
        ],
    }
    if "note" in terms:
        policy["hs:note"] = terms["note"]
    return policy


def _constraint(left: str, operator: str, right: Any, **about: Any) -> dict[str, Any]:
    return {
        "leftOperand": left,
        "operator": operator,
        "rightOperand": right,
        **{f"hs:{k}": v for k, v in about.items()},
    }


def _grant_constraints(grant: GrantLicence) -> Iterator[dict[str, Any]]:
    yield _constraint("hs:program", "isAnyOf", [PROGRAM + one for one in grant.program_ids])
    yield _constraint("hs:columnIndex", "isAnyOf", list(bits_of(grant.columns)))
    for member, left in QUANTITIES.items():
        yield _constraint(left, "lteq", str(getattr(grant, member)))
    yield _constraint("dateTime", "gteq", _date(grant.not_before))
    yield _constraint("dateTime", "lteq", _date(grant.not_after))


def _terms_constraints(terms: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from _members(terms, _PLAIN)
    placement = terms.get("placement", {})
    yield from _members(placement, _PLACEMENT)
    for grade, part in placement.get("by_grade", {}).items():
        yield from _members(part, _PLACEMENT, fromGrade=grade)
    for name, rule in terms.get("columns", {}).items():
        yield from _members(rule, _COLUMN, column=name)
    if "parameters" in terms:
        yield _constraint("hs:parameterName", "isAnyOf", list(terms["parameters"]))
        for name, bound in terms["parameters"].items():
            for member, (left, operator) in _BOUNDS.items():
                if member in bound:
                    yield _constraint(left, operator, bound[member], parameter=name)
    for number, window in enumerate(terms.get("windows", [])):
        for member, left in QUANTITIES.items():
            if member in window:
                yield _constraint(
                    left, "lteq", window[member], window=number, withinSeconds=window["seconds"]
                )


_BOUNDS = {
    "any_of": ("hs:parameterValue", "isAnyOf"),
    "minimum": ("hs:parameterValue", "gteq"),
    "maximum": ("hs:parameterValue", "lteq"),
    "max_items": ("hs:parameterItems", "lteq"),
}


def _members(
    values: dict[str, Any], table: dict[str, tuple[str, str, str]], **about: Any
) -> Iterator[dict[str, Any]]:
    for member, (left, operator, prefix) in table.items():
        if member in values:
            value = values[member]
            if prefix:
                value = [prefix + one for one in value] if isinstance(value, list) else prefix + value
            yield _constraint(left, operator, value, **about)


def _payment(grant: GrantLicence) -> dict[str, Any]:
    amount = _constraint("payAmount", "eq", str(grant.price_per_run))
    return {"action": "compensate", "constraint": [amount | {"unit": TOKEN, "hs:per": "hs:run"}]}


def _noise_duty(terms: dict[str, Any]) -> list[dict[str, Any]]:
    if "noise" not in terms:
        return []
    return [{"action": "hs:addNoise", "constraint": list(_members(terms["noise"], _NOISE))}]


def _date(seconds: int) -> dict[str, str]:
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise OdrlRefused("dateTime", f"{seconds} is beyond the year 9999") from None
    return {"@value": text.rjust(20, "0"), "@type": "xsd:dateTime"}


# Reading ---------------------------------------------------------------------------------------


def from_odrl(document: Any) -> tuple[GrantLicence, dict[str, Any]]:
    """The grant (with the hash of its terms) and the terms. Raises OdrlRefused, MalformedMessage."""
    policy = _Object("$", document)
    if policy.take("@context") != CONTEXT or policy.take("@type") != "Agreement":
        raise OdrlRefused("$", "this is not an Agreement in the context of docs/odrl.md")
    if policy.take("profile") != PROFILE:
        raise OdrlRefused("profile", f"only {PROFILE} is read")
    policy.take("uid")
    head: dict[str, Any] = {
        "provider": _unprefixed("assigner", ADDRESS, policy.take("assigner")),
        "consumer": _unprefixed("assignee", ADDRESS, policy.take("assignee")),
        "salt": _integer("hs:salt", policy.take("hs:salt")),
        "deadline": _integer("hs:deadline", policy.take("hs:deadline")),
    }
    terms: dict[str, Any] = {"version": policy.take("hs:termsVersion")}
    if "hs:note" in policy.rest:
        terms["note"] = policy.take("hs:note")
    permissions = policy.take("permission")
    policy.done()
    if not isinstance(permissions, list) or len(permissions) != 1:
        raise OdrlRefused("permission", "there is exactly one")
    permission = _Object("permission", permissions[0])
    if permission.take("action") != "hs:compute":
        raise OdrlRefused("permission.action", "must be hs:compute")
    dataset = _unprefixed("permission.target", DATASET, permission.take("target"))
    constraints = _Constraints("permission.constraint", permission.take("constraint"))
    price, noise = _read_duties(permission.take("duty"))
    permission.done()
    head |= _read_grant(constraints)
    terms |= _read_terms(constraints) | noise
    constraints.done()
    grant = GrantLicence(dataset_id=dataset, terms_hash=document_hash(terms), price_per_run=price, **head)
    return grant, terms


class _Object:
    """A JSON object whose every member must be taken."""

    def __init__(self, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise OdrlRefused(path, "must be an object")
        self.path, self.rest = path, dict(value)

    def take(self, name: str) -> Any:
        if name not in self.rest:
            raise OdrlRefused(self.path, f"lacks {name}")
        return self.rest.pop(name)

    def done(self) -> None:
        if self.rest:
            raise OdrlRefused(f"{self.path}.{sorted(self.rest)[0]}", "is not in the profile")


Key = tuple[str, str, tuple[tuple[str, Any], ...]]


class _Constraints:
    """Constraints by left operand, operator and what they are about; each must be taken."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.rest: dict[Key, Any] = {}
        if not isinstance(value, list):
            raise OdrlRefused(path, "must be a list")
        for entry in value:
            item = _Object(path, entry)
            left, operator, right = (item.take(n) for n in ("leftOperand", "operator", "rightOperand"))
            about = tuple(sorted(item.rest.items()))
            if not all(isinstance(word, str) for word in (left, operator)) or not all(
                type(part) in (str, int) for _, part in about
            ):
                raise OdrlRefused(path, "operands and operators are words")
            if (left, operator, about) in self.rest:
                raise OdrlRefused(path, f"{left} {operator} stands twice")
            self.rest[left, operator, about] = right

    def take(self, left: str, operator: str, **about: Any) -> Any:
        """The right operand, or None if there is no such constraint."""
        return self.rest.pop((left, operator, _about(**about)), None)

    def need(self, left: str, operator: str, **about: Any) -> Any:
        if (found := self.take(left, operator, **about)) is None:
            raise OdrlRefused(self.path, f"lacks {left} {operator}")
        return found

    def values(self, name: str) -> list[Any]:
        """What the remaining constraints are about under `name`, in their order."""
        found = [dict(about)[f"hs:{name}"] for _, _, about in self.rest if f"hs:{name}" in dict(about)]
        return list(dict.fromkeys(found))

    def done(self) -> None:
        for left, operator, about in self.rest:
            raise OdrlRefused(
                self.path, f"{left} {operator} {dict(about) or ''} is not in the profile".strip()
            )


def _about(**about: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((f"hs:{name}", value) for name, value in about.items()))


def _read_grant(found: _Constraints) -> dict[str, Any]:
    programs = _list("hs:program", found.need("hs:program", "isAnyOf"))
    indexes = _list("hs:columnIndex", found.need("hs:columnIndex", "isAnyOf"))
    if (
        not all(type(index) is int and 0 <= index < 256 for index in indexes)
        or sorted(set(indexes)) != indexes
    ):
        raise OdrlRefused("hs:columnIndex", "must be rising column indexes")
    return {
        "program_ids": tuple(_unprefixed("hs:program", PROGRAM, one) for one in programs),
        "columns": sum(1 << index for index in indexes),
        "not_before": _seconds(found.need("dateTime", "gteq")),
        "not_after": _seconds(found.need("dateTime", "lteq")),
        **{name: _integer(left, found.need(left, "lteq")) for name, left in QUANTITIES.items()},
    }


def _read_terms(found: _Constraints) -> dict[str, Any]:
    terms = _read_members(found, _PLAIN)
    placement: dict[str, Any] = _read_members(found, _PLACEMENT)
    if grades := found.values("fromGrade"):
        placement["by_grade"] = {grade: _read_members(found, _PLACEMENT, fromGrade=grade) for grade in grades}
    if placement:
        terms["placement"] = placement
    if columns := found.values("column"):
        terms["columns"] = {name: _read_members(found, _COLUMN, column=name) for name in columns}
    if (names := found.take("hs:parameterName", "isAnyOf")) is not None:
        terms["parameters"] = {name: _read_bound(found, name) for name in _list("hs:parameterName", names)}
    if windows := found.values("window"):
        if windows != list(range(len(windows))):
            raise OdrlRefused("hs:window", "windows are numbered from 0")
        terms["windows"] = [_read_window(found, number) for number in windows]
    return terms


def _read_members(
    found: _Constraints, table: dict[str, tuple[str, str, str]], **about: Any
) -> dict[str, Any]:
    read = {}
    for member, (left, operator, prefix) in table.items():
        value = found.take(left, operator, **about)
        if value is None:
            continue
        if operator == "isAnyOf":
            value = [_unprefixed(left, prefix, one) for one in _list(left, value)]
        elif prefix:
            value = _unprefixed(left, prefix, value)
        read[member] = value
    return read


def _read_bound(found: _Constraints, name: str) -> dict[str, Any]:
    values = {m: found.take(left, op, parameter=name) for m, (left, op) in _BOUNDS.items()}
    return {member: value for member, value in values.items() if value is not None}


def _read_window(found: _Constraints, number: int) -> dict[str, Any]:
    seconds = {
        dict(a)["hs:withinSeconds"] for _, _, a in found.rest if ("hs:window", number) in a and len(a) == 2
    }
    if len(seconds) != 1:
        raise OdrlRefused("hs:window", f"window {number} has one hs:withinSeconds")
    window: dict[str, Any] = {"seconds": seconds.pop()}
    for member, left in QUANTITIES.items():
        limit = found.take(left, "lteq", window=number, withinSeconds=window["seconds"])
        if limit is not None:
            window[member] = limit
    return window


def _read_duties(value: Any) -> tuple[int, dict[str, Any]]:
    """The price per run, and the clause `noise` if there is one."""
    duties: dict[Any, Any] = {}
    for entry in _list("permission.duty", value):
        duty = _Object("permission.duty", entry)
        action, constraint = duty.take("action"), duty.take("constraint")
        duty.done()
        if action not in ("compensate", "hs:addNoise") or action in duties:
            raise OdrlRefused("permission.duty", f"{action!r} is not in the profile, or stands twice")
        duties[action] = constraint
    if "compensate" not in duties:
        raise OdrlRefused("permission.duty", "lacks compensate")
    payments = _list("permission.duty", duties["compensate"])
    if len(payments) != 1:
        raise OdrlRefused("permission.duty", "there is one payment")
    payment = _Object("permission.duty", payments[0])
    price = _integer("payAmount", payment.take("rightOperand"))
    expected = {"leftOperand": "payAmount", "operator": "eq", "unit": TOKEN, "hs:per": "hs:run"}
    if payment.rest != expected:
        raise OdrlRefused("permission.duty", "the payment is an amount of the settlement token per run")
    if "hs:addNoise" not in duties:
        return price, {}
    found = _Constraints("permission.duty", duties["hs:addNoise"])
    noise = _read_members(found, _NOISE)
    found.done()
    return price, {"noise": noise}


def _list(path: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise OdrlRefused(path, "must be a list")
    return value


def _unprefixed(path: str, prefix: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(prefix):
        raise OdrlRefused(path, f"must begin with {prefix}, not be {value!r:.80}")
    return value.removeprefix(prefix)


def _integer(path: str, value: Any) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or str(int(value)) != value:
        raise OdrlRefused(path, f"must be a decimal integer as text, not {value!r:.80}")
    return int(value)


def _seconds(value: Any) -> int:
    try:
        if value.keys() == {"@value", "@type"} and value["@type"] == "xsd:dateTime":
            read = datetime.strptime(value["@value"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            if _date(seconds := int(read.timestamp())) == value:
                return seconds
    except (AttributeError, TypeError, ValueError):
        pass
    raise OdrlRefused("dateTime", f"must be an xsd:dateTime in UTC by the second, not {value!r:.80}")
