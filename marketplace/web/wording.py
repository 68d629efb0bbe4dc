"""Names of states and events for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["JOB_STAGES", "event_title", "rule_title", "state_title"]

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


_RULES: dict[str, str | Promise] = {
    "not_registered": _("not registered on the chain"),
    "not_available": _("draining or offline"),
    "not_seen": _("not heard of lately"),
    "excluded_before": _("lost or at fault in an earlier attempt"),
    "party_to_job": _("of a party to the job"),
    "avoided": _("not wanted by the consumer"),
    "capacity_missing": _("without the keys of this setup"),
    "region_not_allowed": _("region not allowed"),
    "tier_not_allowed": _("tier not allowed"),
    "assurance_too_low": _("too little assurance"),
    "stake_too_small": _("too little stake"),
    "cores_missing": _("too few cores"),
    "memory_missing": _("too little memory"),
    "storage_missing": _("too little storage"),
    "bandwidth_missing": _("too little bandwidth"),
    "speed_too_low": _("too slow"),
    "latency_too_high": _("too far away"),
    "deadline_too_near": _("too slow for the deadline"),
    "fully_booked": _("fully booked"),
    "taken_in_round": _("taken by other orders"),
    "price_above_limit": _("dearer than the order pays"),
}


def rule_title(rule: str) -> str:
    """The name of a matching rule in the visitor's language; an unknown one as it is."""
    return str(_RULES.get(rule, rule))


def state_title(state: str) -> str:
    """The name of a state in the visitor's language; an unknown one as it is."""
    return str(_STATES.get(state, state))


def event_title(kind: str) -> str:
    """The name of an event in the visitor's language; an unknown one in plain words."""
    return str(_EVENTS.get(kind, kind.replace("_", " ")))
