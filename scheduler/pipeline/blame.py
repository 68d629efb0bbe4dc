"""A combined proof failed: who broke it? PROTOCOL, *Sharing and the nodes*, last paragraph; ``proofs.blame``.

1. Each node's Y, P, π are tested against its own F_M(k); who fails there is at fault, nothing else is asked.
2. Dealers commit to their slopes (``blame_deal``), nodes prove their own share statements or accuse a dealer
   (``blame_prove``). Who does not answer is at fault.
3. An accusation alone proves nothing: one node may lie. Dealers are at fault once nodes of two operators
   accuse them, in one attempt or in several; until then the job goes on without the accuser.
If nobody is found, the job goes on without any of the attempt's nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.accounts.models import Party
from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from proofs import blame
from proofs.backend import get_backend
from proofs.errors import ProofSystemError
from scheduler.leases.closing import tasks_create
from scheduler.leases.models import Task, TaskKind, TaskState
from scheduler.nodes.models import NodeOutcome
from scheduler.nodes.services import node_outcome_append
from scheduler.pipeline.accusing import wish_accuse
from scheduler.pipeline.answers import attempt_tasks, combined, round1_messages, round2_messages
from scheduler.pipeline.conf import blame_patience_seconds
from scheduler.pipeline.ending import job_fail
from scheduler.pipeline.losses import ACCUSERS_NEEDED
from scheduler.pipeline.models import Fault, FaultRole, ProofRecord, Seat
from scheduler.pipeline.payloads import seats_of, task_context
from scheduler.pipeline.reseating import reseat_or_fail
from scheduler.pipeline.statement import job_statement, proving_key, verifying_key
from scheduler.pipeline.step import locked
from scheduler.pipeline.steps.dealing import dealers

__all__ = ["UNATTRIBUTED", "find_fault"]

UNATTRIBUTED = "contribution_unattributed"
UNANSWERED = "blame_unanswered"
SHOWN_BY_SIGNATURE = frozenset({"binding_wrong", "own_statement_wrong"})
"""Faults of nodes that the contract convicts by what the node signed."""


@dataclass(frozen=True)
class Finding:
    """One party found at fault (or, for a dealer, accused by the node of ``seat``)."""

    role: FaultRole
    party: Party
    seat: int
    reason: str
    detail: str


def find_fault(job: Job, record: ProofRecord) -> float | None:
    """The next thing to do in a job whose proof was rejected. Runs again after each blame task."""
    if Fault.objects.filter(job=job, attempt=job.attempt).exists():
        return _go_on(job)
    findings = _binding_faults(job, record)
    if not findings:
        deals = attempt_tasks(job, TaskKind.BLAME_DEAL)
        if not deals:
            _ask_dealers(job, record)
            return None
        if any(task.state in (TaskState.READY, TaskState.LEASED) for task in deals):
            return None
        findings = _silent(deals, FaultRole.DEALER)
        if not findings:
            proves = attempt_tasks(job, TaskKind.BLAME_PROVE)
            if not proves:
                _ask_nodes(job, record, deals)
                return None
            if any(task.state in (TaskState.READY, TaskState.LEASED) for task in proves):
                return None
            findings = _judge(job, deals, proves)
    _keep(job, record, findings)
    return _go_on(job)


def _binding_faults(job: Job, record: ProofRecord) -> list[Finding]:
    """Step 1: public values only."""
    key, statement = proving_key(job), job_statement(job)
    round1 = round1_messages(attempt_tasks(job, TaskKind.COMPUTE), record.answering)
    round2 = {message.seat: message for message in round2_messages(attempt_tasks(job, TaskKind.PROVE))}
    parties = _seat_parties(job)
    findings = []
    try:
        combination = combined(key, statement, round1)
    except ProofSystemError:
        return []
    for message in round1:
        try:
            blame.check_binding(key, combination, message, round2[message.seat])
        except ProofSystemError as error:
            findings.append(
                Finding(FaultRole.NODE, parties[message.seat], message.seat, "binding_wrong", str(error))
            )
    return findings


def _ask_dealers(job: Job, record: ProofRecord) -> None:
    context = task_context(job)
    with locked(job, "blame_deal"):
        tasks_create(
            tasks=[
                Task(
                    job=job,
                    kind=TaskKind.BLAME_DEAL,
                    attempt=job.attempt,
                    party=party,
                    payload={"context": context, "input_positions": positions, "answering": record.answering},
                    lost_after_seconds=blame_patience_seconds(),
                )
                for party, positions in dealers(job).items()
            ]
        )
        job_event_append(job=job, kind="blame_started", detail={"answering": record.answering})


def _ask_nodes(job: Job, record: ProofRecord, deals: list[Task]) -> None:
    context, slopes = task_context(job), _slope_documents(deals)
    parties = _seat_parties(job)
    with locked(job, "blame_prove"):
        tasks_create(
            tasks=[
                Task(
                    job=job,
                    kind=TaskKind.BLAME_PROVE,
                    attempt=job.attempt,
                    seat=seat,
                    party=parties[seat],
                    payload={
                        "context": context,
                        "answering": record.answering,
                        "slopes": slopes,
                        "z": record.combination["z"],
                    },
                    lost_after_seconds=blame_patience_seconds(),
                )
                for seat in record.answering
            ]
        )


def _judge(job: Job, deals: list[Task], proves: list[Task]) -> list[Finding]:
    """Step 2: what the answers show."""
    statement = job_statement(job)
    slopes = [blame.SlopeCommitment.from_document(document) for document in _slope_documents(deals)]
    try:
        faults = blame.judge(
            get_backend(),
            verifying_key(job),
            statement.context,
            statement.statement,
            slopes,
            {task.seat: _answer(task) for task in proves},
        )
    except ProofSystemError as error:  # the dealers' slopes do not fit the statement
        return [Finding(FaultRole.DEALER, task.party, 0, "slopes_wrong", str(error)) for task in deals]
    parties = _seat_parties(job)
    owners = {position: party for party, positions in _positions(job).items() for position in positions}
    findings = []
    for fault in faults:
        if fault.party == "dealer" and fault.position is not None:
            party = owners[fault.position]
            findings.append(Finding(FaultRole.DEALER, party, fault.seat, "share_wrong", fault.reason))
        else:
            reason = UNANSWERED if fault.reason == "did not answer" else "own_statement_wrong"
            findings.append(Finding(FaultRole.NODE, parties[fault.seat], fault.seat, reason, fault.reason))
    return findings


def _answer(task: Task) -> blame.OwnStatement | blame.Accusation | None:
    result = task.result or {}
    if "own_statement" in result:
        return blame.OwnStatement.from_document(result["own_statement"], task.seat)
    if "accusation" in result:
        return blame.Accusation.from_document(result["accusation"], task.seat)
    return None


def _silent(tasks: list[Task], role: FaultRole) -> list[Finding]:
    return [
        Finding(role, task.party, task.seat, UNANSWERED, f"{task.failure_code}: {task.failure_detail}")
        for task in tasks
        if task.state != TaskState.DONE
    ]


def _keep(job: Job, record: ProofRecord, findings: list[Finding]) -> None:
    """Name the parties, with the signed messages that show it, in one transaction with the event."""
    nodes = {seat.seat: seat.node_id for seat in seats_of(job)}
    with locked(job, "blame.keep"):
        if not findings:
            _note_unattributed(job, record)
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


def _note_unattributed(job: Job, record: ProofRecord) -> None:
    if not job.events.filter(kind=UNATTRIBUTED, attempt=job.attempt).exists():
        detail = {"answering": record.answering, "rejection": record.rejection}
        job_event_append(job=job, kind=UNATTRIBUTED, detail=detail)


def _go_on(job: Job) -> float | None:
    """Other nodes if there are any; not against a dealer that nodes of two operators accuse."""
    here = list(Fault.objects.filter(job=job, attempt=job.attempt).select_related("party"))
    if not here:
        return reseat_or_fail(job, UNATTRIBUTED, {"attempt": job.attempt})
    convicted = [fault for fault in here if fault.role == FaultRole.DEALER and _is_convicted(job, fault)]
    if convicted:
        with locked(job, "blame.dealer"):
            job_fail(job, "dealer_at_fault", _fault_detail(convicted[0]))
        return None
    named = next((fault for fault in here if fault.role == FaultRole.NODE), here[0])
    code = "node_at_fault" if named.role == FaultRole.NODE else "dealer_at_fault"
    return reseat_or_fail(job, code, _fault_detail(named))


def _is_convicted(job: Job, fault: Fault) -> bool:
    """By its own silence or by accusers of different operators over all attempts."""
    if fault.seat == 0:
        return True
    seats = {(seat.attempt, seat.seat): seat.node.operator for seat in _all_seats(job)}
    accusations = Fault.objects.filter(job=job, party=fault.party, role=FaultRole.DEALER, seat__gte=1)
    accusers = {seats[(other.attempt, other.seat)] for other in accusations}
    return len(accusers) >= ACCUSERS_NEEDED


def _all_seats(job: Job) -> list[Seat]:
    return list(Seat.objects.filter(job=job).select_related("node"))


def _seat_parties(job: Job) -> dict[int, Party]:
    return {seat.seat: seat.node.party for seat in seats_of(job)}


def _positions(job: Job) -> dict[Party, list[int]]:
    """Positions in the job's column list that each dealer deals."""
    positions: dict[Party, list[int]] = {}
    at = 1
    for item in job.inputs.select_related("licence__provider").order_by("position"):
        count = item.columns.bit_count() - 1
        positions.setdefault(item.licence.provider, []).extend(range(at, at + count))
        at += count
    return positions


def _slope_documents(deals: list[Task]) -> list[dict[str, Any]]:
    return [slope for task in deals for slope in (task.result or {}).get("slopes", [])]


def _evidence(job: Job, finding: Finding) -> dict[str, Any]:
    """Every signed message of the accused party, and of its accuser, in this attempt."""
    tasks = Task.objects.filter(job=job, attempt=job.attempt, result__isnull=False)
    about = [
        {"kind": task.kind, "seat": task.seat, "party_id": str(task.party_id), "result": task.result}
        for task in tasks.order_by("closed_at")
        if task.party_id == finding.party.id
        or (finding.seat and task.seat == finding.seat)
        or task.kind == TaskKind.BLAME_DEAL
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
