"""Missed deadlines: the chain is told to ask in public for the signed answer that is missing.

docs/adr/0010-what-parties-answer-for.md. Whoever shows it within a day loses nothing; after that its bond
pays the consumer what the job would have paid. Only of parties that have a bond is anything demanded.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from marketplace.accounts.models import Party
from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job
from scheduler.leases.closing import OPEN_STATES
from scheduler.leases.models import Task, TaskKind
from scheduler.nodes.collateral import collateral_held
from scheduler.nodes.models import Collateral
from scheduler.pipeline.accusing import seating_on_chain
from scheduler.pipeline.conf import node_silence_seconds
from scheduler.pipeline.models import Seat
from scheduler.pipeline.payloads import seats_of

__all__ = ["ROUNDS", "demand_missing", "wish_demand_contribution", "wish_demand_deal"]

ROUND_DEAL = 0
ROUNDS = {TaskKind.COMPUTE: 1, TaskKind.PROVE: 2}
NOBODY = "0x0000000000000000000000000000000000000000"
ANSWER = timedelta(days=1)
"""ANSWER_SECONDS of the contracts."""
PATIENCE = timedelta(hours=1)
"""What the demand may take to be mined: the day begins with its block."""


def wish_demand_contribution(job: Job, seat: Seat, round_number: int) -> None:
    """Ask the node of a seat for its contribution to a round of this attempt."""
    if not _has_bond(seat.node.operator):
        return
    arguments = [job.job_id, seat.attempt, round_number, seating_on_chain(seats_of(job)), seat.seat]
    demanded = (job.job_id, seat.attempt, round_number, seat.seat, NOBODY)
    _wish(job, "demandContribution", arguments, demanded)


def wish_demand_deal(job: Job, dealer: Party, position: int) -> None:
    """Ask a provider for its package for the first seat; ``position``: of one of its inputs."""
    if not _has_bond(dealer.eth_address):
        return
    arguments = [job.job_id, job.attempt, 1, position]
    _wish(job, "demandDeal", arguments, (job.job_id, job.attempt, ROUND_DEAL, 1, dealer.eth_address))


def demand_missing(job: Job) -> None:
    """At the job's end: ask everybody whose answer is missing although it had its time."""
    seats = {seat.seat: seat for seat in seats_of(job)}
    tasks = Task.objects.filter(job=job, attempt=job.attempt, state__in=OPEN_STATES)
    for task in tasks.select_related("party"):
        patience = timedelta(seconds=task.lost_after_seconds or node_silence_seconds())
        if task.ready_at + patience > timezone.now():
            continue
        if task.kind == TaskKind.DEAL:
            wish_demand_deal(job, task.party, min(task.payload["input_positions"]))
        elif task.kind in ROUNDS:
            wish_demand_contribution(job, seats[task.seat], ROUNDS[TaskKind(task.kind)])


def _has_bond(account: str) -> bool:
    held = collateral_held(collateral=Collateral.BOND, holders=[account])[account]
    return held.bonded + held.unbonding > 0


def _wish(job: Job, function: str, arguments: list[object], demanded: tuple[str, int, int, int, str]) -> None:
    """The demand now and the forfeit after the day; the contract refuses the latter if it was answered."""
    words = (bytes.fromhex(demanded[0][2:]), *demanded[1:])
    demand_id = "0x" + keccak(encode(["bytes32", "uint32", "uint8", "uint32", "address"], words)).hex()
    transaction_enqueue(
        kind="demand",
        dedupe_key=f"demand/{demand_id}",
        contract="Evidence",
        function=function,
        arguments=arguments,
        job=job,
    )
    transaction_enqueue(
        kind="forfeit",
        dedupe_key=f"forfeit/{demand_id}",
        contract="Evidence",
        function="forfeit",
        arguments=[demand_id],
        job=job,
        not_before=timezone.now() + ANSWER + PATIENCE,
    )
