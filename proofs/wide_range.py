"""Ranges wider than a setup's capacity: a column in [0, 2^bits) by limbs, each in a table's range.

a = sum B^j limb_j with B = 2^limb_bits, on all n rows: limb 0's blinding rows are chosen so that commitments
add up to the very F_a, which the verifier tests without a proof (PROTOCOL, idea 3). Each limb is shown to be
in its range by ``proofs.logup``; as 2^bits < r the sum does not wrap. The other limbs' blinding rows are
random, and limb 0's are a's own minus theirs, so the limbs' commitments hide, given that F_a does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs import hadamard, logup
from proofs.backend.base import SCALAR_BYTES, Buffer
from proofs.batch import require_all
from proofs.columns import ColumnCommitment, commit
from proofs.errors import CommitmentInvalid, InvalidProof, MalformedInput, WrongLength
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.logup import LookupProof
from proofs.prover import scalars_of
from proofs.randomness import OsRandom, Random, draw_scalars
from proofs.statement import JobContext

__all__ = ["WideRangeProof", "limb_sizes", "prove", "verify"]

MAX_BITS = 253
"""2^253 < r."""


@dataclass(frozen=True)
class WideRangeProof:
    """The limbs, lowest first, and the range proof of each."""

    limbs: tuple[ColumnCommitment, ...]
    ranges: tuple[LookupProof, ...]


def limb_sizes(key: ProvingKey, bits: int) -> tuple[int, ...]:
    """Bits of each limb, lowest first: the largest tables that fit, and the rest; at most 253 in all."""
    if not 1 <= bits <= MAX_BITS:
        raise MalformedInput(f"a range has between 1 and {MAX_BITS} bits, not {bits}")
    size = key.max_rows.bit_length() - 1
    full, rest = divmod(bits, size)
    return (size,) * full + ((rest,) if rest else ())


def prove(
    key: ProvingKey,
    context: JobContext,
    a: ColumnCommitment,
    rows: int,
    bits: int,
    column: Buffer,
    random: Random | None = None,
) -> WideRangeProof:
    """Every value of the column's n - 2 data rows is in [0, 2^bits), else InvalidProof names the row."""
    source = random or OsRandom()
    sizes = limb_sizes(key, bits)
    columns = _limbs(key, sizes, column, source)
    limbs = tuple(commit(key, limb) for limb in columns)
    _check_sum(key, a, sizes, limbs)
    ranges = tuple(
        logup.prove(
            key,
            context,
            logup.range_statement(key, commitment, rows, size),
            limb,
            logup.range_table(key, size),
            source,
        )
        for commitment, limb, size in zip(limbs, columns, sizes, strict=True)
    )
    return WideRangeProof(limbs, ranges)


def _limbs(key: ProvingKey, sizes: Sequence[int], column: Buffer, random: Random) -> list[bytes]:
    """The limbs' columns; all blinding but limb 0's is drawn."""
    backend, data = key.backend, (key.n - 2) * SCALAR_BYTES
    values = scalars_of(column)[:-2]
    for row, value in enumerate(values):
        if value >> sum(sizes):
            raise InvalidProof(f"row {row} is not in [0, 2^{sum(sizes)}); nothing was proven")
    limbs, shift = [], 0
    rest = bytes(column[data:])
    for size in sizes:
        rows = backend.vec_from_i64([value >> shift & (1 << size) - 1 for value in values])
        blinding = draw_scalars(backend, random, 2) if shift else bytes(2 * SCALAR_BYTES)
        rest = backend.vec_sub(rest, backend.vec_scale(blinding, 1 << shift))
        limbs.append(rows + blinding)
        shift += size
    limbs[0] = limbs[0][:data] + rest
    return limbs


def _check_sum(
    key: ProvingKey, a: ColumnCommitment, sizes: Sequence[int], limbs: Sequence[ColumnCommitment]
) -> None:
    """F_a = sum B^j F_j; CommitmentInvalid otherwise."""
    weights = b"".join(scalar_bytes(1 << sum(sizes[:j])) for j in range(len(sizes)))
    if key.backend.g1_msm(b"".join(limb.f for limb in limbs), weights) != a.f:
        raise CommitmentInvalid("the limbs' commitments do not add up to the column's")


def verify(
    key: ProvingKey, context: JobContext, a: ColumnCommitment, rows: int, bits: int, proof: WideRangeProof
) -> None:
    """Returns if a's ``rows`` rows are in [0, 2^bits); else CommitmentInvalid or PairingFailed.

    ``a`` was checked as registered columns are, the key when it was loaded.
    """
    sizes, backend = limb_sizes(key, bits), key.backend
    if not len(sizes) == len(proof.limbs) == len(proof.ranges):
        raise WrongLength(f"a range of {bits} bits has {len(sizes)} limbs under this setup")
    checks = []
    for j, (limb, size, part) in enumerate(zip(proof.limbs, sizes, proof.ranges, strict=True)):
        checks += hadamard.commitment_relations(backend, key.verifying, limb, f"limb {j}")
        statement = logup.range_statement(key, limb, rows, size)
        checks += logup.relations(key, context, statement, part)
    _check_sum(key, a, sizes, proof.limbs)
    require_all(backend, checks)
