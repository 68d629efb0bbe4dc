"""Payloads of tasks, as docs/api.md fixes them."""

from __future__ import annotations

from typing import Any

from marketplace.orders.models import Job, JobInput
from marketplace.signing.eip712 import bits_of
from proofs.sharing import THRESHOLD
from proofs.statement import Program
from scheduler.pipeline.models import Seat
from scheduler.pipeline.statement import job_inputs, market_domain

__all__ = ["seats_of", "task_context"]


def seats_of(job: Job) -> list[Seat]:
    """The seats of the job's present attempt, 1 … N."""
    seats = Seat.objects.filter(job=job, attempt=job.attempt).select_related("node__party")
    return list(seats.order_by("seat"))


def task_context(job: Job) -> dict[str, Any]:
    """What every payload says about its job. The party checks it against signatures and the chain."""
    domain = market_domain()
    return {
        "chain_id": domain.chain_id,
        "market": domain.verifying_contract,
        "job_id": job.job_id,
        "attempt": job.attempt,
        "program": {"program_id": job.program_id, "document": job.program.document},
        "setup_id": job.program.setup_id,
        "order": job.order,
        "order_signature": job.signature,
        "details": job.details,
        "inputs": [_input(item) for item in job_inputs(job)],
        "seats": [_seat(seat) for seat in seats_of(job)],
        "threshold": THRESHOLD,
        "degree": Program.DEGREE,
    }


def _input(item: JobInput) -> dict[str, Any]:
    dataset = item.licence.dataset
    columns = {column.index: column for column in dataset.columns.all()}
    return {
        "licence_id": item.licence_id,
        "dataset_id": dataset.dataset_id,
        "columns": str(item.columns),
        "owner": dataset.owner.eth_address,
        "rows": dataset.rows,
        "schema": dataset.schema,
        "commitments": [
            {
                "index": index,
                "F": columns[index].commitment,
                "F2": columns[index].commitment_g2,
                "F_kappa": columns[index].knowledge_proof,
            }
            for index in bits_of(item.columns)
        ],
    }


def _seat(seat: Seat) -> dict[str, Any]:
    return {
        "seat": seat.seat,
        "node_id": seat.node_id,
        "operator": seat.node.operator,
        "signer": seat.node.signer,
        "sealing_key": seat.node.sealing_key,
        "party_id": str(seat.node.party_id),
    }
