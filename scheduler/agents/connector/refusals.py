"""The connector's own check of a job against its own licences, before anything is dealt.

The market admitted the job already; that counts for nothing here. The same table of clauses is evaluated
on the grant and terms in this connector's state, the data's own group sizes, the uses that this connector
dealt for, the chain's record of licence and job, and the seated nodes as the chain has them. The first broken
clause is reported, all of them are kept as evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from marketplace.chain.reader import ChainReader, LicenceState
from marketplace.licences.clauses import evaluate
from marketplace.licences.domain import (
    LicenceStanding,
    LicenceTerms,
    OrderFacts,
    Quantity,
    Refusal,
    SeatFacts,
    assurance_of,
    quantity_of,
)
from marketplace.orders.domain import DatasetFacts, DetailsMalformed, OrderDetails, order_facts
from proofs import formats
from scheduler.agents.chain import chain_errors
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob

__all__ = ["check_own_input", "licence_standing"]


def check_own_input(
    job: CheckedJob,
    position: int,
    *,
    datasets: DatasetStore,
    licensing: Licensing,
    reader: ChainReader,
    now: Callable[[], float],
) -> None:
    """Raise TaskRefused ``licence_refused`` naming the clause unless this provider's licence allows the
    job.
    """
    item = job.context.inputs[position]
    licence = licensing.own(item.licence_id)
    record = datasets.record(item.dataset_id)
    if item.schema != record["schema"] or item.rows != record["rows"]:
        raise _refusal(
            Refusal(item.licence_id, "dataset", None, "its schema or rows are not the registered ones", "")
        )
    for entry in item.commitments:
        if record["commitments"][entry.index] != {"F": entry.F, "F2": entry.F2, "F_kappa": entry.F_kappa}:
            raise _refusal(
                Refusal(
                    item.licence_id,
                    "dataset",
                    licence.column_names[entry.index],
                    "the commitment is not the one that this connector published",
                    "",
                )
            )
    facts = _order_facts(job, position, datasets, reader, at=int(now()))
    standing, on_chain = licence_standing(licence, licensing, job.context.job_id, reader)
    refusals = [*_signature_refusals(licence, on_chain), *evaluate(licence, facts, standing=standing)]
    if refusals:
        raise _refusal(*refusals)
    licensing.note_use(item.licence_id, job.context.job_id, quantity_of(facts, facts.inputs[position]))


def _order_facts(
    job: CheckedJob, position: int, datasets: DatasetStore, reader: ChainReader, *, at: int
) -> OrderFacts:
    """What the order asks, with the group sizes that only this connector knows, and who sits where."""
    try:
        details = OrderDetails.from_document(job.context.details)
    except DetailsMalformed as error:
        raise TaskRefused("context_invalid", f"The order's details are malformed: {error}.") from None
    facts = order_facts(
        order=job.order,
        details=details,
        program=job.program,
        datasets=[
            DatasetFacts(
                dataset_id=item.dataset_id,
                owner=item.owner,
                setup_id=job.context.setup_id,
                rows=item.rows,
                ones_commitment=item.commitments[0].F,
                is_registered=True,
                grade=_dataset_grade(reader, item.dataset_id),
                columns=item.schema["columns"],
            )
            for item in job.context.inputs
        ],
        at=at,
    )
    sizes = datasets.group_sizes(job.context.inputs[position].dataset_id, job.positions(position))
    inputs = list(facts.inputs)
    inputs[position] = replace(inputs[position], group_sizes=sizes)
    return replace(facts, inputs=tuple(inputs), seats=_seats(job, reader))


def licence_standing(
    licence: LicenceTerms, licensing: Licensing, job_id: str, reader: ChainReader
) -> tuple[LicenceStanding, LicenceState]:
    """What the chain says of the licence, and this connector's own record of suspension and uses."""
    with chain_errors():
        found: LicenceState = reader.licence(licence.licence_id)
        reserved = reader.quantities(licence.licence_id).reserved
    standing = LicenceStanding(
        is_granted=True,
        is_revoked=found.is_revoked or licensing.is_revoked(licence.licence_id),
        remaining=Quantity(reserved.runs, reserved.cells, reserved.outputs),
        holder=found.consumer,
        is_suspended=licensing.is_suspended(licence.licence_id),
        uses=licensing.uses(licence.licence_id, but_of=job_id),
    )
    return standing, found


def _signature_refusals(licence: LicenceTerms, found: LicenceState) -> list[Refusal]:
    """The chain's licence is the signed one; who holds it may have changed since."""
    grant = licence.grant
    signed = (grant.provider, grant.dataset_id, grant.terms_hash, grant.columns)
    if signed == (found.provider, found.dataset_id, found.terms_hash, found.columns):
        return []
    detail = "the chain's licence is not the one that was signed"
    return [Refusal(licence.licence_id, "signature", None, detail, "Order again under a valid licence.")]


def _seats(job: CheckedJob, reader: ChainReader) -> tuple[SeatFacts, ...]:
    with chain_errors():
        minimum = int(reader.call("NodeRegistry", "minimumStake"))
        return tuple(_seat(reader, seat.seat, seat.node_id, minimum) for seat in job.context.seats)


def _seat(reader: ChainReader, number: int, node_id: str, minimum_stake: int) -> SeatFacts:
    node = reader.node(node_id)
    bonded = int(reader.call("NodeRegistry", "stakeOf", node_id)["bonded"])
    word = formats.from_hex(node.region, "region", 32)
    region = word.rstrip(b"\0").decode("ascii", "replace")
    return SeatFacts(number, node.tier, region, assurance_of(bonded, minimum_stake))


def _dataset_grade(reader: ChainReader, dataset_id: str) -> int:
    with chain_errors():
        return reader.dataset(dataset_id).grade


def _refusal(*refusals: Refusal) -> TaskRefused:
    first = refusals[0]
    column = f", column {first.column}" if first.column else ""
    return TaskRefused(
        "licence_refused",
        f"Licence {first.licence_id}, clause {first.clause}{column}: {first.detail}.",
        first.remedy,
        evidence=first.to_json() | {"refusals": [refusal.to_json() for refusal in refusals]},
    )
