"""A job of several parts share-wise: each part is dealt, proven and opened for itself, and all add up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofs import columns as column_rules
from proofs import node
from proofs.columns import ONES_SCHEMA, ColumnSchema
from proofs.coordinator import combine_round1, combine_round2
from proofs.data_rows import data_rows_key
from proofs.errors import InvalidProof, PairingFailed, WrongLength
from proofs.keys import ProvingKey
from proofs.messages import ResultShare
from proofs.programs import entries, lookup
from proofs.programs.description import Description
from proofs.programs.opening import open_job_results
from proofs.programs.parts import ChunkColumns, JobPlan, Part
from proofs.programs.run import OwnedProofs, ProgramProof, prove_owned, verify_job, verify_owned
from proofs.proof import Proof
from proofs.randomness import SeededRandom
from proofs.sharing import Dealing, answers_needed, leg, leg_parts
from proofs.statement import JobContext, Result

X = [3, -1, 4, 1, -5, 9, 2, 6, -5]
Y = [2, 7, 1, 8, 2, 8, 1, 8, 2]
SCHEMAS = (ColumnSchema("x", 0, -50, 50), ColumnSchema("y", 0, 0, 9))
Columns = list[list[bytes]]


def job(key: ProvingKey, program: Description, *tables: list[int]) -> tuple[JobPlan, Columns]:
    """The plan over two chunks (capacity 8: six rows, then three), and the columns by chunk."""
    source = SeededRandom(bytes(32), b"parts")
    context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
    columns: Columns = []
    for start, size in ((0, 6), (6, 3)):
        chunk = [column_rules.ones_column(key.n, size)]
        for values in tables:
            part = values[start : start + 6]
            encoded = key.backend.vec_from_i64(part) + bytes(32 * (key.n - len(part)))
            chunk.append(column_rules.blind(key.backend, encoded, source))
        columns.append(chunk)
    chunks = tuple(
        ChunkColumns(size, tuple(column_rules.commit(key, column) for column in chunk))
        for size, chunk in zip((6, 3), columns, strict=True)
    )
    return JobPlan(key.backend, program, context, chunks, len(columns[0])), columns


def prove_part(key: ProvingKey, part: Part, chunk: list[bytes]) -> tuple[Result, Proof, list[ResultShare]]:
    """Both rounds of the fewest nodes that suffice; one dealer for each column."""
    statement = part.statement
    context = node.deal_context(key, part.context, statement, leg(1, part.number), is_sealed=True)
    dealings = [
        Dealing(key.backend, context, bytes([place]) * 32, {place: chunk[place]})
        for place in statement.positions
    ]
    seats = range(1, answers_needed(statement.degree) + 1)
    packages = {seat: [dealing.package(seat) for dealing in dealings] for seat in seats}
    first = {seat: node.round1(key, statement, packages[seat]) for seat in seats}
    answers = [answer.message for answer in first.values()]
    combined = combine_round1(key, part.context, statement, answers, is_sealed=True)
    second = [
        node.round2(key, part.context, statement, packages[seat], first[seat].state, answers).message
        for seat in seats
    ]
    proof = combine_round2(key, combined, part.commitments, second)
    return combined.bound.result, proof, [answer.share for answer in first.values() if answer.share]


def run(
    key: ProvingKey, plan: JobPlan, columns: Columns, owned: OwnedProofs
) -> tuple[ProgramProof, dict[int, list[ResultShare]]]:
    proven = [prove_part(key, part, columns[part.chunk]) for part in plan.parts]
    results = [(result, proof) for result, proof, _ in proven]
    if plan.selection is not None and owned.selection is not None:
        results.insert(0, (plan.selection.result, owned.selection))
    products = tuple(owned.products[number] for number in sorted(owned.products))
    return ProgramProof((), products, tuple(results)), {i: shares for i, (_, _, shares) in enumerate(proven)}


def by_owner(key: ProvingKey, plan: JobPlan, columns: Columns) -> OwnedProofs:
    return prove_owned(key, plan, plan.owned([1]), [dict(enumerate(chunk)) for chunk in columns])


@pytest.mark.parametrize(
    ("selection", "answer"),
    [([0] * 7 + [1, 0], (1, 6, 8)), ([0] * 9 + [1], (0, 0, 0))],
    ids=["hit", "no hit"],
)
def test_a_lookup_over_chunks_answers_with_one_row_or_none(
    fast_key: ProvingKey, selection: list[int], answer: tuple[int, ...]
) -> None:
    key = fast_key
    plan, columns = job(key, lookup(key.setup_id, 2, [2, 3]), selection, X, Y)
    owned = by_owner(key, plan, columns)
    rows = data_rows_key(key)
    verify_owned(key.verifying, rows, plan, plan.owned([1]), owned)
    proof, shares = run(key, plan, columns, owned)
    verify_job(key.verifying, rows, plan, proof)
    schemas = (ONES_SCHEMA, ColumnSchema("e", 0, 0, 1), *SCHEMAS)
    results = [result for result, _ in proof.results[1:]]
    (opened,) = open_job_results(key, plan, schemas, results, shares)
    assert opened.outputs == answer


def test_totals_of_weighted_sums_take_two_nodes(fast_key: ProvingKey) -> None:
    key = fast_key
    program = entries(key.setup_id, ("ones", "data", "data"), [(0, 0), (0, 3)], (), [[(1, 2), (2, -3)]])
    plan, columns = job(key, program, X, Y)
    assert answers_needed(plan.parts[0].statement.degree) == 2
    proof, shares = run(key, plan, columns, OwnedProofs({}, None))
    verify_job(key.verifying, None, plan, proof)
    results = [result for result, _ in proof.results]
    (opened,) = open_job_results(key, plan, (ONES_SCHEMA, *SCHEMAS), results, shares)
    assert opened.outputs == (9, 2 * sum(X) - 3 * sum(Y))


@pytest.mark.parametrize("selection", [[1, 0, 0, 0, 0, 0, 1, 0, 0], [2, 0, 0, 0, 0, 0, -1, 0, 0]])
def test_a_row_in_each_chunk_or_no_bits_are_no_selection(fast_key: ProvingKey, selection: list[int]) -> None:
    plan, columns = job(fast_key, lookup(fast_key.setup_id, 2, [2]), selection, X, Y)
    with pytest.raises(InvalidProof):
        by_owner(fast_key, plan, columns)


def test_owners_prove_exactly_what_their_roles_ask_for(fast_key: ProvingKey) -> None:
    key = fast_key
    plan, columns = job(key, lookup(key.setup_id, 2, [2]), [1] + [0] * 8, X, Y)
    owned, asked, rows = by_owner(key, plan, columns), plan.owned([1]), data_rows_key(key)
    assert not plan.owned([2, 3])
    assert OwnedProofs.from_document(owned.document()) == owned
    with pytest.raises(WrongLength):
        verify_owned(key.verifying, rows, plan, asked, replace(owned, selection=None))
    swapped = {0: owned.products[1], 1: owned.products[0]}
    with pytest.raises(PairingFailed):
        verify_owned(key.verifying, rows, plan, asked, replace(owned, products=swapped))


def test_a_chunk_must_not_be_missing_or_stand_twice(fast_key: ProvingKey) -> None:
    key = fast_key
    plan, columns = job(key, entries(key.setup_id, ("ones", "data", "data"), [(1, 2)]), X, Y)
    proof, _ = run(key, plan, columns, OwnedProofs({}, None))
    with pytest.raises(WrongLength):
        verify_job(key.verifying, None, plan, replace(proof, results=proof.results[:1]))
    with pytest.raises(PairingFailed):
        verify_job(key.verifying, None, plan, replace(proof, results=proof.results[:1] * 2))


def test_a_leg_names_attempt_and_part() -> None:
    assert [leg(1, 0), leg(2, 0), leg(1, 1)] == [1, 2, 257]
    assert leg_parts(leg(3, 5)) == (3, 5)
