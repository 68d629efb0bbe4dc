"""Programs as data: documents and hashes, what follows from them, and proofs by the plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs import columns as column_rules
from proofs import formats, verifier
from proofs.columns import ColumnCommitment
from proofs.errors import (
    InvalidProof,
    MalformedInput,
    PairingFailed,
    ResultMismatch,
    WrongLength,
    WrongProgram,
    WrongSetup,
)
from proofs.field import signed
from proofs.hadamard import HadamardProof
from proofs.keys import ProvingKey
from proofs.programs import (
    Description,
    described_from,
    entries,
    lookup,
    make_plan,
    unsettleable,
    weighted_sums,
)
from proofs.programs import run as program_run
from proofs.programs.description import Inner, Sum
from proofs.programs.plan import Rectangle
from proofs.prover import scalars_of
from proofs.randomness import SeededRandom
from proofs.statement import BoundStatement, JobContext, Program, PublicResult, Statement, canonical_json

SETUP = bytes(range(32))
ROWS = 4
DATA = {"x": [1, -2, 3, 4], "y": [5, 6, -7, 8], "e": [0, 0, 1, 0]}
FOUR = ("ones", "data", "data", "data")


def job(key: ProvingKey, program: Any, *names: str) -> tuple[Any, ...]:
    """Context, program, rows, columns and commitments for ``ones`` and the named columns."""
    columns = [column_rules.ones_column(key.n, ROWS)]
    for name in names:
        data = key.backend.vec_from_i64(DATA[name]) + bytes(32 * (key.n - len(DATA[name])))
        columns.append(column_rules.blind(key.backend, data, SeededRandom(bytes(32), name.encode())))
    commitments = [column_rules.commit(key, column) for column in columns]
    context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
    return context, program, ROWS, columns, commitments


def prove(key: ProvingKey, arguments: tuple[Any, ...], *, is_sealed: bool = False) -> Any:
    return program_run.prove(key, *arguments, is_sealed=is_sealed, random=SeededRandom(bytes(32)))


def check(key: ProvingKey, arguments: tuple[Any, ...], proof: Any) -> None:
    context, program, rows, _, commitments = arguments
    program_run.verify(key, context, program, rows, commitments, proof)


# documents -------------------------------------------------------------------------------------


def test_a_gram_program_keeps_its_document_and_id() -> None:
    program = Program(SETUP, 2, 1)
    assert canonical_json(program.document()) == (
        b'{"degree":2,"kind":"gram","left_count":2,"right_start":1,"setup_id":"0x'
        + SETUP.hex().encode()
        + b'","version":1}'
    )
    assert described_from(json.loads(canonical_json(program.document()))) == program


@pytest.mark.parametrize(
    "program",
    [
        entries(SETUP, FOUR, [(3, 1), (2, 2)]),
        entries(SETUP, ("ones", "data"), [(1, 2), (2, 2)], products=[(1, 1)]),
        lookup(SETUP, 3, [2, 4]),
        weighted_sums(SETUP, FOUR, [[(1, 3), (2, -5)], [(0, 1)]]),
    ],
    ids=lambda program: program.kind,
)
def test_a_program_is_what_its_document_says(program: Description) -> None:
    read = described_from(formats.parse_json(canonical_json(program.document())))
    assert read == program
    assert read.program_id == program.program_id != replace(program, setup_id=bytes(32)).program_id


BROKEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another degree": lambda d: d | {"degree": 3},
    "an unknown kind": lambda d: d | {"kind": "sql"},
    "an unknown role": lambda d: d | {"columns": ["ones", "secret"]},
    "no ones": lambda d: d | {"columns": ["data", "data", "data"]},
    "two ones": lambda d: d | {"columns": ["ones", "ones", "data"]},
    "an output twice": lambda d: d | {"outputs": [{"inner": [1, 2]}, {"inner": [1, 2]}]},
    "no output": lambda d: d | {"outputs": []},
    "a column that is not there": lambda d: d | {"outputs": [{"inner": [1, 9]}]},
    "the higher column first": lambda d: d | {"outputs": [{"inner": [2, 1]}]},
    "a product of itself": lambda d: d | {"products": [[1, 3]]},
    "a sum among entries": lambda d: d | {"outputs": [{"sum": [[1, 2]]}]},
    "a sum of a sum": lambda d: d | {"sums": [[[1, 2]], [[3, 1]]]},
    "a sum twice": lambda d: d | {"sums": [[[1, 2]], [[1, 2]]]},
    "a triple": lambda d: d | {"outputs": [{"inner": [1, 2, 2]}]},
    "a key too many": lambda d: d | {"note": "x"},
    "another version": lambda d: d | {"version": 2},
    "a short setup id": lambda d: d | {"setup_id": "0x00"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused(name: str) -> None:
    document = entries(SETUP, ("ones", "data", "data"), [(1, 2)]).document()
    with pytest.raises(MalformedInput):
        described_from(BROKEN[name](document))


@pytest.mark.parametrize("terms", [[], [[1, 0]], [[2, 1], [1, 1]], [[1, 1 << 63]], [[1, 1.5]]])
def test_a_broken_sum_is_refused(terms: list[Any]) -> None:
    document = weighted_sums(SETUP, FOUR, [[(1, 1)]]).document()
    with pytest.raises(MalformedInput):
        described_from(document | {"outputs": [{"sum": terms}]})


def test_a_lookup_has_one_selection_and_answers_by_it() -> None:
    with pytest.raises(MalformedInput, match="lookup"):
        Description("lookup", SETUP, FOUR, (), (Inner(1, 2),))
    for outputs in ((Inner(2, 2),), (Inner(1, 2),), (Inner(0, 1), Inner(0, 2)), (Inner(0, 1), Inner(1, 1))):
        with pytest.raises(MalformedInput, match="lookup"):
            Description("lookup", SETUP, ("ones", "selection", "data"), (), outputs)


# what follows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "columns", "degree", "nodes"),
    [
        (Program(SETUP), 4, 2, 3),
        (lookup(SETUP, 2, [2]), 4, 2, 3),
        (weighted_sums(SETUP, FOUR, [[(1, 1)]]), 4, 1, 2),
        (entries(SETUP, FOUR, [(0, 1)]), 4, 1, 2),
        (entries(SETUP, ("ones", "data"), [(1, 2)], [(1, 1)]), 2, 3, 4),
        (entries(SETUP, ("ones", "data"), [(2, 2)], [(1, 1)]), 2, 4, 5),
    ],
)
def test_degree_and_number_of_nodes_follow_from_the_program(
    program: Any, columns: int, degree: int, nodes: int
) -> None:
    plan = make_plan(program, columns)
    assert (plan.degree, plan.nodes_needed()) == (degree, nodes)
    assert plan.nodes_needed(threshold=2) == 2 * degree + 1


def test_entries_that_fill_rectangles_share_a_proof() -> None:
    whole = [(a, b) for a in range(4) for b in range(a, 4)]
    assert len(make_plan(entries(SETUP, FOUR, [(1, 2), (1, 3)]), 4).rectangles) == 1
    assert make_plan(entries(SETUP, FOUR, [(0, 2), (0, 3), (1, 2), (1, 3)]), 4).rectangles == (
        Rectangle((0, 1), (2, 3)),
    )
    assert make_plan(entries(SETUP, FOUR, whole), 4).output_count == len(whole)


def test_the_price_counts_what_the_plan_does() -> None:
    gram = make_plan(Program(SETUP), 4).cost(1024, is_sealed=True)
    assert (gram.constraints, gram.outputs, gram.g1_points, gram.pairings) == (1024, 16, 2048, 7)
    moments = make_plan(entries(SETUP, ("ones", "data"), [(2, 2)], [(1, 1)]), 2)
    cost = moments.cost(1024, is_sealed=False)
    assert (cost.constraints, cost.g2_points, cost.nodes) == (2048, 1024, 5)


def test_what_the_contract_cannot_settle_says_why() -> None:
    for program in (
        Program(SETUP, 1, 2),
        lookup(SETUP, 2, [2, 3]),
        entries(SETUP, FOUR, [(0, 4)], (), [[(1, 2)]]),
    ):
        assert unsettleable(program, 4) == ""
    assert "not proven" in unsettleable(weighted_sums(SETUP, FOUR, [[(1, 1)]]), 4)
    assert "products" in unsettleable(entries(SETUP, ("ones", "data"), [(1, 2)], [(1, 1)]), 2)


def test_a_plan_is_for_the_programs_number_of_columns() -> None:
    with pytest.raises(WrongProgram):
        make_plan(lookup(SETUP, 2, [2]), 5)


# proofs ----------------------------------------------------------------------------------------


def test_a_lookup_is_proven_and_answers_with_the_selected_row(key: ProvingKey) -> None:
    arguments = job(key, lookup(key.setup_id, 2, [2, 3]), "e", "x", "y")
    run = prove(key, arguments)
    check(key, arguments, run.proof)
    assert {pair: signed(value) for pair, value in run.outputs().items()} == {
        (1, 0): 1,
        (1, 2): 3,
        (1, 3): -7,
    }


@pytest.mark.parametrize("selection", [[0, 0, 2, -1], [0, 0, 0, 0], [1, 0, 1, 0], [2, 0, 0, 0]])
def test_what_is_no_selection_is_not_proven(
    fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch, selection: list[int]
) -> None:
    monkeypatch.setitem(DATA, "e", selection)
    with pytest.raises(InvalidProof):
        prove(fast_key, job(fast_key, lookup(fast_key.setup_id, 1, [2]), "e", "x"))


def test_a_selection_of_an_absent_row_is_proven_and_answers_nothing(
    fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "No hit" is a selection like any other: only <ones, e>, sealed with the answers, tells."""
    monkeypatch.setitem(DATA, "e", [0] * ROWS + [1])
    arguments = job(fast_key, lookup(fast_key.setup_id, 1, [2]), "e", "x")
    run = prove(fast_key, arguments, is_sealed=True)
    check(fast_key, arguments, run.proof)
    assert run.outputs() == {(1, 0): 0, (1, 2): 0}


def test_a_selection_must_not_go_on_behind_the_rows(
    fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A present and an absent row are two."""
    monkeypatch.setitem(DATA, "e", [0, 1, 0, 0, 1])
    with pytest.raises(InvalidProof):
        prove(fast_key, job(fast_key, lookup(fast_key.setup_id, 1, [2]), "e", "x"))


def test_several_queries_are_selected_and_answered_by_one_proof_each(
    fast_key: ProvingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATA, "f", [1, 0, 0, 0])
    program = lookup(fast_key.setup_id, 2, [3, 5], queries=2, sums=[[(3, 2), (4, -1)]])
    assert [(r.left, r.right) for r in make_plan(program, 5).rectangles] == [((1, 2), (0, 3, 5))]
    arguments = job(fast_key, program, "e", "f", "x", "y")
    run = prove(fast_key, arguments, is_sealed=True)
    check(fast_key, arguments, run.proof)
    found = {pair: signed(value) for pair, value in run.outputs().items()}
    assert found == {(1, 0): 1, (1, 3): 3, (1, 5): 13, (2, 0): 1, (2, 3): 1, (2, 5): -3}


def test_weighted_sums_of_columns_have_totals_of_degree_one(fast_key: ProvingKey) -> None:
    program = entries(fast_key.setup_id, FOUR[:3], [(0, 0), (0, 3)], (), [[(0, 10), (1, 2), (2, -1)]])
    assert make_plan(program, 3).nodes_needed() == 2
    arguments = job(fast_key, program, "x", "y")
    run = prove(fast_key, arguments, is_sealed=True)
    check(fast_key, arguments, run.proof)
    total = sum(10 + 2 * x - y for x, y in zip(DATA["x"], DATA["y"], strict=True))
    assert signed(run.outputs()[(0, 3)]) == total


@pytest.mark.parametrize("is_sealed", [True, False])
def test_entries_and_powers_are_proven(fast_key: ProvingKey, is_sealed: bool) -> None:
    """<x, y>, <y, y>, and the third and fourth moment of x, by degree four."""
    pairs = [(1, 2), (2, 2), (1, 3), (3, 3)]
    arguments = job(fast_key, entries(fast_key.setup_id, FOUR[:3], pairs, [(1, 1)]), "x", "y")
    run = prove(fast_key, arguments, is_sealed=is_sealed)
    check(fast_key, arguments, run.proof)
    x, y = DATA["x"], DATA["y"]
    moments = {(1, 3): sum(v**3 for v in x), (3, 3): sum(v**4 for v in x)}
    products = {(1, 2): sum(a * b for a, b in zip(x, y, strict=True)), (2, 2): sum(v * v for v in y)}
    assert {pair: signed(value) for pair, value in run.outputs().items()} == moments | products


def test_a_gram_program_runs_to_the_proof_that_the_contract_settles(fast_key: ProvingKey) -> None:
    program = Program(fast_key.setup_id)
    arguments = job(fast_key, program, "x", "y")
    run = prove(fast_key, arguments, is_sealed=True)
    check(fast_key, arguments, run.proof)
    context, _, rows, _, commitments = arguments
    statement = Statement.of_program(program, tuple(c.f for c in commitments), rows)
    (result, proof) = run.proof.results[0]
    bound = BoundStatement(context, statement, result)
    verifier.verify(fast_key.backend, fast_key.verifying, program, bound, proof)


def test_a_weighted_sum_is_opened_as_a_virtual_column(fast_key: ProvingKey) -> None:
    program = weighted_sums(fast_key.setup_id, FOUR[:3], [[(0, 10), (1, 2), (2, -1)]])
    arguments = job(fast_key, program, "x", "y")
    run = prove(fast_key, arguments)
    check(fast_key, arguments, run.proof)
    (column,) = run.opened
    program_run.open_sum(fast_key, program.outputs[0], arguments[4], column)  # type: ignore[arg-type]
    scores = [signed(value) for value in scalars_of(column)[:ROWS]]
    assert scores == [10 + 2 * x - y for x, y in zip(DATA["x"], DATA["y"], strict=True)]
    with pytest.raises(ResultMismatch):
        program_run.open_sum(fast_key, Sum(((1, 1),)), arguments[4], column)


def swap(proof: Any, **changes: Any) -> Any:
    return replace(proof, **changes)


TAMPERINGS: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "a result changed": (
        lambda p: swap(p, results=(p.results[0], (PublicResult((1, 4)), p.results[1][1]))),
        PairingFailed,
    ),
    "a sum of two": (
        lambda p: swap(p, results=((PublicResult((2,)), p.results[0][1]), p.results[1])),
        WrongProgram,
    ),
    "proofs in another order": (
        lambda p: swap(p, results=((p.results[0][0], p.results[1][1]), p.results[1])),
        PairingFailed,
    ),
    "no product": (lambda p: swap(p, products=()), WrongLength),
    "another product": (
        lambda p: swap(p, products=(HadamardProof(p.results[0][1].c),)),
        PairingFailed,
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_changed_proof_of_a_program_is_rejected(fast_key: ProvingKey, name: str) -> None:
    arguments = job(fast_key, lookup(fast_key.setup_id, 1, [2]), "e", "x")
    change, error = TAMPERINGS[name]
    with pytest.raises(error):
        check(fast_key, arguments, change(prove(fast_key, arguments).proof))


def test_a_proof_is_for_its_program_job_and_columns(fast_key: ProvingKey) -> None:
    key = fast_key
    arguments = job(key, entries(key.setup_id, FOUR[:3], [(1, 3)], [(1, 2)]), "x", "y")
    context, program, rows, columns, commitments = arguments
    proof = prove(key, arguments).proof
    for other in (replace(context, job_id=bytes(32)), replace(context, market=bytes(20))):
        with pytest.raises(PairingFailed):
            check(key, (other, *arguments[1:]), proof)
    with pytest.raises(WrongProgram):
        check(key, (replace(context, program_id=bytes(32)), *arguments[1:]), proof)
    with pytest.raises(WrongSetup):
        check(key, (context, replace(program, setup_id=SETUP), rows, columns, commitments), proof)
    swapped = [commitments[0], commitments[2], commitments[1]]
    with pytest.raises(PairingFailed):
        check(key, (context, program, rows, columns, swapped), proof)
    made: ColumnCommitment = proof.commitments[0]
    for forged in (replace(made, f_kappa=commitments[1].f_kappa), replace(made, f2=commitments[1].f2)):
        with pytest.raises(PairingFailed, match="column 3"):
            check(key, arguments, replace(proof, commitments=(forged,)))
