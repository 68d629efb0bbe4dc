"""Datasets longer than a capacity, and several proofs verified as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofs import chunks, prover, verifier
from proofs.columns import ColumnSchema
from proofs.errors import (
    ColumnValueOutOfRange,
    MalformedInput,
    PairingFailed,
    ResultMismatch,
    WrongLength,
    WrongProgram,
    WrongSetup,
)
from proofs.field import signed
from proofs.keys import ProvingKey
from proofs.opening import check_opening
from proofs.prover import scalars_of
from proofs.randomness import SeededRandom
from proofs.statement import BoundStatement, JobContext, Program, PublicResult, SealedResult

SCHEMAS = (ColumnSchema("x", 0, -50, 50), ColumnSchema("y", 0, 0, 9))
X = [3, -1, 4, 1, -5, 9, 2, 6, 5, 3, 5, 8, -9, 7]
Y = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0]


def dot(a: list[int], b: list[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


ONES = [1] * len(X)
GRAM = [dot(a, b) for a in (ONES, X, Y) for b in (ONES, X, Y)]


def job(key: ProvingKey) -> tuple[JobContext, Program, list[chunks.Chunk]]:
    program = Program(key.setup_id)
    context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
    return context, program, chunks.commit_chunks(key, SCHEMAS, [X, Y], SeededRandom(bytes(32)))


def proven(key: ProvingKey, *, is_sealed: bool) -> tuple[Any, ...]:
    context, program, parts = job(key)
    made = chunks.prove(key, context, program, parts, is_sealed=is_sealed)
    statements = chunks.chunk_statements(program, parts)
    published = [(part.result, part.proof) for part in made.chunks]
    return context, program, statements, published, made


def check(key: ProvingKey, *arguments: Any) -> Any:
    return chunks.verify(key.backend, key.verifying, *arguments)


@pytest.mark.parametrize(("rows", "expected"), [(1, (1,)), (6, (6,)), (7, (6, 1)), (18, (6, 6, 6))])
def test_full_chunks_come_first(rows: int, expected: tuple[int, ...]) -> None:
    assert chunks.chunk_rows(rows, 8) == expected


def test_public_results_of_chunks_add_up(key: ProvingKey) -> None:
    context, program, statements, published, made = proven(key, is_sealed=False)
    assert [statement.rows for statement in statements] == [6, 6, 2]
    total = check(key, context, program, statements, published)
    assert total == made.result
    assert [signed(value) for value in total.outputs] == GRAM


def test_sealed_results_of_chunks_add_up_and_open(fast_key: ProvingKey) -> None:
    *arguments, made = proven(fast_key, is_sealed=True)
    total = check(fast_key, *arguments)
    check_opening(fast_key, total, made.outputs, made.blinding)
    assert [signed(value) for value in scalars_of(made.outputs)] == GRAM
    with pytest.raises(ResultMismatch):
        check_opening(fast_key, total, made.outputs, replace(made.blinding, mu=1))


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_do_not_change_the_commitments(fast_key: ProvingKey, workers: int) -> None:
    made = chunks.commit_chunks(fast_key, SCHEMAS, [X, Y], SeededRandom(bytes(32)), workers)
    assert made == job(fast_key)[2]


@pytest.mark.parametrize("bad", range(3))
def test_the_wrong_chunk_is_named(fast_key: ProvingKey, bad: int) -> None:
    context, program, statements, published, _ = proven(fast_key, is_sealed=False)
    result, proof = published[bad]
    published[bad] = (PublicResult((result.outputs[0] + 1, *result.outputs[1:])), proof)
    with pytest.raises(PairingFailed, match=f"chunk {bad}:"):
        check(fast_key, context, program, statements, published)


def test_chunks_cannot_be_left_out_repeated_or_moved(fast_key: ProvingKey) -> None:
    context, program, statements, published, _ = proven(fast_key, is_sealed=True)
    with pytest.raises(WrongLength):
        check(fast_key, context, program, statements, published[:2])
    for order in ((0, 1), (1, 0, 2), (0, 0, 2)):
        with pytest.raises(PairingFailed):
            check(fast_key, context, program, [statements[i] for i in order], [published[i] for i in order])
    with pytest.raises(WrongProgram):
        check(fast_key, replace(context, program_id=bytes(32)), program, statements, published)
    with pytest.raises(PairingFailed):
        check(fast_key, replace(context, job_id=bytes(32)), program, statements, published)
    other = replace(program, setup_id=bytes(32))
    with pytest.raises(WrongSetup):
        check(fast_key, replace(context, program_id=other.program_id), other, statements, published)


def test_tables_and_results_must_fit_together(fast_key: ProvingKey) -> None:
    with pytest.raises(WrongLength):
        chunks.commit_chunks(fast_key, SCHEMAS, [X, Y[:-1]])
    with pytest.raises(MalformedInput):
        chunks.commit_chunks(fast_key, SCHEMAS, [[], []])
    with pytest.raises(ColumnValueOutOfRange):
        chunks.commit_chunks(fast_key, SCHEMAS, [X, [10, *Y[1:]]])
    point = fast_key.backend.g1_generator()
    for results in (
        [],
        [PublicResult((1,)), SealedResult(point)],
        [PublicResult((1,)), PublicResult((1, 2))],
    ):
        with pytest.raises(MalformedInput):
            chunks.total_result(fast_key.backend, results)


def test_chunks_share_no_randomness_however_many_workers_prove(fast_key: ProvingKey) -> None:
    context, program, parts = job(fast_key)
    made = [
        chunks.prove(
            fast_key, context, program, parts, is_sealed=True, random=SeededRandom(bytes(32)), workers=workers
        )
        for workers in (1, 3)
    ]
    assert made[0] == made[1]
    assert len({part.blinding for part in made[0].chunks}) == len(parts)


# several proofs under one key ------------------------------------------------------------------


def claims(cast: Any) -> list[tuple[str, Program, BoundStatement, Any]]:
    """The job under four programs, sealed and public."""
    made = []
    for sides, is_sealed in (((0, 0), True), ((1, 1), False), ((2, 1), True), ((1, 0), False)):
        job = cast.for_program(*sides)
        make = prover.prove_sealed if is_sealed else prover.prove_public
        done = make(job.key, job.context, job.statement, job.columns, job.commitments)
        made.append((f"program {sides}", job.program, done.bound, done.proof))
    return made


def test_several_proofs_are_verified_as_one(cast: Any) -> None:
    verifier.verify_batch(cast.backend, cast.key.verifying, claims(cast))


@pytest.mark.parametrize("bad", range(4))
def test_the_wrong_proof_of_a_batch_is_named(fast_cast: Any, bad: int) -> None:
    made = claims(fast_cast)
    name, program, bound, proof = made[bad]
    made[bad] = (name, program, bound, replace(proof, c=proof.a))
    with pytest.raises(PairingFailed) as caught:
        verifier.verify_batch(fast_cast.backend, fast_cast.key.verifying, made)
    assert name in str(caught.value)
    made[bad] = (name, replace(program, setup_id=bytes(32)), bound, proof)
    with pytest.raises(WrongProgram):
        verifier.verify_batch(fast_cast.backend, fast_cast.key.verifying, made)
