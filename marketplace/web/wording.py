"""Names of states and events for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["JOB_STAGES", "event_title", "state_title"]

JOB_STAGES = (
    "PLACED",
    "ADMITTED",
    "MATCHED",
    "OPENED",
    "DEALING",
    "COMPUTING",
    "PROVING",
    "VERIFIED",
    "SETTLED",
)

_STATES: dict[str, str | Promise] = {
    "PLACED": _("Placed"),
    "ADMITTED": _("Admitted"),
    "MATCHED": _("Matched"),
    "OPENED": _("Opened"),
    "DEALING": _("Dealing shares"),
    "COMPUTING": _("Computing"),
    "PROVING": _("Proving"),
    "VERIFIED": _("Verified"),
    "SETTLED": _("Settled"),
    "CANCELLED": _("Cancelled"),
    "FAILED": _("Failed"),
    "EXPIRED": _("Expired"),
    "SUBMITTED": _("Submitted"),
    "REGISTERED": _("Registered"),
    "REJECTED": _("Rejected"),
    "SIGNED": _("Signed"),
    "GRANTED": _("Granted"),
    "REVOKED": _("Revoked"),
    "ONLINE": _("Online"),
    "DRAINING": _("Draining"),
    "OFFLINE": _("Offline"),
    "QUEUED": _("Queued"),
    "SENT": _("Sent"),
    "MINED": _("Mined"),
    "FINAL": _("Final"),
    "REVERTED": _("Reverted"),
    "reserved": _("Reserved"),
    "consumed": _("Consumed"),
    "released": _("Released"),
    "granted": _("Granted"),
}

_EVENTS: dict[str, str | Promise] = {
    "placed": _("Order placed"),
    "admitted": _("Licences allow the order"),
    "admission_refused": _("A licence refuses the order"),
    "matched": _("Nodes chosen"),
    "match_not_found": _("No fitting nodes yet"),
    "opened": _("Open on the chain: quantities reserved, price locked"),
    "dealing_started": _("Providers deal shares"),
    "computing_started": _("Nodes compute on shares"),
    "proving_started": _("Nodes prove"),
    "verified": _("Proof verified by the market"),
    "settled": _("Settled: quantities consumed, everyone paid"),
    "reseated": _("Other nodes take over"),
    "seats_lost": _("Nodes were lost"),
    "proof_rejected": _("The combined proof was rejected"),
    "blame_started": _("Looking for who broke it"),
    "fault_found": _("The party at fault is named"),
    "reseat_decided": _("Other nodes chosen"),
    "failure_decided": _("Given up"),
    "cancellation_requested": _("Cancellation requested"),
    "opened_too_late": _("Opened after its end: given up on the chain"),
    "cancelled": _("Cancelled"),
    "failed": _("Failed"),
    "expired": _("Expired"),
    "chain_reverted": _("The chain refused a transaction"),
    "transaction_queued": _("Transaction queued"),
    "transaction_sent": _("Transaction sent"),
    "transaction_reverted": _("Transaction refused"),
    "JobOpened": _("Chain: job opened"),
    "JobDealing": _("Chain: dealing started"),
    "JobReseated": _("Chain: other nodes seated"),
    "JobSettled": _("Chain: proof accepted, job settled"),
    "JobCancelled": _("Chain: job cancelled"),
    "JobFailed": _("Chain: job failed"),
    "JobExpired": _("Chain: job expired"),
    "QuantityReserved": _("Chain: quantity reserved"),
    "QuantityConsumed": _("Chain: quantity consumed"),
    "QuantityReleased": _("Chain: quantity released"),
}


def state_title(state: str) -> str:
    """The name of a state in the visitor's language; an unknown one as it is."""
    return str(_STATES.get(state, state))


def event_title(kind: str) -> str:
    """The name of an event in the visitor's language; an unknown one in plain words."""
    return str(_EVENTS.get(kind, kind.replace("_", " ")))
