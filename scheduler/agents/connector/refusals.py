"""The connector's own check of a job against its own licences, before anything is dealt.

The market admitted the job already; that counts for nothing here. Clauses are evaluated from the grant
and terms in this connector's state, the data's own group sizes, the chain's record of licence and job,
and the regions of the seated nodes. The first broken clause is reported, all of them are kept as
evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from marketplace.chain.reader import ChainReader, LicenceState
from marketplace.licences.domain import (
    LicenceTerms,
    OrderFacts,
    Refusal,
    evaluate,
    quantity_of,
)
from marketplace.orders.domain import DatasetFacts, DetailsMalformed, OrderDetails, order_facts
from proofs import formats
from scheduler.agents.chain import chain_errors
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob

__all__ = ["check_own_input"]


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
    facts = _order_facts(job, position, datasets, at=int(now()))
    refusals = [
        *evaluate(licence, facts),
        *_chain_refusals(licence, facts, position, reader),
        *_region_refusals(licence, job, reader),
    ]
    if refusals:
        raise _refusal(*refusals)


def _order_facts(job: CheckedJob, position: int, datasets: DatasetStore, *, at: int) -> OrderFacts:
    """What the order asks, with the group sizes that only this connector knows."""
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
            )
            for item in job.context.inputs
        ],
        at=at,
    )
    sizes = datasets.group_sizes(job.context.inputs[position].dataset_id, job.positions(position))
    inputs = list(facts.inputs)
    inputs[position] = replace(inputs[position], group_sizes=sizes)
    return replace(facts, inputs=tuple(inputs))


def _chain_refusals(
    licence: LicenceTerms, facts: OrderFacts, position: int, reader: ChainReader
) -> list[Refusal]:
    """The chain's licence is the signed one, not revoked, and holds what this job reserved."""

    def refusal(clause: str, detail: str) -> Refusal:
        return Refusal(licence.licence_id, clause, None, detail, "Order again under a valid licence.")

    with chain_errors():
        found: LicenceState = reader.licence(licence.licence_id)
        reserved = reader.quantities(licence.licence_id).reserved
    grant = licence.grant
    signed = (grant.provider, grant.consumer, grant.dataset_id, grant.terms_hash, grant.columns)
    on_chain = (found.provider, found.consumer, found.dataset_id, found.terms_hash, found.columns)
    needed = quantity_of(facts, facts.inputs[position])
    checks = [
        (signed == on_chain, "signature", "the chain's licence is not the one that was signed"),
        (not found.is_revoked, "revocation", "it is revoked on the chain"),
        (reserved.runs >= needed.runs, "runs", "the chain has not reserved a run of it"),
        (reserved.cells >= needed.cells, "cells", f"the chain has not reserved {needed.cells} cells of it"),
        (reserved.outputs >= needed.outputs, "outputs", f"{needed.outputs} outputs are not reserved"),
    ]
    return [refusal(clause, detail) for holds, clause, detail in checks if not holds]


def _region_refusals(licence: LicenceTerms, job: CheckedJob, reader: ChainReader) -> list[Refusal]:
    """Where the terms name regions, every seated node is registered in one of them."""
    if licence.terms.regions is None:
        return []
    regions = {seat.seat: _region(reader, seat.node_id) for seat in job.context.seats}
    return [
        Refusal(
            licence.licence_id, "regions", None, f"the node of seat {seat} is in {region}", "Match others."
        )
        for seat, region in regions.items()
        if region not in licence.terms.regions
    ]


def _region(reader: ChainReader, node_id: str) -> str:
    with chain_errors():
        word = formats.from_hex(reader.node(node_id).region, "region", 32)
    return word.rstrip(b"\0").decode("ascii", "replace")


def _refusal(*refusals: Refusal) -> TaskRefused:
    first = refusals[0]
    column = f", column {first.column}" if first.column else ""
    return TaskRefused(
        "licence_refused",
        f"Licence {first.licence_id}, clause {first.clause}{column}: {first.detail}.",
        first.remedy,
        evidence=first.to_json() | {"refusals": [refusal.to_json() for refusal in refusals]},
    )
