"""What a job is, worked out by the party itself from the signed order and the commitments.

Nothing of a task's payload is believed before ``check_job`` has tied it to the consumer's signature: the
job id is the order's digest, details and program are hashes in it, inputs are named in it. What the
signature does not cover (which commitments a dataset has, who sits where) is for the chain; see
connector/deal.py and node/evidence.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Order, bits_of
from marketplace.signing.errors import SigningError
from proofs import formats, hashing
from proofs.columns import ONES_SCHEMA, ColumnCommitment, ColumnSchema, check_ones
from proofs.errors import ProofSystemError
from proofs.keys import ProvingKey
from proofs.node import deal_context
from proofs.sharing import THRESHOLD, DealContext, answers_needed
from proofs.statement import JobContext, Program, Statement
from scheduler.agents.chain import Deployment
from scheduler.agents.errors import TaskRefused
from scheduler.agents.wire import JobInput, Seat, TaskContext

__all__ = ["CheckedJob", "check_job", "schema_columns"]

SEALED = 1


@dataclass(frozen=True)
class CheckedJob:
    """A job whose parts agree with its order."""

    context: TaskContext
    order: Order
    program: Program
    job: JobContext
    statement: Statement
    commitments: tuple[ColumnCommitment, ...]
    schemas: tuple[ColumnSchema, ...]
    """By position in the job's column list, ``ones`` first, like ``commitments``."""
    origins: tuple[tuple[int, int], ...]
    """(input position, column index in its dataset) of the job's columns 1, 2, …"""

    @property
    def is_sealed(self) -> bool:
        """Whether only the consumer can open the result."""
        return self.order.visibility == SEALED

    def deal_context(self, key: ProvingKey) -> DealContext:
        """What dealers and nodes of this attempt bind their messages to."""
        return deal_context(key, self.job, self.statement, self.context.attempt, is_sealed=self.is_sealed)

    def positions(self, input_position: int) -> dict[int, int]:
        """Position in the job's column list of each chosen column of one input, by column index."""
        return {
            column: position
            for position, (origin, column) in enumerate(self.origins, start=1)
            if origin == input_position
        }

    def seat(self, number: int) -> Seat:
        """The seat with this number."""
        for seat in self.context.seats:
            if seat.seat == number:
                return seat
        raise _refused(f"the job has no seat {number}")

    def check_ones(self, key: ProvingKey) -> None:
        """Column 0 of every input is the commitment of ``ones`` over the declared rows."""
        try:
            check_ones(key, self.statement.rows, self.statement.columns[0])
        except ProofSystemError as error:
            raise _refused(str(error)) from None


def check_job(context: TaskContext, deployment: Deployment) -> CheckedJob:
    """Work out the job. Raises TaskRefused ``context_invalid`` naming what does not agree."""
    try:
        return _check_job(context, deployment)
    except (SigningError, ProofSystemError, ValueError) as error:
        raise _refused(str(error)) from None


def _check_job(context: TaskContext, deployment: Deployment) -> CheckedJob:
    if context.chain_id != deployment.chain_id or context.market != deployment.contracts["Market"]:
        raise _refused("the job is for another chain or another market than this party acts on")
    order = _checked_order(context, deployment)
    program = _checked_program(context, order)
    _check_inputs(context, order)
    commitments, schemas, origins = _column_list(context.inputs)
    statement = Statement.of_program(program, tuple(c.f for c in commitments), context.inputs[0].rows)
    _check_shape(context)
    job = JobContext(
        chain_id=context.chain_id,
        market=bytes.fromhex(context.market[2:]),
        job_id=formats.from_hex(context.job_id, "job_id", 32),
        program_id=program.program_id,
        licences_hash=hashing.licences_hash(
            [formats.from_hex(item.licence_id, "licence_id", 32) for item in context.inputs]
        ),
    )
    return CheckedJob(context, order, program, job, statement, commitments, schemas, origins)


def _checked_order(context: TaskContext, deployment: Deployment) -> Order:
    order = Order.from_json(context.order)
    domain = deployment.domain("Market")
    if order.digest(domain) != context.job_id:
        raise _refused("the job id is not the order's digest")
    if order.recover(domain, context.order_signature) != order.consumer:
        raise _refused("the order is not signed by its consumer")
    if document_hash(context.details) != order.details_hash:
        raise _refused("the details are not those of the order")
    return order


def _checked_program(context: TaskContext, order: Order) -> Program:
    program = formats.program_from(context.program.document)
    if not formats.to_hex(program.program_id) == context.program.program_id == order.program_id:
        raise _refused("the program's document is not the ordered one")
    if formats.to_hex(program.setup_id) != context.setup_id:
        raise _refused("the setup is not the program's")
    return program


def _check_inputs(context: TaskContext, order: Order) -> None:
    given = [(item.licence_id, item.columns) for item in context.inputs]
    if given != [(item.licence_id, item.columns) for item in order.inputs] or not given:
        raise _refused("the inputs are not those of the order")
    if len({item.rows for item in context.inputs}) != 1:
        raise _refused("the inputs have different numbers of rows")
    for item in context.inputs:
        if tuple(commitment.index for commitment in item.commitments) != bits_of(item.columns):
            raise _refused(
                f"the commitments of dataset {item.dataset_id} are not those of the chosen columns"
            )
        if not item.columns & 1 or item.columns == 1:
            raise _refused(f"dataset {item.dataset_id} gives no column beside ones")


def _column_list(
    inputs: tuple[JobInput, ...],
) -> tuple[tuple[ColumnCommitment, ...], tuple[ColumnSchema, ...], tuple[tuple[int, int], ...]]:
    """``ones``, then the chosen columns of each input by rising index (docs/protocol.md)."""
    commitments: list[ColumnCommitment] = []
    schemas = [ONES_SCHEMA]
    origins: list[tuple[int, int]] = []
    for position, item in enumerate(inputs):
        columns = schema_columns(item.schema)
        for entry in item.commitments:
            document = {"F": entry.F, "F2": entry.F2, "F_kappa": entry.F_kappa}
            commitment = formats.column_commitment_from(document, f"column {entry.index}")
            if entry.index == 0:
                if position == 0:
                    commitments.append(commitment)
                elif commitment.f != commitments[0].f:
                    raise _refused("the inputs have different rows: their column 0 differs")
                continue
            if entry.index > len(columns):
                raise _refused(f"the schema of dataset {item.dataset_id} has no column {entry.index}")
            commitments.append(commitment)
            schemas.append(columns[entry.index - 1])
            origins.append((position, entry.index))
    return tuple(commitments), tuple(schemas), tuple(origins)


def _check_shape(context: TaskContext) -> None:
    if (context.threshold, context.degree) != (THRESHOLD, Program.DEGREE):
        raise _refused(f"threshold {context.threshold} and degree {context.degree} are not supported")
    numbers = [seat.seat for seat in context.seats]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) < answers_needed(Program.DEGREE):
        raise _refused(
            f"seats {numbers} are not 1 to N with at least {answers_needed(Program.DEGREE)} of them"
        )
    if len({seat.operator for seat in context.seats}) != len(numbers):
        raise _refused("two seats belong to one operator")
    parties = {context.order.get("consumer"), *(item.owner for item in context.inputs)}
    if conflict := [seat.seat for seat in context.seats if seat.operator in parties]:
        raise _refused(f"seat {conflict[0]} belongs to a party to the job")


def schema_columns(schema: dict[str, object]) -> list[ColumnSchema]:
    """The columns 1, 2, … of a dataset's schema document."""
    columns = schema.get("columns")
    if not isinstance(columns, list):
        raise _refused("a dataset's schema document has no list of columns")
    return [ColumnSchema.from_document(entry) for entry in columns]


def _refused(detail: str) -> TaskRefused:
    return TaskRefused(
        "context_invalid",
        detail[0].upper() + detail[1:],
        "The market must give a context that fits the order.",
    )
