"""Events of the NodeRegistry contract, and of Evidence, which takes what nodes and accounts put up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db.models import QuerySet

from marketplace.chain.models import ChainEvent
from marketplace.orders.models import Job
from marketplace.orders.transitions import job_event_append
from scheduler.nodes.collateral import collateral_append, conviction_append
from scheduler.nodes.models import Collateral, Conviction, Movement
from scheduler.nodes.services import node_mark_registered, node_project, node_unmark_registered

__all__ = [
    "bond_forfeited",
    "collateral_moved",
    "collateral_taken",
    "dealer_convicted",
    "node_convicted",
    "node_registered",
    "node_registration_undone",
    "node_update_undone",
    "node_updated",
]


def node_registered(event: ChainEvent) -> None:
    """SUBMITTED → REGISTERED."""
    node_mark_registered(node_id=event.arguments["nodeId"])


def node_registration_undone(event: ChainEvent) -> None:
    node_unmark_registered(node_id=event.arguments["nodeId"])


def node_updated(event: ChainEvent) -> None:
    """Other keys, another fee, or a pause. An older update that is told again changes nothing."""
    newest = _updates(event).last()
    if newest is None or newest.arguments["version"] <= event.arguments["version"]:
        node_project(node_id=event.arguments["nodeId"], update=event.arguments)


def node_update_undone(event: ChainEvent) -> None:
    """Back to the update before, or to the registration."""
    newest = _updates(event).last()
    node_project(node_id=event.arguments["nodeId"], update=None if newest is None else newest.arguments)


def collateral_moved(collateral: Collateral, movement: Movement) -> Callable[[ChainEvent], None]:
    """The handler of a deposit, the start of a withdrawal, or its end."""
    return partial(_moved, collateral, movement)


def collateral_taken(collateral: Collateral) -> Callable[[ChainEvent], None]:
    """The handler of NodeSlashed or BondTaken."""
    return partial(_taken, collateral)


def node_convicted(event: ChainEvent) -> None:
    """A signed own statement or result binding was false."""
    _convicted(event, event.arguments["nodeId"], Conviction.Ground.STATEMENT, event.arguments["slashed"])


def dealer_convicted(event: ChainEvent) -> None:
    """A signed deal was false."""
    _convicted(event, event.arguments["dealer"], Conviction.Ground.DEAL, event.arguments["taken"])


def bond_forfeited(event: ChainEvent) -> None:
    """What was demanded was never shown."""
    conviction_append(
        accused=event.arguments["account"],
        ground=Conviction.Ground.SILENCE,
        job_id=event.arguments["jobId"],
        evidence_hash=event.arguments["demandId"],
        amount=event.arguments["amount"],
        compensation=None,
        event=event,
    )


def _moved(collateral: Collateral, movement: Movement, event: ChainEvent) -> None:
    collateral_append(
        collateral=collateral,
        holder=_holder(collateral, event),
        movement=movement,
        amount=event.arguments["amount"],
        event=event,
    )


def _taken(collateral: Collateral, event: ChainEvent) -> None:
    collateral_append(
        collateral=collateral,
        holder=_holder(collateral, event),
        movement=Movement.TAKEN,
        amount=event.arguments["amount"],
        event=event,
        job_id=event.arguments["jobId"],
        evidence_hash=event.arguments["evidenceHash"],
    )


def _convicted(event: ChainEvent, accused: str, ground: Conviction.Ground, amount: int) -> None:
    conviction_append(
        accused=accused,
        ground=ground,
        job_id=event.arguments["jobId"],
        evidence_hash=event.arguments["evidenceHash"],
        amount=amount,
        compensation=event.arguments["compensation"],
        event=event,
    )
    _note_conviction(event, accused, ground, amount)


def _note_conviction(event: ChainEvent, accused: str, ground: Conviction.Ground, amount: int) -> None:
    """The job's own trail says it too; told once, however often it is indexed."""
    job = Job.objects.filter(job_id=event.arguments["jobId"]).first()
    same = {"accused": accused, "transaction_hash": event.transaction_hash}
    if job is not None and not job.events.filter(kind="convicted", detail__contains=same).exists():
        detail = {**same, "ground": ground.value, "amount": str(amount)}
        job_event_append(job=job, kind="convicted", detail=detail)


def _holder(collateral: Collateral, event: ChainEvent) -> str:
    return str(event.arguments["nodeId" if collateral is Collateral.STAKE else "account"])


def _updates(event: ChainEvent) -> QuerySet[ChainEvent]:
    """Updates of the same node that were applied and still stand, in the order of the chain."""
    return ChainEvent.objects.filter(
        checkpoint_id=event.checkpoint_id,
        name="NodeUpdated",
        orphaned_at__isnull=True,
        handled_at__isnull=False,
        arguments__contains={"nodeId": event.arguments["nodeId"]},
    ).order_by("block_number", "log_index")
