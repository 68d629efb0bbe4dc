"""Every behaviour of the proof system is tested on every backend that is built; keys are made once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import pytest

from proofs import columns as column_rules
from proofs import node, setup
from proofs.backend import Backend, available_backends, get_backend
from proofs.columns import ColumnCommitment, ColumnSchema
from proofs.coordinator import CombinedRound1, combine_round1, combine_round2
from proofs.keys import ProvingKey
from proofs.messages import Round2Message
from proofs.node import Round1, Round2
from proofs.proof import Proof
from proofs.randomness import SeededRandom
from proofs.sharing import DealerPackage, Dealing
from proofs.statement import JobContext, Program, Statement

ROWS = 5
CAPACITY = 8
SCHEMAS = (
    column_rules.ONES_SCHEMA,
    ColumnSchema("tenure", 0, 0, 100),
    ColumnSchema("balance", 1, -500, 1000),
)
VALUES = ([12, 7, 0, 31, 5], [-90, 250, 3, 0, 77])


@dataclass(frozen=True)
class Cast:
    """One small setup, a job's columns with their commitments, and the job."""

    key: ProvingKey
    columns: tuple[bytes, ...]
    commitments: tuple[ColumnCommitment, ...]
    program: Program
    context: JobContext
    statement: Statement

    @property
    def backend(self) -> Backend:
        return self.key.backend

    @property
    def schemas(self) -> tuple[ColumnSchema, ...]:
        return SCHEMAS

    def for_program(self, left_count: int, right_start: int) -> Cast:
        """The same job under another program."""
        program = Program(self.key.setup_id, left_count, right_start)
        columns = tuple(commitment.f for commitment in self.commitments)
        context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
        return Cast(
            self.key,
            self.columns,
            self.commitments,
            program,
            context,
            Statement.of_program(program, columns, ROWS),
        )


def seeded(label: str) -> SeededRandom:
    """Fixed randomness for one purpose."""
    return SeededRandom(bytes(32), label.encode())


@cache
def make_key(backend_name: str, label: str = "setup", n: int = CAPACITY) -> ProvingKey:
    backend = get_backend(backend_name)
    material = setup.generate(backend, n, random=seeded(label), max_outputs=16)
    return material.proving_key(backend, trusted=False)


@cache
def make_cast(backend_name: str) -> Cast:
    key = make_key(backend_name)
    source = seeded("columns")
    columns = [column_rules.ones_column(CAPACITY, ROWS)]
    for schema, values in zip(SCHEMAS[1:], VALUES, strict=True):
        encoded = column_rules.encode_integers(key.backend, schema, values, CAPACITY)
        columns.append(column_rules.blind(key.backend, encoded, source))
    commitments = tuple(column_rules.commit(key, column) for column in columns)
    program = Program(key.setup_id)
    context = JobContext(31337, b"\x11" * 20, b"\x22" * 32, program.program_id, b"\x33" * 32)
    statement = Statement.of_program(program, tuple(c.f for c in commitments), ROWS)
    return Cast(key, tuple(columns), commitments, program, context, statement)


@pytest.fixture(params=available_backends())
def backend(request: pytest.FixtureRequest) -> Backend:
    return get_backend(request.param)


@pytest.fixture
def key(backend: Backend) -> ProvingKey:
    return make_key(backend.name)


@pytest.fixture
def fast_key() -> ProvingKey:
    """On the fastest backend, for behaviour above the curve, where every backend does the same."""
    return make_key(available_backends()[0])


@pytest.fixture
def cast(backend: Backend) -> Cast:
    return make_cast(backend.name)


@pytest.fixture
def fast_cast() -> Cast:
    """The cast on the fastest backend (``fast_key``)."""
    return make_cast(available_backends()[0])


@dataclass
class Attempt:
    """One attempt of the job by two dealers (one column each) and the nodes at ``seats``."""

    cast: Cast
    is_sealed: bool
    packages: dict[int, list[DealerPackage]]
    dealings: list[Dealing]
    first: dict[int, Round1]

    @classmethod
    def play(cls, cast: Cast, seats: Sequence[int], *, is_sealed: bool, number: int = 0) -> Attempt:
        """Deals and lets every seat answer round 1."""
        context = node.deal_context(cast.key, cast.context, cast.statement, number, is_sealed=is_sealed)
        dealings = [
            Dealing(cast.backend, context, bytes([position]) * 32, {position: cast.columns[position]})
            for position in (1, 2)
        ]
        packages = {seat: [dealing.package(seat) for dealing in dealings] for seat in seats}
        first = {
            seat: node.round1(cast.key, cast.statement, packages[seat], seeded(f"round 1 of {seat}"))
            for seat in seats
        }
        return cls(cast, is_sealed, packages, dealings, first)

    def fresh(self, seats: Sequence[int]) -> dict[int, Round1]:
        """Round 1 of another answering set: the same results with fresh randomisers."""
        return {
            seat: node.refresh(self.cast.key, self.first[seat].state, self.first[seat].message)
            for seat in seats
        }

    def second(self, answers: dict[int, Round1]) -> dict[int, Round2]:
        messages = [answer.message for answer in answers.values()]
        cast = self.cast
        return {
            seat: node.round2(
                cast.key, cast.context, cast.statement, self.packages[seat], answer.state, messages
            )
            for seat, answer in answers.items()
        }

    def honest_second(self, seat: int, combined: CombinedRound1) -> Round2Message:
        """Round 2 of a node to whatever was published, its own round 1 included, without its checks."""
        cast, packages = self.cast, self.packages[seat]
        columns = node.share_columns(cast.key, cast.statement, packages)
        masked = node._masked(cast.backend, cast.statement, columns, packages)
        c = node.contribution(cast.key, combined, columns, masked, self.first[seat].state)
        binding = node.weighted_binding(cast.key, combined, masked, seat)
        return Round2Message(seat, combined.bound.challenge, combined.answers, c, binding)

    def replace_package(self, seat: int, dealer: int, package: DealerPackage) -> None:
        """Another package for a seat, which answers round 1 with it."""
        self.packages[seat][dealer] = package
        self.first[seat] = node.round1(
            self.cast.key, self.cast.statement, self.packages[seat], seeded(f"round 1 of {seat}")
        )

    def combine(self, answers: dict[int, Round1], second: dict[int, Round2]) -> tuple[CombinedRound1, Proof]:
        cast = self.cast
        combined = combine_round1(
            cast.key,
            cast.context,
            cast.statement,
            [answer.message for answer in answers.values()],
            is_sealed=self.is_sealed,
        )
        messages = [answer.message for answer in second.values()]
        return combined, combine_round2(cast.key, combined, cast.commitments, messages)

    def prove(self, seats: Sequence[int]) -> tuple[CombinedRound1, Proof]:
        """Both rounds with this answering set."""
        answers = self.fresh(seats)
        return self.combine(answers, self.second(answers))


@pytest.fixture
def play(cast: Cast) -> Callable[..., Attempt]:
    """``play(seats, is_sealed=…)``: an attempt after round 1."""
    return partial(Attempt.play, cast)
