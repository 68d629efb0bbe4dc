"""The statement of every use of a provider's licences, signed by the market's key. No Django.

    {"statement": {format, chain_id, contracts, provider, issued_at, up_to_block, licences, uses},
     "signer": address, "signature": of UsageStatement}

`check` needs no network; that the chain says the same is checked by `scheduler/agents/verify_statement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from marketplace.signing.canonical import document_hash
from marketplace.signing.errors import SigningError
from marketplace.signing.typed_message import Eip712Domain, TypedMessage, solidity

__all__ = ["FORMAT", "QUANTITIES", "StatementInvalid", "UsageStatement", "check", "totals"]

FORMAT = "hengsuan/usage-statement/v1"
QUANTITIES = ("runs", "cells", "outputs")
MEMBERS = frozenset(
    {"format", "chain_id", "contracts", "provider", "issued_at", "up_to_block", "licences", "uses"}
)
USE_MEMBERS = frozenset(
    {
        *("licence_id", "job_id", "consumer", "program_id", "purpose", "columns", "at"),
        *("transaction_hash", "block_number", "log_index", *QUANTITIES),
    }
)


class StatementInvalid(Exception):
    """It is not a statement, or not what was signed."""


@dataclass(frozen=True, slots=True)
class UsageStatement(TypedMessage):
    """What the market signs: the hash of the canonical statement. The contracts do not read it."""

    CONTRACT: ClassVar[str] = "LicenceLedger"

    provider: str = solidity("address")
    content_hash: str = solidity("bytes32")
    issued_at: int = solidity("uint64")


def totals(uses: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Licence id → runs, cells, outputs of all its uses, as decimal text."""
    sums: dict[str, Counter[str]] = {}
    for use in uses:
        sums.setdefault(use["licence_id"], Counter()).update({name: int(use[name]) for name in QUANTITIES})
    return {licence: {name: str(sums[licence][name]) for name in QUANTITIES} for licence in sorted(sums)}


def check(document: Any) -> dict[str, Any]:
    """The statement, if it is whole, adds up and is signed by its signer. Raises StatementInvalid."""
    if not isinstance(document, dict) or document.keys() != {"statement", "signer", "signature"}:
        raise StatementInvalid("the document has exactly statement, signer and signature")
    statement = document["statement"]
    if not isinstance(statement, dict) or statement.keys() != MEMBERS or statement["format"] != FORMAT:
        raise StatementInvalid(f"it is no statement of the format {FORMAT}")
    uses = statement["uses"]
    if not isinstance(uses, list) or not all(isinstance(u, dict) and u.keys() == USE_MEMBERS for u in uses):
        raise StatementInvalid("a use lacks something, or has more than a use has")
    if len({(use["licence_id"], use["job_id"]) for use in uses}) != len(uses):
        raise StatementInvalid("a job stands twice under one licence")
    try:
        if statement["licences"] != totals(uses):
            raise StatementInvalid("the sums are not those of the uses")
        message = UsageStatement(
            provider=statement["provider"],
            content_hash=document_hash(statement),
            issued_at=statement["issued_at"],
        )
        domain = Eip712Domain(statement["chain_id"], statement["contracts"]["LicenceLedger"])
        signer = message.recover(domain, document["signature"])
    except (SigningError, KeyError, TypeError, ValueError) as error:
        raise StatementInvalid(str(error)) from error
    if signer != document["signer"]:
        raise StatementInvalid(f"it was signed by {signer}, not by {document['signer']}")
    return statement
