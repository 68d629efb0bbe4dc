"""How two parties come to a licence and change it: acts, states, signed steps and their hashes. No Django.

A step says what its signer does, on which content, and after which step: its EIP-712 digest is the next one's
`previous`, so nobody can later leave out, reorder or exchange a version. Steps of the ledger (a licence is
used up, or has quantity again) carry no signature; their hash is that of their canonical JSON. ADR 0013.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from marketplace.signing.canonical import document_hash
from marketplace.signing.typed_message import Eip712Domain, TypedMessage, solidity

__all__ = [
    "ACT_NUMBERS",
    "PROPOSALS",
    "TABLE",
    "Act",
    "AgreementState",
    "ChainBroken",
    "LicenceStep",
    "Side",
    "StepRecord",
    "check_chain",
    "ledger_step_hash",
    "next_state",
]

ZERO = "0x" + "00" * 32


class AgreementState(StrEnum):
    OFFERED = "OFFERED"
    COUNTERED = "COUNTERED"
    AGREED = "AGREED"
    AMENDING = "AMENDING"
    SUSPENDED = "SUSPENDED"
    EXHAUSTED = "EXHAUSTED"
    REVOKED = "REVOKED"
    DECLINED = "DECLINED"


class Act(StrEnum):
    OFFER = "offer"
    COUNTER = "counter"
    ACCEPT = "accept"
    DECLINE = "decline"
    AMEND = "amend"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    EXHAUST = "exhaust"
    REPLENISH = "replenish"


ACT_NUMBERS: Mapping[Act, int] = {act: number for number, act in enumerate(Act, start=1)}
PROPOSALS = frozenset({Act.OFFER, Act.COUNTER, Act.AMEND})
"""Acts that bring new content: a grant with its terms."""


class Side(StrEnum):
    PROVIDER = "provider"
    CONSUMER = "consumer"
    LEDGER = "ledger"


class Who(StrEnum):
    """Who may take an act in a state."""

    EITHER = "either"
    OTHER = "the side that did not propose"
    PROVIDER = "provider"
    LEDGER = "ledger"


_S, _A, _W = AgreementState, Act, Who
TABLE: Mapping[tuple[AgreementState | None, Act], tuple[AgreementState, Who]] = {
    (None, _A.OFFER): (_S.OFFERED, _W.EITHER),
    (_S.OFFERED, _A.COUNTER): (_S.COUNTERED, _W.OTHER),
    (_S.OFFERED, _A.ACCEPT): (_S.AGREED, _W.OTHER),
    (_S.OFFERED, _A.DECLINE): (_S.DECLINED, _W.EITHER),
    (_S.COUNTERED, _A.COUNTER): (_S.COUNTERED, _W.OTHER),
    (_S.COUNTERED, _A.ACCEPT): (_S.AGREED, _W.OTHER),
    (_S.COUNTERED, _A.DECLINE): (_S.DECLINED, _W.EITHER),
    (_S.AGREED, _A.AMEND): (_S.AMENDING, _W.EITHER),
    (_S.AGREED, _A.SUSPEND): (_S.SUSPENDED, _W.PROVIDER),
    (_S.AGREED, _A.REVOKE): (_S.REVOKED, _W.PROVIDER),
    (_S.AGREED, _A.EXHAUST): (_S.EXHAUSTED, _W.LEDGER),
    (_S.AMENDING, _A.COUNTER): (_S.AMENDING, _W.OTHER),
    (_S.AMENDING, _A.ACCEPT): (_S.AGREED, _W.OTHER),
    (_S.AMENDING, _A.DECLINE): (_S.AGREED, _W.EITHER),
    (_S.AMENDING, _A.REVOKE): (_S.REVOKED, _W.PROVIDER),
    (_S.SUSPENDED, _A.RESUME): (_S.AGREED, _W.PROVIDER),
    (_S.SUSPENDED, _A.REVOKE): (_S.REVOKED, _W.PROVIDER),
    (_S.EXHAUSTED, _A.AMEND): (_S.AMENDING, _W.EITHER),
    (_S.EXHAUSTED, _A.REPLENISH): (_S.AGREED, _W.LEDGER),
    (_S.EXHAUSTED, _A.REVOKE): (_S.REVOKED, _W.PROVIDER),
}
"""(state, act) → state and who may; nothing else changes a state. AMENDING keeps the old licence in force."""


def next_state(
    state: AgreementState | None, act: Act, by: Side, *, proposed_by: Side | None
) -> AgreementState | None:
    """The state after the act; None if the table does not allow it, or not to this side."""
    found = TABLE.get((state, act))
    if found is None:
        return None
    target, who = found
    may = {
        Who.EITHER: by in (Side.PROVIDER, Side.CONSUMER),
        Who.OTHER: by in (Side.PROVIDER, Side.CONSUMER) and by != proposed_by,
        Who.PROVIDER: by == Side.PROVIDER,
        Who.LEDGER: by == Side.LEDGER,
    }
    return target if may[who] else None


@dataclass(frozen=True, slots=True)
class LicenceStep(TypedMessage):
    """A party's step.

    `previous` is the step before (zero in the first), `content_hash` the hash of the canonical
    `{"grant", "terms"}` that it proposes or accepts (zero in other acts).
    """

    CONTRACT: ClassVar[str] = "LicenceLedger"

    signer: str = solidity("address")
    number: int = solidity("uint32")
    previous: str = solidity("bytes32")
    act: int = solidity("uint8")
    content_hash: str = solidity("bytes32")
    signed_at: int = solidity("uint64")


def ledger_step_hash(*, number: int, previous: str, act: Act, content: Mapping[str, Any]) -> str:
    """The hash of a step that nobody signs."""
    return document_hash({"number": number, "previous": previous, "act": act.value, "content": dict(content)})


class ChainBroken(Exception):
    """The steps are no history that the table, the signatures and the hashes allow."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step as the market hands it out."""

    number: int
    act: Act
    by: Side
    content: Mapping[str, Any]
    step: Mapping[str, Any] | None
    signature: str | None


def check_chain(
    steps: Iterable[StepRecord], *, domain: Eip712Domain, provider: str, consumer: str
) -> tuple[AgreementState, str, Mapping[str, Any] | None]:
    """State, hash of the last step, and the content that both sides signed last (None before an agreement).

    Raises ChainBroken. `provider` and `consumer` are addresses; the market is believed in nothing.
    """
    addresses = {Side.PROVIDER: provider, Side.CONSUMER: consumer}
    state: AgreementState | None = None
    head, proposed_by = ZERO, None
    proposal: Mapping[str, Any] = {}
    agreed: Mapping[str, Any] | None = None
    for number, record in enumerate(steps, start=1):
        target = next_state(state, record.act, record.by, proposed_by=proposed_by)
        if record.number != number or target is None:
            raise ChainBroken(f"step {record.number}: {record.by} cannot {record.act} when it is {state}")
        if record.act == Act.ACCEPT and record.content != proposal:
            raise ChainBroken(f"step {number} accepts another content than was proposed")
        head = _step_hash(record, head, domain, addresses)
        if record.act in PROPOSALS:
            proposal, proposed_by = record.content, record.by
        if record.act == Act.ACCEPT:
            agreed = record.content
        state = target
    if state is None:
        raise ChainBroken("there is no step")
    return state, head, agreed


def _step_hash(record: StepRecord, previous: str, domain: Eip712Domain, addresses: Mapping[Side, str]) -> str:
    if record.by == Side.LEDGER:
        return ledger_step_hash(
            number=record.number, previous=previous, act=record.act, content=record.content
        )
    step = LicenceStep.from_json(record.step)
    has_content = record.act in PROPOSALS or record.act == Act.ACCEPT
    expected = (
        addresses[record.by],
        record.number,
        previous,
        ACT_NUMBERS[record.act],
        document_hash(dict(record.content)) if has_content else ZERO,
    )
    if (step.signer, step.number, step.previous, step.act, step.content_hash) != expected:
        raise ChainBroken(f"step {record.number} is not what its signer signed")
    if step.recover(domain, str(record.signature)) != step.signer:
        raise ChainBroken(f"step {record.number} is not signed by its {record.by}")
    return step.digest(domain)
