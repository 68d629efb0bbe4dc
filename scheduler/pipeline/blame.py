"""A combined proof failed: who broke it? docs/protocol.md, *Naming whoever broke a proof*; docs/adr/0008.

1. Each node's Y, P, π are tested against its own F_M(k); who fails there is at fault, nothing else is asked.
2. Dealers commit to what they dealt (``blame_deal``); whoever does not, or falsely, is at fault.
3. Each C_k is tested against the commitments. If all passed 1 and 3 the proof would verify, so some fail.
4. A failing seat's node proves its own share statement or accuses a dealer (``blame_prove``). Who accuses
   nobody is at fault: right shares do not excuse a wrong C_k.
5. An accused dealer opens the package to the market (``blame_open``); what the dealer signed decides between
   the two. Of several accusers the lowest seat is heard: a dealer opens one package in an attempt.

Every blame task ends: with its party's silence, or when its time is up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from proofs import blame
from proofs.blame import Accusation
from proofs.coordinator import CombinedRound1
from proofs.deal_commitments import DealerCommitments, check_slopes
from proofs.errors import PairingFailed, ProofSystemError
from proofs.keys import ProvingKey
from proofs.messages import Round1Message, Round2Message
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.nodes.models import NodeOutcome
from scheduler.nodes.services import node_outcome_append
from scheduler.pipeline.accusing import wish_accuse
from scheduler.pipeline.answers import attempt_tasks, combined, round1_messages, round2_messages
from scheduler.pipeline.blame_tasks import ask_accused, ask_dealers, ask_nodes
from scheduler.pipeline.conf import blame_answer_seconds
from scheduler.pipeline.disputes import is_package_wrong
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.models import Fault, FaultRole, ProofRecord
from scheduler.pipeline.payloads import seats_of
from scheduler.pipeline.reseating import reseat_or_fail
from scheduler.pipeline.statement import JobStatement, job_statement, proving_key
from scheduler.pipeline.step import locked

__all__ = ["find_fault"]

UNANSWERED = "blame_unanswered"
UNEXPLAINED = "proof_unexplained"
SHOWN_BY_SIGNATURE = frozenset({"binding_wrong", "own_statement_wrong"})
"""Faults of nodes that the contract convicts by what the node signed."""


@dataclass(frozen=True)
class Finding:
    """One party found at fault, ``seat`` 0 for a dealer whose fault concerns no single seat."""

    role: FaultRole
    party: Party
    seat: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Trial:
    """The attempt whose proof failed, as public values."""

    job: Job
    record: ProofRecord
    key: ProvingKey
    statement: JobStatement
    combination: CombinedRound1
    round1: dict[int, Round1Message]
    round2: dict[int, Round2Message]
    nodes: dict[int, Party]

    @classmethod
    def of(cls, job: Job, record: ProofRecord) -> Trial:
        key, statement = proving_key(job), job_statement(job)
        first = round1_messages(attempt_tasks(job, TaskKind.COMPUTE), record.answering)
        second = round2_messages(attempt_tasks(job, TaskKind.PROVE))
        return cls(
            job=job,
            record=record,
            key=key,
            statement=statement,
            combination=combined(key, statement, first),
            round1={message.seat: message for message in first},
            round2={message.seat: message for message in second},
            nodes={seat.seat: seat.node.party for seat in seats_of(job)},
        )

    def node_fault(self, seat: int, reason: str, detail: str) -> Finding:
        return Finding(FaultRole.NODE, self.nodes[seat], seat, reason, detail)


class _Waiting(Exception):
    """Somebody was asked and may still answer."""


def find_fault(job: Job, record: ProofRecord) -> float | None:
    """The next thing to do in a job whose proof was rejected. Runs again after each blame task."""
    if not Fault.objects.filter(job=job, attempt=job.attempt).exists():
        try:
            _keep(job, _findings(Trial.of(job, record)))
        except _Waiting:
            return None
    return _go_on(job, record)


def _findings(trial: Trial) -> list[Finding]:
    """Who is at fault; empty only in the case that ``_go_on`` describes. Raises _Waiting."""
    bindings = _binding_faults(trial)
    if bindings:
        return bindings
    deals = attempt_tasks(trial.job, TaskKind.BLAME_DEAL)
    if not deals:
        ask_dealers(trial.job, trial.record)
        raise _Waiting
    silent = _silent_dealers(deals)
    if silent:
        return silent
    dealt = {task.party: _commitments(task) for task in deals}
    contradictions = _contradictions(trial, dealt)
    if contradictions:
        return contradictions
    failing = _failing_seats(trial, list(dealt.values()))
    if not failing:
        return []
    proves = attempt_tasks(trial.job, TaskKind.BLAME_PROVE)
    if not proves:
        ask_nodes(trial.job, sorted(failing), deals)
        raise _Waiting
    return _judge(trial, failing, _answered(proves), dealt)


# 1 to 3: public values -------------------------------------------------------------------------


def _binding_faults(trial: Trial) -> list[Finding]:
    findings = []
    for seat, message in trial.round1.items():
        try:
            blame.check_binding(trial.key, trial.combination, message, trial.round2[seat])
        except PairingFailed as error:
            findings.append(trial.node_fault(seat, "binding_wrong", str(error)))
    return findings


def _silent_dealers(deals: list[Task]) -> list[Finding]:
    return [
        Finding(FaultRole.DEALER, task.party, 0, UNANSWERED, _silence(task))
        for task in _answered(deals)
        if task.state != TaskState.DONE
    ]


def _contradictions(trial: Trial, dealt: dict[Party, DealerCommitments]) -> list[Finding]:
    findings = []
    for party, commitments in dealt.items():
        try:
            check_slopes(trial.key.backend, commitments)
        except ProofSystemError as error:
            findings.append(Finding(FaultRole.DEALER, party, 0, "commitments_wrong", str(error)))
    return findings


def _failing_seats(trial: Trial, dealt: list[DealerCommitments]) -> dict[int, str]:
    """What is wrong with C_k, by seat."""
    failing = {}
    columns = trial.statement.commitments
    for seat, message in trial.round1.items():
        try:
            blame.check_contribution(
                trial.key, trial.combination, columns, dealt, message, trial.round2[seat]
            )
        except PairingFailed as error:
            failing[seat] = str(error)
    return failing


# 4 and 5: what the failing seats and the dealers that they accuse say -------------------------


def _judge(
    trial: Trial, failing: dict[int, str], proves: list[Task], dealt: dict[Party, DealerCommitments]
) -> list[Finding]:
    """Each failing seat's node is at fault unless it accuses a dealer; then the package decides."""
    findings: list[Finding] = []
    accused: dict[Party, Task] = {}
    for task in proves:
        dealer = _accused(task, dealt)
        if dealer is not None:
            accused.setdefault(dealer, task)
        else:
            findings.append(_without_excuse(trial, task, failing[task.seat]))
    return findings + _hear_dealers(trial, accused)


def _accused(task: Task, dealt: dict[Party, DealerCommitments]) -> Party | None:
    """The dealer that the answer accuses, by its columns and by what it committed to."""
    document = (task.result or {}).get("accusation")
    if document is None:
        return None
    accusation = Accusation.from_document(document, task.seat)
    for dealer, commitments in dealt.items():
        if accusation.position in commitments.positions and accusation.commitments == commitments.digest:
            return dealer
    return None


def _without_excuse(trial: Trial, task: Task, why: str) -> Finding:
    if task.state != TaskState.DONE:
        return trial.node_fault(task.seat, UNANSWERED, f"{why}; asked about it: {_silence(task)}")
    if "own_statement" in (task.result or {}):
        own = blame.OwnStatement.from_document((task.result or {})["own_statement"], task.seat)
        slopes = [s for entry in task.payload["commitments"] for s in _read(entry["commitments"]).slopes]
        key, statement = trial.key, trial.statement
        try:
            blame.verify_own_statement(
                key.backend, key.verifying, statement.context, statement.statement, slopes, own
            )
        except ProofSystemError as error:
            return trial.node_fault(task.seat, "own_statement_wrong", f"{why}; own statement: {error}")
    return trial.node_fault(task.seat, "contribution_wrong", f"{why}; it accuses nobody")


def _hear_dealers(trial: Trial, accused: dict[Party, Task]) -> list[Finding]:
    if not accused:
        return []
    openings = attempt_tasks(trial.job, TaskKind.BLAME_OPEN)
    if not openings:
        ask_accused(trial.job, accused)
        raise _Waiting
    return [_verdict(trial, opening) for opening in _answered(openings)]


def _verdict(trial: Trial, opening: Task) -> Finding:
    dealer, seat = opening.party, opening.seat
    if opening.state != TaskState.DONE:
        return Finding(FaultRole.DEALER, dealer, seat, UNANSWERED, _silence(opening))
    wrong = is_package_wrong(trial.job, trial.statement, trial.key, opening)
    if wrong:
        return Finding(FaultRole.DEALER, dealer, seat, "package_wrong", wrong)
    return trial.node_fault(
        seat, "accusation_false", f"the package of {dealer.name} opens its commitments, as C should"
    )


def _answered(tasks: list[Task]) -> list[Task]:
    """The tasks, if each was answered or its time is up. Raises _Waiting."""
    if any(_is_open(task) and not _is_overdue(task) for task in tasks):
        raise _Waiting
    return tasks


def _is_open(task: Task) -> bool:
    return task.state in (TaskState.READY, TaskState.LEASED)


def _is_overdue(task: Task) -> bool:
    """A party that keeps a lease alive, or polls for other work only, is not silent but does not answer."""
    return timezone.now() > task.created_at + timedelta(seconds=blame_answer_seconds())


def _silence(task: Task) -> str:
    if _is_open(task):
        return f"no answer within {blame_answer_seconds()} s"
    return f"{task.failure_code}: {task.failure_detail}"


def _commitments(task: Task) -> DealerCommitments:
    return _read((task.result or {})["commitments"])


def _read(document: Any) -> DealerCommitments:
    return DealerCommitments.from_document(document)


# what follows ----------------------------------------------------------------------------------


def _keep(job: Job, findings: list[Finding]) -> None:
    """Name the parties, with the signed messages that show it, in one transaction with the event."""
    nodes = {seat.seat: seat.node_id for seat in seats_of(job)}
    with locked(job, "blame.keep"):
        for finding in findings:
            is_node = finding.role == FaultRole.NODE
            fault, is_new = Fault.objects.get_or_create(
                job=job,
                attempt=job.attempt,
                party=finding.party,
                seat=finding.seat,
                defaults={
                    "role": finding.role,
                    "node_id": nodes[finding.seat] if is_node else None,
                    "reason": finding.reason,
                    "detail": finding.detail,
                    "evidence": _evidence(job, finding),
                },
            )
            if is_new:
                job_event_append(job=job, kind="fault_found", detail=_fault_detail(fault))
                if is_node:
                    node_outcome_append(
                        node_id=nodes[finding.seat],
                        job=job,
                        attempt=job.attempt,
                        kind=NodeOutcome.Kind.FAULTED,
                    )
                if finding.reason in SHOWN_BY_SIGNATURE:
                    wish_accuse(job, finding.seat)


def _go_on(job: Job, record: ProofRecord) -> float | None:
    """Other nodes if there are any; never against a dealer at fault.

    Without a fault every seat passed every test, and then the proof verifies unless one of its points is
    infinity (nobody can bring that about, ADR 0008) or a verifier of the market is broken: the job ends.
    """
    faults = list(Fault.objects.filter(job=job, attempt=job.attempt).select_related("party"))
    dealer = next((fault for fault in faults if fault.role == FaultRole.DEALER), None)
    if dealer is not None or not faults:
        code, detail = UNEXPLAINED, {"rejection": record.rejection, "seats": _seats_detail(job, record)}
        if dealer is not None:
            code, detail = "dealer_at_fault", _fault_detail(dealer)
        with locked(job, "blame.end"):
            job_fail(job, code, detail)
        return None
    return reseat_or_fail(job, "node_at_fault", _fault_detail(faults[0]))


def _seats_detail(job: Job, record: ProofRecord) -> list[dict[str, Any]]:
    return [
        {"seat": seat.seat, "node_id": seat.node_id}
        for seat in seats_of(job)
        if seat.seat in record.answering
    ]


def _evidence(job: Job, finding: Finding) -> dict[str, Any]:
    """The signed messages that the tests are made of, and those of the party and its accuser.

    Not the opening of a package: that is a share of a dealer's data, for the market's arbiter only.
    """
    everyones = (TaskKind.COMPUTE, TaskKind.PROVE, TaskKind.BLAME_DEAL)
    tasks = Task.objects.filter(job=job, attempt=job.attempt, result__isnull=False)
    about = [
        {"kind": task.kind, "seat": task.seat, "party_id": str(task.party_id), "result": task.result}
        for task in tasks.exclude(kind=TaskKind.BLAME_OPEN).order_by("closed_at")
        if task.kind in everyones
        or task.party_id == finding.party.id
        or (finding.seat and task.seat == finding.seat)
    ]
    return {"seat": finding.seat, "messages": about}


def _fault_detail(fault: Fault) -> dict[str, Any]:
    return {
        "role": fault.role,
        "party_id": str(fault.party_id),
        "party": fault.party.name,
        "node_id": fault.node_id,
        "seat": fault.seat,
        "reason": fault.reason,
        "detail": fault.detail,
    }
