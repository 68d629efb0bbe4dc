"""What one job proves, as the proof system sees it, from the market's database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from marketplace.chain.conf import deployment_current
from marketplace.orders.models import Job, JobInput, Visibility
from marketplace.signing.eip712 import Eip712Domain, bits_of
from proofs import formats, hashing, setup
from proofs.backend import get_backend
from proofs.columns import ColumnCommitment
from proofs.formats import from_hex
from proofs.keys import ProvingKey, VerifyingKey
from proofs.statement import JobContext, Program, Statement

__all__ = [
    "JobStatement",
    "contract_domain",
    "job_inputs",
    "job_statement",
    "market_domain",
    "proving_key",
    "verifying_key",
]


@dataclass(frozen=True)
class JobStatement:
    """``commitments`` and ``columns`` run in the job's column order, ``ones`` first."""

    program: Program
    context: JobContext
    statement: Statement
    commitments: tuple[ColumnCommitment, ...]
    is_sealed: bool

    @property
    def cells(self) -> int:
        """Rows × columns without ``ones``: the size of a node's work."""
        return self.statement.rows * (len(self.commitments) - 1)


def job_inputs(job: Job) -> list[JobInput]:
    """In the order's sequence, with licence, dataset and provider."""
    related = ("licence__dataset__owner__organisation", "licence__provider__organisation")
    return list(job.inputs.select_related(*related).order_by("position"))


def job_statement(job: Job) -> JobStatement:
    """The statement that the job's proof must show. A proof for anything else is not this job's."""
    inputs = job_inputs(job)
    commitments: list[ColumnCommitment] = []
    for item in inputs:
        columns = {column.index: column for column in item.licence.dataset.columns.all()}
        for index in bits_of(item.columns):
            if index == 0 and commitments:
                continue  # every dataset of the job has the same ``ones``
            column = columns[index]
            commitments.append(
                ColumnCommitment(
                    f=from_hex(column.commitment, "F"),
                    f2=from_hex(column.commitment_g2, "F2"),
                    f_kappa=from_hex(column.knowledge_proof, "F_kappa"),
                )
            )
    program = formats.program_from(job.program.document)
    rows = inputs[0].licence.dataset.rows
    domain = market_domain()
    return JobStatement(
        program=program,
        context=JobContext(
            chain_id=domain.chain_id,
            market=bytes.fromhex(domain.verifying_contract[2:]),
            job_id=from_hex(job.job_id, "job_id", 32),
            program_id=program.program_id,
            licences_hash=hashing.licences_hash([from_hex(item.licence_id, "licence") for item in inputs]),
        ),
        statement=Statement.of_program(program, tuple(c.f for c in commitments), rows),
        commitments=tuple(commitments),
        is_sealed=job.visibility == Visibility.SEALED,
    )


def market_domain() -> Eip712Domain:
    """What orders, deals and contributions are signed for."""
    return contract_domain("Market")


def contract_domain(contract: str) -> Eip712Domain:
    """What messages to one of the contracts are signed for."""
    deployment = deployment_current()
    return Eip712Domain(deployment.chain_id, deployment.addresses[contract])


def verifying_key(job: Job) -> VerifyingKey:
    return formats.verifying_key_from(job.program.setup.verifying_key)


def proving_key(job: Job) -> ProvingKey:
    """The setup's points for combining answers, on the fastest backend; kept for the process's life."""
    record = job.program.setup
    key = _load(record.directory)
    if formats.to_hex(key.setup_id) != record.setup_id:
        raise RuntimeError(f"{record.directory} does not hold the setup {record.setup_id}")
    return key


@lru_cache(maxsize=4)
def _load(directory: str) -> ProvingKey:
    return setup.load(Path(directory), get_backend(), trusted=True)
