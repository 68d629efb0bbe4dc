"""One party proves: public and sealed results, other programs, and what must not verify."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofs import inner_product, prover, verifier
from proofs.errors import (
    InvalidProof,
    MalformedInput,
    PairingFailed,
    ResultMismatch,
    WrongLength,
    WrongProgram,
    WrongSetup,
)
from proofs.inner_product import Blinding
from proofs.opening import check_opening, decode_outputs
from proofs.proof import Proof
from proofs.prover import Proven, scalars_of
from proofs.randomness import SeededRandom
from proofs.statement import BoundStatement, Program, PublicResult, Statement

EXPECTED = (5, 55, 240, 55, 1179, 1055, 240, 1055, 76538)


def prove(cast: Any, *, is_sealed: bool) -> Proven:
    make = prover.prove_sealed if is_sealed else prover.prove_public
    random = SeededRandom(bytes(32))
    return make(cast.key, cast.context, cast.statement, cast.columns, cast.commitments, random)


def verify(cast: Any, bound: BoundStatement, proof: Proof) -> None:
    verifier.verify(cast.backend, cast.key.verifying, cast.program, bound, proof)


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("sides", [(0, 0), (1, 1), (2, 1)])
def test_a_proof_verifies_and_its_outputs_are_the_inner_products(
    cast: Any, sides: tuple[int, int], is_sealed: bool
) -> None:
    job = cast.for_program(*sides)
    proven = prove(job, is_sealed=is_sealed)
    verify(job, proven.bound, proven.proof)
    decoded = decode_outputs(job.statement, job.schemas, scalars_of(proven.outputs))
    matrix = [EXPECTED[3 * a + b] for a in job.statement.left for b in job.statement.right]
    assert list(decoded) == matrix


def test_a_sealed_result_of_one_output_has_a_proper_opening(cast: Any) -> None:
    job = cast.for_program(1, 2)
    proven = prove(job, is_sealed=True)
    assert len(scalars_of(proven.outputs)) == 1
    verify(job, proven.bound, proven.proof)


def test_guesses_of_a_sealed_result_cannot_be_tested_against_its_opening(cast: Any) -> None:
    """PROTOCOL's own pi is a function of outputs and z alone; the linear blinding hides it."""
    proven = prove(cast, is_sealed=True)
    challenge = proven.bound.challenge
    guess = inner_product.bind_result(cast.key, proven.outputs, Blinding(0, 0), challenge)
    assert proven.proof.binding is not None
    assert guess.pi != proven.proof.binding.pi
    with pytest.raises(ResultMismatch):
        check_opening(cast.key, proven.result, proven.outputs, replace(proven.blinding, mu_tau=0))
    check_opening(cast.key, proven.result, proven.outputs, proven.blinding)


def test_proving_something_else_than_the_columns_say_is_impossible(cast: Any) -> None:
    proven = prove(cast, is_sealed=False)
    false = PublicResult((4, *proven.result.outputs[1:]))
    bound = BoundStatement(cast.context, cast.statement, false)
    outputs = b"".join(map(inner_product.scalar_bytes, false.outputs))
    arguments = (cast.key, bound, cast.columns, cast.commitments, outputs)
    with pytest.raises(InvalidProof, match="nothing was proven"):
        prover.prove_with(*arguments, inner_product.NO_BLINDING, SeededRandom(bytes(32)))


def test_other_columns_than_the_committed_ones_do_not_verify(cast: Any) -> None:
    columns = [cast.columns[0], cast.columns[2], cast.columns[1]]
    proven = prover.prove_public(cast.key, cast.context, cast.statement, columns, cast.commitments)
    with pytest.raises(PairingFailed):
        verify(cast, proven.bound, proven.proof)


def test_a_proof_of_other_sides_is_refused(cast: Any) -> None:
    job = cast.for_program(1, 1)
    proven = prove(job, is_sealed=False)
    swapped = replace(job.statement, left=job.statement.right, right=job.statement.left)
    bound = BoundStatement(job.context, swapped, proven.result)
    with pytest.raises(WrongProgram):
        verify(job, bound, proven.proof)
    with pytest.raises(PairingFailed):
        verifier.verify_statement(cast.backend, cast.key.verifying, bound, proven.proof)


def test_a_proof_of_one_kind_is_not_taken_for_the_other(cast: Any) -> None:
    sealed, public = prove(cast, is_sealed=True), prove(cast, is_sealed=False)
    with pytest.raises(MalformedInput, match="Y, P and pi"):
        verify(cast, public.bound, sealed.proof)
    with pytest.raises(MalformedInput, match="Y, P and pi"):
        verify(cast, sealed.bound, public.proof)


def test_a_proof_does_not_verify_twice_for_different_jobs(cast: Any) -> None:
    proven = prove(cast, is_sealed=False)
    replayed = replace(proven.bound, context=replace(cast.context, job_id=b"\x23" * 32))
    with pytest.raises(PairingFailed):
        verify(cast, replayed, proven.proof)


def test_a_statement_under_another_setup_is_refused(cast: Any) -> None:
    program = Program(b"\x01" * 32)
    statement = Statement.of_program(program, cast.statement.columns, cast.statement.rows)
    with pytest.raises(WrongSetup):
        prover.prove_public(cast.key, cast.context, statement, cast.columns, cast.commitments)
    context = replace(cast.context, program_id=program.program_id)
    proven = prove(cast, is_sealed=False)
    with pytest.raises(WrongSetup):
        verifier.verify(
            cast.backend,
            cast.key.verifying,
            program,
            BoundStatement(context, statement, proven.result),
            proven.proof,
        )


def test_wrong_numbers_of_columns_are_refused(cast: Any) -> None:
    with pytest.raises(WrongLength):
        prover.prove_public(cast.key, cast.context, cast.statement, cast.columns[:2], cast.commitments)
    with pytest.raises(WrongProgram):
        Program(cast.key.setup_id, left_count=4).sides(3)
    with pytest.raises(WrongProgram):
        Program(cast.key.setup_id, right_start=3).sides(3)
    with pytest.raises(WrongProgram):
        Program(cast.key.setup_id).sides(65)


@pytest.mark.parametrize("size", [0, 255, 257, 447, 449])
def test_proof_bytes_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(WrongLength):
        Proof.from_bytes(bytes(size))
