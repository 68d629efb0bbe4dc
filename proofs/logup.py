"""Ranges, subsets and permutations of committed columns. Haböck, *Multivariate lookups based on logarithmic
derivatives* (logUp), eprint 2022/1530, lemma 5, on Hadamard products and one inner product.

Every element of a (its first ``a_rows`` rows) occurs in b (``b_rows``) exactly if for some multiplicities m

    sum_i 1/(X + a_i) = sum_j m_j/(X + b_j)    as rational functions.

The prover commits to m, then x and c follow by hashing, then it commits to the inverse columns and shows

    u (x + a) = ones_a                so u_i = 1/(x + a_i) on a's rows and 0 elsewhere
    w (x + b + c (1 - ones_b)) = m    so w_j = m_j/(x + b_j); absent rows of b count as the random c
    sum of u - w over the data rows = 0

A permutation has no m: w (x + b) = ones_b, so both sides count every row once. A range [0, 2^k) is a subset
of the public column 0 … 2^k - 1. Soundness error (rows_a + 3n)/r for x and rows_a n/r for c, besides that of
the parts (docs/protocol.md, *logUp arguments*). Counts of rows cannot wrap: they are below r.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from proofs import hadamard, hashing, prover, verifier
from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.batch import Relation, require_all
from proofs.columns import ColumnCommitment, commit, ones_column, ones_commitment
from proofs.data_rows import data_rows_key
from proofs.errors import InvalidProof, MalformedInput, TooManyRows, WrongLength, WrongSetup
from proofs.field import R
from proofs.hadamard import HadamardProof, HadamardStatement, combine_commitments, constant_one
from proofs.inner_product import NO_BLINDING, scalar_bytes
from proofs.keys import ProvingKey
from proofs.proof import Proof
from proofs.prover import scalars_of
from proofs.randomness import OsRandom, Random, draw_scalars
from proofs.statement import BoundStatement, JobContext, PublicResult, Statement

__all__ = [
    "PERMUTATION",
    "SUBSET",
    "KnownColumn",
    "LookupProof",
    "LookupStatement",
    "prove",
    "range_statement",
    "range_table",
    "relations",
    "verify",
]

SUBSET, PERMUTATION = 1, 2
_ONE = scalar_bytes(1)


@dataclass(frozen=True)
class LookupStatement:
    """Every element of a occurs in b (SUBSET), or b is a in another order (PERMUTATION)."""

    setup_id: bytes
    kind: int
    a: ColumnCommitment
    a_rows: int
    b: ColumnCommitment
    b_rows: int

    def __post_init__(self) -> None:
        if self.kind not in (SUBSET, PERMUTATION):
            raise MalformedInput(f"there is no logUp argument of kind {self.kind}")

    def seed(self, context: JobContext) -> bytes:
        """What the challenges hash first: docs/protocol.md, *logUp arguments*."""
        head = hashing.words(hashing.LOGUP_TAG, context.words(self.setup_id), self.kind)
        return hashing.keccak256(head + hashing.words(self.a_rows, self.b_rows, self.a.f, self.b.f))


@dataclass(frozen=True)
class KnownColumn:
    """A column that the prover commits to: F and its proof of knowledge."""

    f: bytes
    f_kappa: bytes


@dataclass(frozen=True)
class LookupProof:
    """m (none of a permutation), u, w, the two products and the sum."""

    m: KnownColumn | None
    u: KnownColumn
    w: KnownColumn
    product_a: HadamardProof
    product_b: HadamardProof
    total: Proof


@dataclass(frozen=True)
class _Challenges:
    """x and c after m; ``context`` names u and w too, for the proofs that follow them."""

    seed: bytes
    m: bytes
    x: int
    c: int

    @classmethod
    def of(cls, statement: LookupStatement, context: JobContext, m: KnownColumn | None) -> _Challenges:
        seed, point = statement.seed(context), bytes(64) if m is None else m.f
        x = hashing.field_element(hashing.words(hashing.LOGUP_X_TAG, seed, point), "logUp challenge")
        c = hashing.field_element(hashing.words(hashing.LOGUP_ABSENT_TAG, seed, point), "logUp challenge")
        return cls(seed, point, x, c)

    def context(self, context: JobContext, u: bytes, w: bytes) -> JobContext:
        digest = hashing.keccak256(hashing.words(hashing.LOGUP_INVERSES_TAG, self.seed, self.m, u, w))
        return replace(context, program_id=digest)


# public columns --------------------------------------------------------------------------------


def range_table(key: ProvingKey, bits: int) -> bytes:
    """The public column 0, 1 … 2^bits - 1; no blinding."""
    if bits < 0 or 1 << bits > key.max_rows:
        raise TooManyRows(f"2^{bits} values do not fit into the {key.max_rows} rows of the setup")
    values = list(range(1 << bits))
    return key.backend.vec_from_i64(values) + bytes((key.n - len(values)) * SCALAR_BYTES)


@lru_cache(maxsize=32)
def _range_commitment(key: ProvingKey, bits: int) -> ColumnCommitment:
    return commit(key, range_table(key, bits))


def range_statement(key: ProvingKey, a: ColumnCommitment, a_rows: int, bits: int) -> LookupStatement:
    """All values of a are in [0, 2^bits). Another range: give the virtual column a - minimum ones as a."""
    return LookupStatement(key.setup_id, SUBSET, a, a_rows, _range_commitment(key, bits), 1 << bits)


# prover ----------------------------------------------------------------------------------------


def prove(
    key: ProvingKey,
    context: JobContext,
    statement: LookupStatement,
    a: Buffer,
    b: Buffer,
    random: Random | None = None,
) -> LookupProof:
    """One party that holds both columns. InvalidProof names an element of a that is not in b."""
    if statement.setup_id != key.setup_id:
        raise WrongSetup("the statement names another setup than the proving key")
    source, backend = random or OsRandom(), key.backend
    counts = _multiplicities(statement, a, b)
    m_column = _blinded(key, b"".join(map(scalar_bytes, counts)), source)
    m = _known(key, m_column) if statement.kind == SUBSET else None
    challenges = _Challenges.of(statement, context, m)
    shifted_a, shifted_b = _shifted_columns(backend, statement, challenges, a, b)
    u = _blinded(key, _inverses(backend, shifted_a, statement.a_rows), source)
    w_rows = _inverses(backend, shifted_b, statement.b_rows)
    w = _blinded(key, backend.vec_mul(w_rows, m_column[: len(w_rows)]), source)
    known_u, known_w = _known(key, u), _known(key, w)
    bound_context = challenges.context(context, known_u.f, known_w.f)
    of_a, of_b = _products(key, statement, challenges, known_u, known_w, m)
    out_a = ones_column(key.n, statement.a_rows)
    out_b = m_column if m is not None else ones_column(key.n, statement.b_rows)
    return LookupProof(
        m=m,
        u=known_u,
        w=known_w,
        product_a=hadamard.prove(key, bound_context, of_a, u, shifted_a, out_a),
        product_b=hadamard.prove(key, bound_context, of_b, w, shifted_b, out_b),
        total=_prove_total(key, bound_context, known_u, known_w, backend.vec_sub(u, w), source),
    )


def _multiplicities(statement: LookupStatement, a: Buffer, b: Buffer) -> list[int]:
    """m: how often each element of b occurs in a, at its first place in b; 1 everywhere of a permutation."""
    values_a, values_b = scalars_of(a)[: statement.a_rows], scalars_of(b)[: statement.b_rows]
    counts = Counter(values_a)
    if statement.kind == PERMUTATION:
        if counts != Counter(values_b):
            raise InvalidProof("b is not a in another order; nothing was proven")
        return [1] * statement.b_rows
    result = [counts.pop(value, 0) for value in values_b]
    if counts:
        row = next(i for i, value in enumerate(values_a) if value in counts)
        raise InvalidProof(f"row {row} of a holds a value that does not occur in b; nothing was proven")
    return result


def _shifted_columns(
    backend: Backend, statement: LookupStatement, challenges: _Challenges, a: Buffer, b: Buffer
) -> tuple[bytes, bytes]:
    """x + a, and x + b + c (1 - ones_b) (x + b of a permutation), on all n rows."""
    n = len(a) // SCALAR_BYTES
    ones = _ONE * n
    shifted_a = backend.vec_combine([a, ones], [1, challenges.x])
    vectors, factors = [bytes(b), ones, ones_column(n, statement.b_rows)], [1, challenges.x, 0]
    if statement.kind == SUBSET:
        factors[1:] = [(challenges.x + challenges.c) % R, -challenges.c % R]
    return shifted_a, backend.vec_combine(vectors, factors)


def _inverses(backend: Backend, column: bytes, rows: int) -> bytes:
    try:
        return backend.vec_inverse(column[: rows * SCALAR_BYTES])
    except ZeroDivisionError:
        raise InvalidProof("the challenge hit a value of the column; prove again") from None


def _blinded(key: ProvingKey, rows: bytes, random: Random) -> bytes:
    blinding = draw_scalars(key.backend, random, 2)
    return rows + bytes(key.n * SCALAR_BYTES - len(rows) - len(blinding)) + blinding


def _known(key: ProvingKey, column: bytes) -> KnownColumn:
    return KnownColumn(key.lagrange.msm(column), key.lagrange_kappa.msm(column))


def _prove_total(
    key: ProvingKey, context: JobContext, u: KnownColumn, w: KnownColumn, difference: bytes, random: Random
) -> Proof:
    bound = _total_statement(key, context, u, w)
    columns = [ones_column(key.n, key.max_rows), difference]
    # Of the right side only column 0 is used; the difference has weight 0 there.
    unused = ColumnCommitment(bound.statement.columns[1], key.backend.g2_generator(), b"")
    commitments = [ones_commitment(key, key.max_rows), unused]
    return prover.prove_with(key, bound, columns, commitments, bytes(SCALAR_BYTES), NO_BLINDING, random)


# both ------------------------------------------------------------------------------------------


def _products(
    key: ProvingKey,
    statement: LookupStatement,
    challenges: _Challenges,
    u: KnownColumn,
    w: KnownColumn,
    m: KnownColumn | None,
) -> tuple[HadamardStatement, HadamardStatement]:
    """u (x + a) = ones_a, and w (x + b …) = m or ones_b."""
    backend, one, x, c = key.backend, constant_one(key.backend), challenges.x, challenges.c
    ones_a, ones_b = ones_commitment(key, statement.a_rows), ones_commitment(key, statement.b_rows)
    q_a = combine_commitments(backend, [statement.a, one], [1, x])
    if m is None:
        q_b = combine_commitments(backend, [statement.b, one], [1, x])
    else:
        q_b = combine_commitments(backend, [statement.b, one, ones_b], [1, x + c, -c])
    out_b = ones_b.f if m is None else m.f
    return (
        HadamardStatement(key.setup_id, u.f, q_a.f, q_a.f2, ones_a.f),
        HadamardStatement(key.setup_id, w.f, q_b.f, q_b.f2, out_b),
    )


def _total_statement(key: ProvingKey, context: JobContext, u: KnownColumn, w: KnownColumn) -> BoundStatement:
    """<u - w, 1> = 0 over all data rows: a public inner product."""
    difference = key.backend.g1_msm(u.f + w.f, _ONE + scalar_bytes(R - 1))
    columns = (ones_commitment(key, key.max_rows).f, difference)
    statement = Statement(key.setup_id, columns, left=(1,), right=(0,), rows=key.max_rows)
    return BoundStatement(context, statement, PublicResult((0,)))


# verifier --------------------------------------------------------------------------------------


def relations(
    key: ProvingKey, context: JobContext, statement: LookupStatement, proof: LookupProof
) -> list[Relation]:
    """Checks shapes and points; returns all pairing equations. The statement's columns were checked.

    ``key`` is needed for the commitments of public columns only (``ones`` and the table).
    """
    if statement.setup_id != key.setup_id:
        raise WrongSetup("the statement names another setup than the key")
    if (proof.m is None) != (statement.kind == PERMUTATION):
        raise WrongLength("a subset argument has multiplicities, a permutation has none")
    backend, verifying, rows = key.backend, key.verifying, data_rows_key(key)
    known: Sequence[tuple[str, KnownColumn | None]] = (("m", proof.m), ("u", proof.u), ("w", proof.w))
    checks = [
        hadamard.knowledge_relation(backend, verifying, column.f, column.f_kappa, name)
        for name, column in known
        if column is not None
    ]
    challenges = _Challenges.of(statement, context, proof.m)
    bound_context = challenges.context(context, proof.u.f, proof.w.f)
    of_a, of_b = _products(key, statement, challenges, proof.u, proof.w, proof.m)
    for name, product, part in (
        ("inverses of a", of_a, proof.product_a),
        ("inverses of b", of_b, proof.product_b),
    ):
        checks += hadamard.relations(backend, verifying, rows, bound_context, product, part, name)
    bound = _total_statement(key, bound_context, proof.u, proof.w)
    checks.append(verifier.relation(backend, verifying, bound, proof.total, "sum of the inverses"))
    return checks


def verify(key: ProvingKey, context: JobContext, statement: LookupStatement, proof: LookupProof) -> None:
    """Returns if the statement holds; raises a MalformedInput, WrongSetup, or PairingFailed naming the part.

    The key's relations were checked (``setup.load``), and both columns as registered ones are.
    """
    require_all(key.backend, relations(key, context, statement, proof))
