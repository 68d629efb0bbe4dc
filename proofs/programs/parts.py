"""What one job proves, worked out from its program: the same for nodes, owners, verifier and contract call.

A job has chunks (one, unless its datasets are longer than a capacity), and its plan applies to each of them.
Every proof is an ordinary statement in a context of its own (docs/protocol.md, *Programs*, *Chunks*):

- of chunk i of c > 1, program_id_i = H(tag("hengsuan/chunk/v1"), program_id, i, c)
- of step s of a program other than ``gram``, H(tag("hengsuan/step/v1"), program_id of its chunk, s), the
  plan's products first, then the selections, then its rectangles
- that the selections are 1 in all is about their sums over the chunks, in the order's own program_id

A Gram program over one chunk is one proof in the order's own context. Statements of other programs list the
left columns, then the right ones. The result of a rectangle is the sum over the chunks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from proofs import hashing
from proofs.backend.base import Backend
from proofs.columns import ColumnCommitment
from proofs.errors import MalformedInput, WrongLength, WrongProgram
from proofs.hadamard import HadamardStatement, combine_commitments, constant_one
from proofs.inner_product import scalar_bytes
from proofs.programs.description import Described
from proofs.programs.plan import Plan, Rectangle, make_plan
from proofs.statement import (
    BoundStatement,
    JobContext,
    Program,
    PublicResult,
    Result,
    SealedResult,
    Statement,
)

__all__ = [
    "ChunkColumns",
    "JobPlan",
    "Owned",
    "Part",
    "ProductStep",
    "SelectionStep",
    "chunk_place",
    "result_hash",
    "total_result",
]

Terms = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ChunkColumns:
    """The public side of one chunk: rows, and the job's columns (``ones`` first), then committed products."""

    rows: int
    commitments: tuple[ColumnCommitment, ...]


@dataclass(frozen=True)
class Part:
    """What the nodes prove by themselves: one rectangle in one chunk. ``number``: its place in the job."""

    number: int
    chunk: int
    rectangle: int
    context: JobContext
    statement: Statement
    commitments: tuple[ColumnCommitment, ...]
    """Of the statement's columns."""


@dataclass(frozen=True)
class ProductStep:
    """A Hadamard product of one chunk, of columns at these positions."""

    chunk: int
    positions: tuple[int, ...]
    context: JobContext
    statement: HadamardStatement


@dataclass(frozen=True)
class SelectionStep:
    """Every selection column sums to 1 over all chunks: one public proof against the constant 1."""

    positions: tuple[int, ...]
    context: JobContext
    statement: Statement
    commitments: tuple[ColumnCommitment, ...]

    @property
    def result(self) -> PublicResult:
        """What it must show."""
        return PublicResult((1,) * len(self.positions))

    @property
    def bound(self) -> BoundStatement:
        return BoundStatement(self.context, self.statement, self.result)


@dataclass(frozen=True)
class Owned:
    """Steps that one owner proves: indexes of the job's products, and whether it proves the selections."""

    products: tuple[int, ...]
    is_selection: bool

    def __bool__(self) -> bool:
        return bool(self.products) or self.is_selection


@dataclass(frozen=True)
class JobPlan:
    """A program on the columns of one job. WrongProgram, WrongLength if they do not fit."""

    backend: Backend
    program: Described
    context: JobContext
    chunks: tuple[ChunkColumns, ...]
    column_count: int
    """Of the job, without committed products."""

    def __post_init__(self) -> None:
        if self.program.program_id != self.context.program_id:
            raise WrongProgram("the context names another program")
        counts = {len(chunk.commitments) for chunk in self.chunks}
        if counts != {self.column_count + len(self.plan.committed)}:
            raise WrongLength("every chunk has all columns of the job, and there is at least one chunk")

    @cached_property
    def plan(self) -> Plan:
        return make_plan(self.program, self.column_count)

    @property
    def rows(self) -> int:
        return sum(chunk.rows for chunk in self.chunks)

    @property
    def is_gram(self) -> bool:
        """The program has no plan of its own: its outputs follow from the number of columns."""
        return isinstance(self.program, Program)

    @property
    def is_single(self) -> bool:
        """One Gram proof in the order's own context: what ``settleSealed`` and ``settlePublic`` take."""
        return self.is_gram and len(self.chunks) == 1

    @cached_property
    def columns_hash(self) -> bytes:
        """Of all columns of the job, chunk by chunk."""
        return hashing.columns_hash(
            [c.f for chunk in self.chunks for c in chunk.commitments[: self.column_count]]
        )

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Chunk by chunk, the plan's rectangles."""
        found: list[Part] = []
        for chunk in range(len(self.chunks)):
            for number, rectangle in enumerate(self.plan.rectangles):
                found.append(self._part(len(found), chunk, number, rectangle))
        return tuple(found)

    def _part(self, number: int, chunk: int, place: int, rectangle: Rectangle) -> Part:
        columns = self.chunks[chunk]
        step = len(self.plan.products) + bool(self.plan.selections) + place
        if isinstance(self.program, Program):
            known = columns.commitments
            statement = Statement.of_program(self.program, tuple(c.f for c in known), columns.rows)
        else:
            listed = (*rectangle.left, *rectangle.right)
            terms = tuple(self.plan.terms(column) for column in listed)
            known = tuple(combine_terms(self.backend, columns.commitments, each) for each in terms)
            split = len(rectangle.left)
            statement = Statement(
                setup_id=self.program.setup_id,
                columns=tuple(c.f for c in known),
                left=tuple(range(split)),
                right=tuple(range(split, len(listed))),
                rows=columns.rows,
                degree=self.plan.degree,
                terms=terms,
            )
        return Part(number, chunk, place, self._step(self._place(chunk), step), statement, known)

    @cached_property
    def products(self) -> tuple[ProductStep, ...]:
        """Chunk by chunk, the plan's products."""
        return tuple(
            ProductStep(
                chunk=chunk,
                positions=product.columns,
                context=self._step(self._place(chunk), step),
                statement=HadamardStatement.of(
                    self.program.setup_id, *(columns.commitments[i] for i in product.columns)
                ),
            )
            for chunk, columns in enumerate(self.chunks)
            for step, product in enumerate(self.plan.products)
        )

    @cached_property
    def selection(self) -> SelectionStep | None:
        """None if the program selects nothing."""
        chosen = self.plan.selections
        if not chosen:
            return None
        summed = [
            combine_commitments(self.backend, [c.commitments[s] for c in self.chunks], [1] * len(self.chunks))
            for s in chosen
        ]
        known = (*summed, constant_one(self.backend))
        statement = Statement(
            setup_id=self.program.setup_id,
            columns=tuple(c.f for c in known),
            left=tuple(range(len(chosen))),
            right=(len(chosen),),
            rows=self.chunks[0].rows,
            degree=self.plan.degree,
        )
        return SelectionStep(chosen, self._step(self.context, len(self.plan.products)), statement, known)

    def _place(self, chunk: int) -> JobContext:
        return chunk_place(self.context, chunk, len(self.chunks))

    def _step(self, context: JobContext, number: int) -> JobContext:
        if isinstance(self.program, Program):
            return context
        step = hashing.keccak256(hashing.words(hashing.STEP_TAG, context.program_id, number))
        return replace(context, program_id=step)

    def owned(self, positions: Collection[int]) -> Owned:
        """The steps that are about these columns (and public ones) only: their owner proves them."""
        own = {0, *positions}
        products = tuple(i for i, step in enumerate(self.products) if own.issuperset(step.positions))
        selects = self.selection is not None and own.issuperset(self.selection.positions)
        return Owned(products, selects)

    def first_part(self, positions: Collection[int]) -> int | None:
        """The first part that the owner of these columns deals for: its own proofs go with that deal."""
        own = set(positions)
        return next((part.number for part in self.parts if own.intersection(part.statement.positions)), None)

    def totals(self, results: Sequence[Result]) -> tuple[Result, ...]:
        """The result of each rectangle from those of all parts: sums over the chunks."""
        if len(results) != len(self.parts):
            raise WrongLength(f"{len(results)} results for {len(self.parts)} parts")
        return tuple(
            total_result(
                self.backend,
                [r for part, r in zip(self.parts, results, strict=True) if part.rectangle == place],
            )
            for place in range(len(self.plan.rectangles))
        )


def chunk_place(context: JobContext, index: int, count: int) -> JobContext:
    """The context of one chunk of several; a single one has the order's own."""
    if count == 1:
        return context
    place = hashing.keccak256(hashing.words(hashing.CHUNK_TAG, context.program_id, index, count))
    return replace(context, program_id=place)


def combine_terms(
    backend: Backend, commitments: Sequence[ColumnCommitment], terms: Terms
) -> ColumnCommitment:
    """The commitment of a column or of a weighted sum of columns."""
    if len(terms) == 1 and terms[0][1] == 1:
        return commitments[terms[0][0]]
    return combine_commitments(backend, [commitments[i] for i, _ in terms], [weight for _, weight in terms])


def total_result(backend: Backend, results: Sequence[Result]) -> Result:
    """The sum: of public outputs as numbers, of sealed ones as the sum of their commitments."""
    if len(results) == 1:
        return results[0]
    sealed = [result.commitment for result in results if isinstance(result, SealedResult)]
    public = [result.outputs for result in results if isinstance(result, PublicResult)]
    if sealed and not public:
        return SealedResult(backend.g1_sum(b"".join(sealed)))
    if not public or sealed or len({len(outputs) for outputs in public}) != 1:
        raise MalformedInput("chunks have results of one kind and one number of outputs, at least one chunk")
    vectors = [b"".join(map(scalar_bytes, outputs)) for outputs in public]
    summed = backend.vec_combine(vectors, [1] * len(vectors))
    return PublicResult(tuple(int.from_bytes(summed[i : i + 32], "big") for i in range(0, len(summed), 32)))


def result_hash(totals: Sequence[Result]) -> bytes:
    """What the chain records: a single result's hash, or the hash of all rectangles' result hashes."""
    if len(totals) == 1:
        return totals[0].result_hash
    return hashing.keccak256(b"".join(total.result_hash for total in totals))
