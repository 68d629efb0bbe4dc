"""SETTLED: the receipt bundle, with which anyone checks the job without the market."""

from __future__ import annotations

from marketplace.chain.conf import deployment_current
from marketplace.chain.selectors import job_event_on_chain
from marketplace.orders.models import Job, JobInput, Receipt
from marketplace.orders.services import receipt_store
from marketplace.signing.eip712 import bits_of
from proofs import formats
from proofs.columns import ColumnCommitment
from proofs.formats import from_hex
from proofs.keys import DEVELOPMENT
from proofs.receipt import Receipt as Bundle
from proofs.receipt import ReceiptInput
from scheduler.leases.models import Task
from scheduler.nodes.models import NodeOutcome
from scheduler.nodes.services import node_outcome_append
from scheduler.pipeline.ending import tidy
from scheduler.pipeline.models import ProofRecord, Seat
from scheduler.pipeline.statement import job_inputs, job_statement, proving_key, verifying_key
from scheduler.pipeline.step import LOOK_AGAIN_SECONDS, locked
from scheduler.pipeline.wishes import MINED_STATES, wish

__all__ = ["issue_receipt"]


def issue_receipt(job: Job) -> float | None:
    """Once the outbox knows what the settlement cost; the nodes' record counts the job with it."""
    tidy(job)
    if Receipt.objects.filter(job=job).exists():
        return None
    settled = job_event_on_chain(job_id=job.job_id, name="JobSettled")
    asked = wish(job, f"settle-{job.attempt}")
    if settled is None or asked is None or asked.state not in (*MINED_STATES, asked.State.REVERTED):
        return LOOK_AGAIN_SECONDS
    record = ProofRecord.objects.get(job=job, attempt=job.attempt)
    chain = {
        "transaction_hash": settled.transaction_hash,
        "block_number": settled.block_number,
        "contracts": {name: at.lower() for name, at in deployment_current().addresses.items()},
    }
    bundle = _bundle(job, record, chain)
    with locked(job, "receipt"):
        if Receipt.objects.filter(job=job).exists():
            return None
        receipt_store(
            job=job,
            bundle=bundle.document(),
            transaction_hash=settled.transaction_hash,
            block_number=settled.block_number,
            gas_used=asked.gas_used or 0,  # 0: somebody else settled it
        )
        _note_outcomes(job, record)
    return None


def _bundle(job: Job, record: ProofRecord, chain: dict[str, object]) -> Bundle:
    statement = job_statement(job)
    is_development = job.program.setup.is_development
    return Bundle(
        ceremony=DEVELOPMENT if is_development else proving_key(job).ceremony,
        verifying_key=verifying_key(job),
        program=statement.program,
        chain_id=statement.context.chain_id,
        market=statement.context.market,
        job_id=statement.context.job_id,
        inputs=tuple(_input(item) for item in job_inputs(job)),
        result=formats.result_from(record.combination["result"]),
        proof=formats.proof_from(record.proof),
        chain=chain,
    )


def _input(item: JobInput) -> ReceiptInput:
    dataset = item.licence.dataset
    columns = {column.index: column for column in dataset.columns.all()}
    chosen = bits_of(item.columns)
    return ReceiptInput(
        licence_id=from_hex(item.licence_id, "licence_id"),
        dataset_id=from_hex(dataset.dataset_id, "dataset_id"),
        rows=dataset.rows,
        columns=chosen,
        schema=dataset.schema,
        commitments=tuple(
            ColumnCommitment(
                f=from_hex(columns[index].commitment, "F"),
                f2=from_hex(columns[index].commitment_g2, "F2"),
                f_kappa=from_hex(columns[index].knowledge_proof, "F_kappa"),
            )
            for index in chosen
        ),
    )


def _note_outcomes(job: Job, record: ProofRecord) -> None:
    """The answering nodes finished; late if a lease of theirs had lapsed on the way."""
    lapsed = set(
        Task.objects.filter(job=job, attempt=job.attempt, losses__gt=0).values_list("seat", flat=True)
    )
    for seat in Seat.objects.filter(job=job, attempt=job.attempt, seat__in=record.answering):
        kind = NodeOutcome.Kind.LATE if seat.seat in lapsed else NodeOutcome.Kind.FINISHED
        node_outcome_append(node_id=seat.node_id, job=job, attempt=job.attempt, kind=kind)
