"""Proving and verifying a program by its plan: one party that holds every column.

Every proof of a program is bound to the order and to its place: step i of a program other than ``gram`` has
program_id' = H(tag, program_id, i) in its context (docs/protocol.md, *Programs*). A Gram program is one
proof in the order's own context, the very proof that ``proofs.prover`` makes and the contract settles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from proofs import hadamard, hashing, prover, verifier
from proofs.backend.base import Backend, Buffer
from proofs.batch import Relation, require_all
from proofs.columns import ColumnCommitment, check_ones, commit
from proofs.data_rows import data_rows_key
from proofs.errors import ResultMismatch, WrongLength, WrongProgram, WrongSetup
from proofs.hadamard import HadamardProof, HadamardStatement
from proofs.keys import ProvingKey
from proofs.programs.description import Described, Sum
from proofs.programs.plan import Plan, Rectangle, make_plan
from proofs.proof import Proof
from proofs.prover import Proven, scalars_of
from proofs.randomness import OsRandom, Random, draw_scalars
from proofs.statement import BoundStatement, JobContext, Program, PublicResult, Result, Statement

__all__ = ["ProgramProof", "ProgramRun", "open_sum", "prove", "verify"]


@dataclass(frozen=True)
class ProgramProof:
    """What is published, in the plan's order: commitments of new columns, products, results with proofs."""

    commitments: tuple[ColumnCommitment, ...]
    products: tuple[HadamardProof, ...]
    rectangles: tuple[tuple[Result, Proof], ...]


@dataclass(frozen=True)
class ProgramRun:
    """``proof`` is public; ``steps`` open sealed results and ``opened`` are the virtual columns: secret."""

    proof: ProgramProof
    plan: Plan
    steps: tuple[Proven, ...]
    opened: tuple[bytes, ...] = field(repr=False, default=())

    def outputs(self) -> dict[tuple[int, int], int]:
        """The inner products by their two columns."""
        found: dict[tuple[int, int], int] = {}
        for rectangle, step in zip(self.plan.rectangles, self.steps, strict=True):
            values = scalars_of(step.outputs)
            pairs = [(a, b) for a in rectangle.left for b in rectangle.right]
            found |= dict(zip(pairs, values, strict=True)) if rectangle.expected is None else {}
        return found


def prove(
    key: ProvingKey,
    context: JobContext,
    program: Described,
    rows: int,
    columns: Sequence[Buffer],
    commitments: Sequence[ColumnCommitment],
    *,
    is_sealed: bool,
    random: Random | None = None,
) -> ProgramRun:
    """Runs the plan; InvalidProof if a column is not what its role says, WrongProgram, WrongSetup."""
    plan = _require_plan(key, context, program, len(commitments))
    source = random or OsRandom()
    held, known = [bytes(column) for column in columns], list(commitments)
    if len(held) != len(known):
        raise WrongLength(f"{len(held)} columns given, {len(known)} commitments")
    for product in plan.committed:
        blinding = draw_scalars(key.backend, source, 2)
        held.append(hadamard.product_column(key.backend, held[product.left], held[product.right], blinding))
        known.append(commit(key, held[-1]))
    products = tuple(
        hadamard.prove(key, step, statement, *(held[i] for i in indexes))
        for step, statement, indexes in _product_steps(context, program, plan, known)
    )
    steps = tuple(
        _prove_rectangle(
            key, step, statement, rectangle, [held[i] for i in rectangle.columns], known, is_sealed, source
        )
        for step, statement, rectangle in _rectangle_steps(context, program, plan, known, rows)
    )
    proof = ProgramProof(
        commitments=tuple(known[plan.column_count :]),
        products=products,
        rectangles=tuple((step.result, step.proof) for step in steps),
    )
    return ProgramRun(proof, plan, steps, tuple(_sum(key.backend, held, o) for o in plan.openings))


def _prove_rectangle(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    rectangle: Rectangle,
    columns: Sequence[Buffer],
    known: Sequence[ColumnCommitment],
    is_sealed: bool,
    random: Random,
) -> Proven:
    make = prover.prove_sealed if is_sealed and rectangle.expected is None else prover.prove_public
    proven = make(key, context, statement, columns, [known[i] for i in rectangle.columns], random)
    if rectangle.expected not in (None, scalars_of(proven.outputs)):
        raise WrongProgram(f"columns {rectangle.left} are no selection: their sum is not 1")
    return proven


def _sum(backend: Backend, columns: Sequence[bytes], output: Sum) -> bytes:
    weights = scalars_of(backend.vec_from_i64([weight for _, weight in output.terms]))
    return backend.vec_combine([columns[i] for i, _ in output.terms], list(weights))


def open_sum(key: ProvingKey, output: Sum, commitments: Sequence[ColumnCommitment], column: Buffer) -> None:
    """ResultMismatch unless ``column`` (n scalars) is the virtual column: its opening is its proof."""
    weights = key.backend.vec_from_i64([weight for _, weight in output.terms])
    expected = key.backend.g1_msm(b"".join(commitments[i].f for i, _ in output.terms), weights)
    if key.lagrange.msm(column) != expected:
        raise ResultMismatch("the column does not open the linear combination of the commitments")


# both ------------------------------------------------------------------------------------------


def _require_plan(key: ProvingKey, context: JobContext, program: Described, column_count: int) -> Plan:
    if program.setup_id != key.setup_id:
        raise WrongSetup("the program names another setup than the key")
    if program.program_id != context.program_id:
        raise WrongProgram("the context names another program")
    return make_plan(program, column_count)


def _step(context: JobContext, program: Described, number: int) -> JobContext:
    """The context of step ``number``; a Gram program has one step, in the order's own context."""
    if isinstance(program, Program):
        return context
    step = hashing.keccak256(hashing.words(hashing.STEP_TAG, context.program_id, number))
    return replace(context, program_id=step)


def _product_steps(
    context: JobContext, program: Described, plan: Plan, known: Sequence[ColumnCommitment]
) -> list[tuple[JobContext, HadamardStatement, tuple[int, int, int]]]:
    """Step i is product i."""
    steps = []
    for number, product in enumerate(plan.products):
        indexes = (product.left, product.right, product.output)
        statement = HadamardStatement.of(program.setup_id, *(known[i] for i in indexes))
        steps.append((_step(context, program, number), statement, indexes))
    return steps


def _rectangle_steps(
    context: JobContext, program: Described, plan: Plan, known: Sequence[ColumnCommitment], rows: int
) -> list[tuple[JobContext, Statement, Rectangle]]:
    """Steps go on behind the products; a statement has only the columns of its rectangle."""
    steps = []
    for number, rectangle in enumerate(plan.rectangles, start=len(plan.products)):
        place = {column: at for at, column in enumerate(rectangle.columns)}
        statement = Statement(
            setup_id=program.setup_id,
            columns=tuple(known[column].f for column in rectangle.columns),
            left=tuple(place[column] for column in rectangle.left),
            right=tuple(place[column] for column in rectangle.right),
            rows=rows,
        )
        steps.append((_step(context, program, number), statement, rectangle))
    return steps


# verifier --------------------------------------------------------------------------------------


def verify(
    key: ProvingKey,
    context: JobContext,
    program: Described,
    rows: int,
    commitments: Sequence[ColumnCommitment],
    proof: ProgramProof,
) -> None:
    """Returns if every step of the plan is proven; raises otherwise, PairingFailed naming the step.

    ``commitments``: the job's columns, checked as registered ones are; ``key`` serves public columns only.
    """
    plan = _require_plan(key, context, program, len(commitments))
    check_ones(key, rows, commitments[0].f)
    counts = (len(proof.commitments), len(proof.products), len(proof.rectangles))
    if counts != (len(plan.committed), len(plan.products), len(plan.rectangles)):
        raise WrongLength("the proof has another number of columns, products or results than its program")
    require_all(key.backend, _relations(key, context, program, plan, rows, commitments, proof))


def _relations(
    key: ProvingKey,
    context: JobContext,
    program: Described,
    plan: Plan,
    rows: int,
    commitments: Sequence[ColumnCommitment],
    proof: ProgramProof,
) -> list[Relation]:
    backend, verifying = key.backend, key.verifying
    known = [*commitments, *proof.commitments]
    checks = [
        relation
        for index, commitment in enumerate(proof.commitments, start=plan.column_count)
        for relation in hadamard.commitment_relations(backend, verifying, commitment, f"column {index}")
    ]
    products = _product_steps(context, program, plan, known)
    for number, ((step, product, _), part) in enumerate(zip(products, proof.products, strict=True)):
        checks += hadamard.relations(
            backend, verifying, data_rows_key(key), step, product, part, f"product {number}"
        )
    rectangles = _rectangle_steps(context, program, plan, known, rows)
    for (step, statement, rectangle), (result, inner) in zip(rectangles, proof.rectangles, strict=True):
        if rectangle.expected is not None and result != PublicResult(rectangle.expected):
            raise WrongProgram(f"the sum of column {rectangle.left[0]} is not shown to be 1")
        bound = BoundStatement(step, statement, result)
        name = f"inner products of columns {rectangle.left} and {rectangle.right}"
        checks.append(verifier.relation(backend, verifying, bound, inner, name))
    return checks
