"""A dataset longer than a capacity: committed and proven in chunks that add up. PROTOCOL, *Columns*.

Every chunk is an ordinary statement over its own commitments, in the order's context with program_id' =
H(tag("hengsuan/chunk/v1"), program_id, index, count), so no chunk's proof stands for another's and none can
be left out. Public outputs add up; of sealed ones the commitments F_M, the outputs and the blindings do.
Whether the commitments are those of the whole dataset is for the caller to compare with its registration.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from proofs import prover, verifier
from proofs.backend.base import Backend, Buffer
from proofs.batch import require_all
from proofs.columns import (
    BLINDING_ROWS,
    ColumnCommitment,
    ColumnSchema,
    blind,
    commit,
    encode_integers,
    ones_column,
)
from proofs.errors import MalformedInput, WrongLength, WrongProgram
from proofs.field import R
from proofs.inner_product import Blinding
from proofs.keys import ProvingKey, VerifyingKey
from proofs.programs.parts import chunk_place, total_result
from proofs.proof import Proof
from proofs.prover import Proven
from proofs.randomness import SEED_BYTES, OsRandom, Random, SeededRandom
from proofs.statement import (
    BoundStatement,
    JobContext,
    Program,
    Result,
    Statement,
)

__all__ = [
    "Chunk",
    "ProvenChunks",
    "chunk_rows",
    "chunk_statements",
    "commit_chunks",
    "prove",
    "total_result",
    "verify",
]

Made = TypeVar("Made")
Given = TypeVar("Given")


@dataclass(frozen=True, repr=False)  # secret: never in a log
class Chunk:
    """One chunk of a table: ``ones`` and its columns (secret), with their commitments."""

    rows: int
    columns: tuple[bytes, ...]
    commitments: tuple[ColumnCommitment, ...]


@dataclass(frozen=True, repr=False)  # secret: never in a log
class ProvenChunks:
    """Each chunk's proof, and the sums: ``outputs`` and ``blinding`` open a sealed ``result``."""

    chunks: tuple[Proven, ...]
    result: Result
    outputs: bytes
    blinding: Blinding


def chunk_rows(rows: int, n: int) -> tuple[int, ...]:
    """Numbers of rows of the chunks: full ones, then the rest."""
    if rows < 1:
        raise MalformedInput("a dataset has at least one row")
    full, rest = divmod(rows, n - BLINDING_ROWS)
    return (n - BLINDING_ROWS,) * full + ((rest,) if rest else ())


def commit_chunks(
    key: ProvingKey,
    schemas: Sequence[ColumnSchema],
    table: Sequence[Sequence[int]],
    random: Random | None = None,
    workers: int | None = None,
) -> list[Chunk]:
    """Encodes, blinds and commits columns of one length (``ones`` is added) chunk by chunk."""
    if not table or len({len(column) for column in table}) != 1 or len(table) != len(schemas):
        raise WrongLength("every schema has one column, and all columns have one length")
    source, backend, starts = random or OsRandom(), key.backend, [0]
    sizes = chunk_rows(len(table[0]), key.n)
    for size in sizes:
        starts.append(starts[-1] + size)
    # Blinding is drawn here, in order: the source is not shared between workers.
    held = []
    for start, size in zip(starts, sizes, strict=False):
        columns = [ones_column(key.n, size)]
        for schema, column in zip(schemas, table, strict=True):
            encoded = encode_integers(backend, schema, column[start : start + size], key.n)
            columns.append(blind(backend, encoded, source))
        held.append(tuple(columns))

    def make(part: tuple[int, tuple[bytes, ...]]) -> Chunk:
        size, columns = part
        return Chunk(size, columns, tuple(commit(key, column) for column in columns))

    return _each(backend, make, list(zip(sizes, held, strict=True)), workers)


def chunk_statements(program: Program, chunks: Sequence[Chunk]) -> list[Statement]:
    """The program's statement about each chunk."""
    return [
        Statement.of_program(program, tuple(c.f for c in chunk.commitments), chunk.rows) for chunk in chunks
    ]


def prove(
    key: ProvingKey,
    context: JobContext,
    program: Program,
    chunks: Sequence[Chunk],
    *,
    is_sealed: bool,
    random: Random | None = None,
    workers: int | None = None,
) -> ProvenChunks:
    """All chunks, several at a time where the backend runs outside of the interpreter's lock.

    Each chunk draws from a seed of its own, so that workers never share a source of randomness.
    """
    make = prover.prove_sealed if is_sealed else prover.prove_public
    statements = chunk_statements(program, chunks)
    source = random or OsRandom()
    seeds = [source.draw(SEED_BYTES) for _ in chunks]

    def one(index: int) -> Proven:
        columns: Sequence[Buffer] = chunks[index].columns
        place, own = chunk_place(context, index, len(chunks)), SeededRandom(seeds[index], b"chunk")
        return make(key, place, statements[index], columns, chunks[index].commitments, own)

    proven = _each(key.backend, one, list(range(len(chunks))), workers)
    outputs = key.backend.vec_combine([part.outputs for part in proven], [1] * len(proven))
    blinding = Blinding(
        sum(part.blinding.mu for part in proven) % R, sum(part.blinding.mu_tau for part in proven) % R
    )
    result = total_result(key.backend, [part.result for part in proven])
    return ProvenChunks(tuple(proven), result, outputs, blinding)


def verify(
    backend: Backend,
    key: VerifyingKey,
    context: JobContext,
    program: Program,
    statements: Sequence[Statement],
    parts: Sequence[tuple[Result, Proof]],
) -> Result:
    """The proven sum over all chunks; all proofs as one pairing product, a bad chunk by its number.

    Raises as ``verifier.verify`` does, and WrongLength unless there is one proof for each chunk. For a key
    that was checked.
    """
    if len(parts) != len(statements):
        raise WrongLength(f"{len(parts)} proofs for {len(statements)} chunks")
    if program.program_id != context.program_id:
        raise WrongProgram("the context names another program")
    relations = []
    for index, (statement, (result, proof)) in enumerate(zip(statements, parts, strict=True)):
        statement.check_program(program, key.setup_id)
        bound = BoundStatement(chunk_place(context, index, len(parts)), statement, result)
        relations.append(verifier.relation(backend, key, bound, proof, f"chunk {index}"))
    require_all(backend, relations)
    return total_result(backend, [result for result, _ in parts])


def _each(
    backend: Backend, make: Callable[[Given], Made], parts: Sequence[Given], workers: int | None
) -> list[Made]:
    """In the order of ``parts``; threads help the native kernel only: Python's arithmetic holds the lock."""
    count = workers or (min(len(parts), os.cpu_count() or 1) if backend.name == "native" else 1)
    if count == 1:
        return [make(part) for part in parts]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(make, parts))
