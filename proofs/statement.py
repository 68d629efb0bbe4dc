"""What a proof states: program, order's context, columns and result, and the scalars hashed from them.

PROTOCOL, *From inner products to programs*; docs/protocol.md, *A job's statement*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from proofs import hashing
from proofs.backend.base import G1_BYTES
from proofs.errors import MalformedInput, NonCanonicalScalar, WrongLength, WrongProgram, WrongSetup
from proofs.field import R

__all__ = [
    "MAX_OUTPUTS",
    "BoundStatement",
    "JobContext",
    "Program",
    "PublicResult",
    "Result",
    "SealedResult",
    "Statement",
    "canonical_json",
]

MAX_OUTPUTS = 4096


def canonical_json(document: object) -> bytes:
    """JSON with sorted keys, no white space, UTF-8: what schema and program hashes are taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Program:
    """A Gram program: left = the first ``left_count`` columns (0: all), right = all from ``right_start``."""

    setup_id: bytes
    left_count: int = 0
    right_start: int = 0

    KIND = "gram"
    VERSION = 1
    DEGREE = 2

    def __post_init__(self) -> None:
        if len(self.setup_id) != hashing.WORD_BYTES:
            raise WrongLength(f"a setup id has 32 bytes, not {len(self.setup_id)}")
        if self.left_count < 0 or self.right_start < 0:
            raise MalformedInput("left_count and right_start of a program are not negative")

    @property
    def degree(self) -> int:
        """g, of every Gram program."""
        return self.DEGREE

    def document(self) -> dict[str, object]:
        """The program document whose canonical JSON is hashed."""
        return {
            "version": self.VERSION,
            "kind": self.KIND,
            "setup_id": "0x" + self.setup_id.hex(),
            "left_count": self.left_count,
            "right_start": self.right_start,
            "degree": self.DEGREE,
        }

    @cached_property
    def program_id(self) -> bytes:
        return hashing.keccak256(canonical_json(self.document()))

    def sides(self, column_count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Column indexes on the left and on the right. WrongProgram for an empty side, too many outputs."""
        left = tuple(range(self.left_count or column_count))
        right = tuple(range(self.right_start, column_count))
        if not left or not right or len(left) > column_count:
            raise WrongProgram(
                f"the program takes {self.left_count or 'all'} left columns and the right ones from "
                f"{self.right_start} on; the job has only {column_count} columns"
            )
        if len(left) * len(right) > MAX_OUTPUTS:
            raise WrongProgram(f"{len(left)} x {len(right)} outputs are more than {MAX_OUTPUTS}")
        return left, right


@dataclass(frozen=True)
class JobContext:
    """The order that a proof is for, as the Market contract knows it."""

    chain_id: int
    market: bytes
    """Address of the Market contract, 20 bytes."""
    job_id: bytes
    """EIP-712 digest of the order, 32 bytes."""
    program_id: bytes
    licences_hash: bytes

    def __post_init__(self) -> None:
        for name, size in (("market", 20), ("job_id", 32), ("program_id", 32), ("licences_hash", 32)):
            if len(getattr(self, name)) != size:
                raise WrongLength(f"{name} has {len(getattr(self, name))} bytes, expected {size}")
        if not 0 <= self.chain_id < 1 << 256:
            raise MalformedInput("a chain id is an unsigned 256-bit integer")

    def words(self, setup_id: bytes) -> bytes:
        """What proofs other than the Gram matrix's bind of the order: ``hashing.context_words``."""
        return hashing.context_words(
            chain_id=self.chain_id,
            market=self.market,
            job_id=self.job_id,
            program_id=self.program_id,
            setup_id=setup_id,
            licences_hash=self.licences_hash,
        )


@dataclass(frozen=True)
class Statement:
    """The columns of one job under one setup, and which inner products of them are taken."""

    setup_id: bytes
    columns: tuple[bytes, ...]
    """Commitments F (64 bytes each), ``ones`` first, in the job's order."""
    left: tuple[int, ...]
    right: tuple[int, ...]
    rows: int
    degree: int = Program.DEGREE
    """g of the program: g t + 1 nodes prove the statement. Not hashed: the program id binds it."""
    terms: tuple[tuple[tuple[int, int], ...], ...] = ()
    """Each column as (position in the job's column list, weight), for those who hold columns or shares of
    them; empty: the statement's columns are the job's. Not hashed: the columns' commitments are."""

    def __post_init__(self) -> None:
        for index, column in enumerate(self.columns):
            if len(column) != G1_BYTES:
                raise WrongLength(
                    f"commitment of column {index} has {len(column)} bytes, expected {G1_BYTES}"
                )
        if not self.left or not self.right:
            raise MalformedInput("a statement needs columns on both sides")
        if not all(0 <= index < len(self.columns) for index in (*self.left, *self.right)):
            raise MalformedInput("a side of the statement names a column that it does not have")
        if self.output_count > MAX_OUTPUTS:
            raise WrongLength(f"{self.output_count} outputs are more than {MAX_OUTPUTS}")
        if self.rows < 1:
            raise MalformedInput("a statement is about at least one row")
        if self.terms and len(self.terms) != len(self.columns):
            raise MalformedInput("a statement says of each of its columns what it is made of, or of none")

    @classmethod
    def of_program(cls, program: Program, columns: tuple[bytes, ...], rows: int) -> Statement:
        """The statement that ``program`` makes about these columns."""
        left, right = program.sides(len(columns))
        return cls(program.setup_id, columns, left, right, rows, program.DEGREE)

    @cached_property
    def columns_hash(self) -> bytes:
        return hashing.columns_hash(self.columns)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The secret columns behind the statement, by position in the job's list: what dealers deal."""
        if not self.terms:
            return tuple(range(1, len(self.columns)))
        return tuple(sorted({position for terms in self.terms for position, _ in terms if position}))

    @property
    def left_count(self) -> int:
        return len(self.left)

    @property
    def right_count(self) -> int:
        return len(self.right)

    @property
    def output_count(self) -> int:
        """d1 * d2."""
        return len(self.left) * len(self.right)

    @property
    def is_symmetric(self) -> bool:
        return self.left == self.right

    def output_index(self, a: int, b: int) -> int:
        """Where M_ab is stored: a * d2 + b."""
        return a * self.right_count + b

    def check_program(self, program: Program, setup_id: bytes) -> None:
        """WrongSetup unless program, statement and key are of one setup; WrongProgram for other sides."""
        if not self.setup_id == program.setup_id == setup_id:
            raise WrongSetup("statement, program and verifying key name different setups")
        if (self.left, self.right) != program.sides(len(self.columns)):
            raise WrongProgram("the statement's sides are not those that the program prescribes")


@dataclass(frozen=True)
class SealedResult:
    """All outputs in one point: F_M = sum M_i E_i + mu eta (PROTOCOL, Gram matrix)."""

    commitment: bytes

    @cached_property
    def result_hash(self) -> bytes:
        return hashing.sealed_result_hash(self.commitment)


@dataclass(frozen=True)
class PublicResult:
    """The outputs as canonical scalars, index a * d2 + b."""

    outputs: tuple[int, ...]

    def __post_init__(self) -> None:
        for index, output in enumerate(self.outputs):
            if not 0 <= output < R:
                raise NonCanonicalScalar(f"output {index} is not in [0, r)")

    @cached_property
    def result_hash(self) -> bytes:
        return hashing.public_result_hash(self.outputs)


Result = SealedResult | PublicResult


@dataclass(frozen=True)
class BoundStatement:
    """Context, statement and result together: everything hashed into ``job`` and ``z``."""

    context: JobContext
    statement: Statement
    result: Result

    @property
    def is_sealed(self) -> bool:
        return isinstance(self.result, SealedResult)

    @cached_property
    def job(self) -> int:
        return hashing.job_scalar(
            chain_id=self.context.chain_id,
            market=self.context.market,
            job_id=self.context.job_id,
            program_id=self.context.program_id,
            setup_id=self.statement.setup_id,
            licences_hash=self.context.licences_hash,
            columns_hash=self.statement.columns_hash,
            left_count=self.statement.left_count,
            right_count=self.statement.right_count,
            result_hash=self.result.result_hash,
        )

    @cached_property
    def challenge(self) -> int:
        """z."""
        return hashing.challenge_scalar(self.job, self.statement.columns_hash, self.result.result_hash)

    @cached_property
    def weights(self) -> Weights:
        return Weights.of(self.statement, self.challenge)


@dataclass(frozen=True)
class Weights:
    """One coefficient for every column on each side: p = sum left_j x_j, q = sum right_j x_j.

    l_a = z^(a d2), r_b = z^b (PROTOCOL, Gram matrix), added up where a side names a column more than once.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]

    @classmethod
    def of(cls, statement: Statement, challenge: int) -> Weights:
        left = [0] * len(statement.columns)
        right = [0] * len(statement.columns)
        for a, column in enumerate(statement.left):
            left[column] = (left[column] + pow(challenge, a * statement.right_count, R)) % R
        for b, column in enumerate(statement.right):
            right[column] = (right[column] + pow(challenge, b, R)) % R
        return cls(tuple(left), tuple(right))
