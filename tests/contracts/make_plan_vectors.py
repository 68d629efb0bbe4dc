"""Writes contracts/test/vectors/plans: jobs of several proofs, for the forge tests.

    python tests/contracts/make_plan_vectors.py

plans.json holds the programs, the setup's data rows, further datasets and licences; plans/ one file for each
job, with proofs that must be refused beside the true one. The world is that of make_market_vectors.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_utils.crypto import keccak
from make_market_vectors import (
    ADDRESSES,
    CAPACITY,
    CHAIN_ID,
    DAY,
    FAR,
    FOLDER,
    KEYS,
    NOW,
    ROWS,
    Dataset,
    World,
    abi_struct,
    address_of,
    domain,
    random,
    write,
)

from marketplace.chain.plans import data_rows_struct, plan_hash, plan_proof
from marketplace.signing.eip712 import GrantLicence, Input, Order, RegisterDataset
from proofs import columns as column_rules
from proofs import hashing, prover
from proofs.backend import get_backend
from proofs.columns import ColumnCommitment
from proofs.data_rows import data_rows_key
from proofs.formats import to_hex
from proofs.hadamard import HadamardProof, quotient_point
from proofs.node import statement_columns
from proofs.programs import described_from, entries, lookup, make_plan
from proofs.programs.description import Described, Description
from proofs.programs.parts import ChunkColumns, JobPlan, result_hash
from proofs.programs.run import ProgramProof, proof_hash, prove_product, prove_selection
from proofs.statement import JobContext, Program, PublicResult

LONG_ROWS = CAPACITY - 2 + 6
"""Two chunks."""


@dataclass
class Table:
    """A dataset with its columns, chunk by chunk."""

    owner: str
    rows: tuple[int, ...]
    columns: list[list[bytes]]
    commitments: list[list[ColumnCommitment]]
    request: RegisterDataset
    licences: dict[str, GrantLicence] = field(default_factory=dict)

    @property
    def flat(self) -> Dataset:
        return Dataset(
            self.owner,
            [column for chunk in self.columns for column in chunk],
            [commitment for chunk in self.commitments for commitment in chunk],
            self.request,
        )


@dataclass(frozen=True)
class Scenario:
    name: str
    program: str
    inputs: tuple[tuple[str, int], ...]
    """Table and bitmap of its columns."""
    is_sealed: bool = True


SCENARIOS = (
    Scenario("lookup", "lookup", (("selection", 0b11), ("short", 0b111))),
    Scenario("lookup_in_chunks", "lookup", (("long_selection", 0b11), ("long", 0b111))),
    Scenario("totals", "totals", (("short", 0b111),), is_sealed=False),
    Scenario("gram_in_chunks", "gram", (("long", 0b111),)),
    Scenario("public_gram_in_chunks", "gram", (("long", 0b111),), is_sealed=False),
)


class Plans:
    def __init__(self) -> None:
        self.world = World(get_backend())
        self.key, self.backend = self.world.key, self.world.backend
        setup_id = self.key.setup_id
        self.programs: dict[str, Described] = {
            "lookup": lookup(setup_id, 2, [2, 3]),
            "totals": entries(setup_id, ("ones", "data", "data"), [(0, 0), (0, 3)], (), [[(1, 3), (2, -2)]]),
            "gram": Program(setup_id, 0, 0),
        }
        self.tables = {
            "short": self.table("providerA", "short", [column(ROWS, 7), column(ROWS, 11)]),
            "selection": self.table("consumer", "selection", [selected(ROWS, 3)]),
            "two_rows": self.table("consumer", "two rows", [[1, 1, *[0] * (ROWS - 2)]]),
            "not_bits": self.table("consumer", "not bits", [[2, -1, *[0] * (ROWS - 2)]]),
            "long": self.table("providerA", "long", [column(LONG_ROWS, 7), column(LONG_ROWS, 11)]),
            "long_selection": self.table("consumer", "long selection", [selected(LONG_ROWS, 16)]),
        }

    def table(self, owner: str, label: str, values: list[list[int]]) -> Table:
        rows = len(values[0])
        source = random(f"plans/{label}")
        starts = range(0, rows, CAPACITY - 2)
        sizes = tuple(min(CAPACITY - 2, rows - start) for start in starts)
        columns = []
        for start, size in zip(starts, sizes, strict=True):
            chunk = [column_rules.ones_column(CAPACITY, size)]
            for full in values:
                part = full[start : start + size]
                encoded = self.backend.vec_from_i64(part) + bytes(32 * (CAPACITY - size))
                chunk.append(column_rules.blind(self.backend, encoded, source))
            columns.append(chunk)
        commitments = [[column_rules.commit(self.key, c) for c in chunk] for chunk in columns]
        request = RegisterDataset(
            owner=address_of(owner),
            setup_id=to_hex(self.key.setup_id),
            rows=rows,
            grade=1,
            schema_hash=to_hex(keccak(f"schema {label}".encode())),
            columns_hash=to_hex(hashing.columns_hash([c.f for chunk in commitments for c in chunk])),
            salt=2,
            deadline=FAR,
        )
        return Table(owner, sizes, columns, commitments, request)

    def licence(self, table: Table) -> GrantLicence:
        return GrantLicence(
            provider=address_of(table.owner),
            consumer=address_of("consumer"),
            dataset_id=table.flat.dataset_id,
            terms_hash=to_hex(keccak(b"terms")),
            program_ids=tuple(to_hex(program.program_id) for program in self.programs.values()),
            columns=(1 << len(table.columns[0])) - 1,
            runs=20,
            cells=2_000,
            outputs=400,
            not_before=NOW - DAY,
            not_after=NOW + 30 * DAY,
            price_per_run=0 if table.owner == "consumer" else 1_000_001,
            salt=3,
            deadline=FAR,
        )

    def document(self) -> dict[str, Any]:
        rows = data_rows_struct(data_rows_key(self.key))
        return {
            "rows": to_hex(b"".join(word.to_bytes(32, "big") for point in rows for word in point)),
            "programs": {
                name: self._program(program)
                for name, program in self.programs.items()
                if isinstance(program, Description)
            },
            "datasets": {name: table.flat.document() for name, table in self.tables.items()},
            "licences": {name: self._licence(table) for name, table in self.tables.items()},
        }

    def _program(self, program: Description) -> dict[str, Any]:
        plan = make_plan(described_from(program.document()), len(program.columns))
        return {
            "id": to_hex(program.program_id),
            "columns": plan.column_count,
            "outputs": plan.output_count,
            "degree": plan.degree,
            "planHash": to_hex(plan_hash(plan)),
        }

    def _licence(self, table: Table) -> dict[str, str]:
        request = self.licence(table)
        kind = (
            "(address,address,bytes32,bytes32,bytes32[],uint256,uint64,uint128,uint64,uint64,uint64,"
            "uint128,uint256,uint256)"
        )
        return {
            "request": abi_struct(request, kind),
            "id": request.digest(domain("LicenceLedger")),
            "signature": request.sign(domain("LicenceLedger"), KEYS[table.owner].to_bytes(32, "big")),
        }

    # jobs --------------------------------------------------------------------------------------

    def order(self, scenario: Scenario) -> Order:
        licences = [self.licence(self.tables[name]) for name, _ in scenario.inputs]
        return Order(
            consumer=address_of("consumer"),
            program_id=to_hex(self.programs[scenario.program].program_id),
            inputs=tuple(
                Input(licence.digest(domain("LicenceLedger")), bitmap)
                for licence, (_, bitmap) in zip(licences, scenario.inputs, strict=True)
            ),
            visibility=int(scenario.is_sealed),
            recipient_key=to_hex(keccak(b"recipient")),
            details_hash=to_hex(keccak(scenario.name.encode())),
            max_price=10_000_000,
            deadline=NOW + DAY,
            salt=7,
        )

    def job(
        self, scenario: Scenario, job_id: bytes, tables: Sequence[Table]
    ) -> tuple[JobPlan, list[list[bytes]]]:
        """The plan of the order over these tables, and the columns, chunk by chunk."""
        program = self.programs[scenario.program]
        context = JobContext(
            chain_id=CHAIN_ID,
            market=bytes.fromhex(ADDRESSES["Market"][2:]),
            job_id=job_id,
            program_id=program.program_id,
            licences_hash=hashing.licences_hash(
                [bytes.fromhex(item.licence_id[2:]) for item in self.order(scenario).inputs]
            ),
        )
        chunks, columns = [], []
        for at, rows in enumerate(tables[0].rows):
            columns.append([tables[0].columns[at][0], *(c for t in tables for c in t.columns[at][1:])])
            known = (tables[0].commitments[at][0], *(c for t in tables for c in t.commitments[at][1:]))
            chunks.append(ChunkColumns(rows, known))
        return JobPlan(self.backend, program, context, tuple(chunks), len(columns[0])), columns

    def prove(
        self, job: JobPlan, columns: list[list[bytes]], *, is_sealed: bool, is_honest: bool = True
    ) -> ProgramProof:
        source = random("prove")
        make = prover.prove_sealed if is_sealed else prover.prove_public
        products = tuple(
            prove_product(self.key, step, columns[step.chunk])
            if is_honest
            else HadamardProof(self.key.job_row1)
            for step in job.products
        )
        results = []
        if job.selection is not None and is_honest:
            results = [prove_selection(self.key, job.selection, columns, source)]
        elif job.selection is not None:
            one = (1).to_bytes(32, "big") * CAPACITY
            summed = [columns[0][position] for position in job.selection.positions]
            step = job.selection
            results = [
                prover.prove_public(
                    self.key, step.context, step.statement, [*summed, one], step.commitments, source
                )
            ]
        for part in job.parts:
            held = statement_columns(self.backend, part.statement, dict(enumerate(columns[part.chunk])))
            results.append(make(self.key, part.context, part.statement, held, part.commitments, source))
        return ProgramProof((), products, tuple((proven.result, proven.proof) for proven in results))

    def scenario(self, scenario: Scenario) -> dict[str, Any]:
        order = self.order(scenario)
        job_id = order.digest(domain("Market"))
        tables = [self.tables[name] for name, _ in scenario.inputs]
        job, columns = self.job(scenario, bytes.fromhex(job_id[2:]), tables)
        proof = self.prove(job, columns, is_sealed=scenario.is_sealed)
        totals = job.totals([result for result, _ in proof.results[bool(job.selection) :]])
        return {
            "order": abi_struct(
                order,
                "(address,bytes32,(bytes32,uint256)[],uint8,bytes32,bytes32,uint128,uint64,uint256)",
            ),
            "id": job_id,
            "signature": order.sign(domain("Market"), KEYS["consumer"].to_bytes(32, "big")),
            "columnsHash": to_hex(job.columns_hash),
            "resultHash": to_hex(result_hash(totals)),
            "proofHash": to_hex(proof_hash(proof)),
            "proof": to_hex(plan_proof(job, proof)),
            "rejected": {
                name: to_hex(made)
                for name, made in self.rejected(scenario, job, columns, proof, tables).items()
            },
        }

    def rejected(
        self,
        scenario: Scenario,
        job: JobPlan,
        columns: list[list[bytes]],
        proof: ProgramProof,
        tables: Sequence[Table],
    ) -> dict[str, bytes]:
        first = int(job.selection is not None)
        other_job, _ = self.job(scenario, keccak(b"another job"), tables)
        found = {
            "of_another_job": plan_proof(
                other_job, self.prove(other_job, columns, is_sealed=scenario.is_sealed)
            ),
            "a_result_changed": plan_proof(job, changed(proof, first)),
        }
        if len(job.chunks) > 1:
            again = replace(proof, results=(*proof.results[:-1], proof.results[first]))
            found["a_chunk_repeated"] = plan_proof(job, again)
            swapped = replace(
                job, chunks=(replace(job.chunks[0], commitments=job.chunks[1].commitments), job.chunks[1])
            )
            held = [columns[1], columns[1]]
            if job.selection is None:
                found["columns_of_a_chunk_twice"] = plan_proof(
                    swapped, self.prove(swapped, held, is_sealed=scenario.is_sealed)
                )
        if job.program.program_id == self.programs["lookup"].program_id and len(job.chunks) == 1:
            found |= self.rejected_selections(scenario, job, proof, tables)
        return found

    def rejected_selections(
        self, scenario: Scenario, job: JobPlan, proof: ProgramProof, tables: Sequence[Table]
    ) -> dict[str, bytes]:
        """Selections that are none, proven as well as they can be."""
        found = {}
        for name, label in (("two_rows", "two_rows_selected"), ("not_bits", "a_selection_that_is_not_bits")):
            other, columns = self.job(scenario, job.context.job_id, [self.tables[name], *tables[1:]])
            best = self.prove(other, columns, is_sealed=True, is_honest=False)
            if name == "two_rows":
                best = replace(best, products=self.prove_bits(other, columns))
            else:
                h = self.quotient_as_if(other, columns)
                best = replace(best, products=(HadamardProof(h),))
            found[label] = plan_proof(other, best)
        swapped = replace(
            job,
            chunks=(
                replace(
                    job.chunks[0],
                    commitments=(*job.chunks[0].commitments[:2], *reversed(job.chunks[0].commitments[2:])),
                ),
            ),
        )
        found["columns_swapped"] = plan_proof(swapped, proof)
        found["a_product_of_another_column"] = plan_proof(
            job, replace(proof, products=(HadamardProof(job.chunks[0].commitments[2].f),))
        )
        return found

    def prove_bits(self, job: JobPlan, columns: list[list[bytes]]) -> tuple[HadamardProof, ...]:
        return tuple(prove_product(self.key, step, columns[step.chunk]) for step in job.products)

    def quotient_as_if(self, job: JobPlan, columns: list[list[bytes]]) -> bytes:
        """H of the true squares, which are not the column itself."""
        (step,) = job.products
        e = columns[0][1]
        squares = self.backend.vec_mul(e, e)[: -2 * 32] + e[-2 * 32 :]
        return quotient_point(self.key, e, e, squares, step.statement.job(step.context))


def changed(proof: ProgramProof, place: int) -> ProgramProof:
    result, part = proof.results[place]
    if isinstance(result, PublicResult):
        result = PublicResult(((result.outputs[0] + 1), *result.outputs[1:]))
    else:
        result = replace(result, commitment=part.a)
    return replace(proof, results=(*proof.results[:place], (result, part), *proof.results[place + 1 :]))


def column(rows: int, seed: int) -> list[int]:
    return [(seed * (row + 3) ** 2) % 101 - 50 for row in range(rows)]


def selected(rows: int, row: int) -> list[int]:
    return [int(at == row) for at in range(rows)]


if __name__ == "__main__":
    plans = Plans()
    write(FOLDER / "plans.json", plans.document())
    for each in SCENARIOS:
        write(FOLDER / "plans" / f"{each.name}.json", plans.scenario(each))
