"""That a registered column keeps its schema's range, by its owner alone. docs/protocol.md, *logUp arguments*.

Inverse columns are not linear in the data, so nodes cannot compute shares of them from shares of the data:
who holds the column proves, once, when it is registered, and every job on its shares profits. Two arguments:

    v - minimum in [0, 2^bits)  and  maximum - v in [0, 2^bits)  on the rows that are present

which is minimum <= v <= maximum, since 2^bits is far below r and neither difference can wrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs import formats, hashing, wide_range
from proofs.backend.base import Buffer
from proofs.columns import ColumnCommitment, ColumnSchema, ones_column, ones_commitment
from proofs.errors import ColumnValueOutOfRange, InvalidProof, MalformedInput
from proofs.field import R
from proofs.hadamard import HadamardProof, combine_commitments
from proofs.keys import ProvingKey
from proofs.logup import KnownColumn, LookupProof
from proofs.randomness import Random
from proofs.statement import JobContext
from proofs.wide_range import WideRangeProof

__all__ = ["SchemaRangeProof", "prove", "registration_context", "verify"]

_PARTS = ("above", "below")


@dataclass(frozen=True)
class SchemaRangeProof:
    """``above`` the minimum and ``below`` the maximum."""

    above: WideRangeProof
    below: WideRangeProof

    def document(self) -> dict[str, object]:
        """What is published beside the column's commitment."""
        return {part: _wide_document(getattr(self, part)) for part in _PARTS}

    @classmethod
    def from_document(cls, document: object, where: str = "range") -> SchemaRangeProof:
        """Strict; points are checked by ``verify``."""
        fields = formats.mapping(document, _PARTS, where)
        return cls(*(_wide_from(fields[part], f"{where}.{part}") for part in _PARTS))


def registration_context(
    *, chain_id: int, registry: bytes, schema_hash: bytes, columns_hash: bytes
) -> JobContext:
    """What such a proof is for: one dataset's registration instead of a job."""
    return JobContext(
        chain_id=chain_id,
        market=registry,
        job_id=columns_hash,
        program_id=hashing.SCHEMA_RANGE_TAG,
        licences_hash=schema_hash,
    )


def prove(
    key: ProvingKey,
    context: JobContext,
    schema: ColumnSchema,
    rows: int,
    commitment: ColumnCommitment,
    column: Buffer,
    random: Random | None = None,
) -> SchemaRangeProof:
    """The column's owner, from its n scalars. ColumnValueOutOfRange if a row breaks the schema."""
    ones = ones_column(key.n, rows)
    parts = []
    for virtual, weights in zip(_virtual(key, schema, rows, commitment), _weights(schema), strict=True):
        shifted = key.backend.vec_combine([column, ones], weights)
        try:
            parts.append(wide_range.prove(key, context, virtual, rows, _bits(schema), shifted, random))
        except InvalidProof as error:
            raise ColumnValueOutOfRange(f"column {schema.name!r} breaks its schema: {error}") from None
    return SchemaRangeProof(*parts)


def verify(
    key: ProvingKey,
    context: JobContext,
    schema: ColumnSchema,
    rows: int,
    commitment: ColumnCommitment,
    proof: SchemaRangeProof,
) -> None:
    """Returns if the ``rows`` rows of a registered (so checked) column keep the schema's range.

    Raises a MalformedInput, CommitmentInvalid or PairingFailed.
    """
    above, below = _virtual(key, schema, rows, commitment)
    wide_range.verify(key, context, above, rows, _bits(schema), proof.above)
    wide_range.verify(key, context, below, rows, _bits(schema), proof.below)


def _bits(schema: ColumnSchema) -> int:
    return max(1, (schema.maximum - schema.minimum).bit_length())


def _weights(schema: ColumnSchema) -> tuple[list[int], list[int]]:
    """v - minimum ones, maximum ones - v; absent rows stay 0."""
    return [1, -schema.minimum % R], [R - 1, schema.maximum % R]


def _virtual(
    key: ProvingKey, schema: ColumnSchema, rows: int, commitment: ColumnCommitment
) -> list[ColumnCommitment]:
    both = [commitment, ones_commitment(key, rows)]
    return [combine_commitments(key.backend, both, weights) for weights in _weights(schema)]


# documents -------------------------------------------------------------------------------------


def _wide_document(proof: WideRangeProof) -> dict[str, object]:
    return {
        "limbs": list(map(formats.column_commitment_document, proof.limbs)),
        "ranges": list(map(_lookup_document, proof.ranges)),
    }


def _wide_from(document: object, where: str) -> WideRangeProof:
    fields = formats.mapping(document, ("limbs", "ranges"), where)
    limbs = formats.sequence(fields["limbs"], f"{where}.limbs")
    ranges = formats.sequence(fields["ranges"], f"{where}.ranges")
    return WideRangeProof(
        tuple(formats.column_commitment_from(limb, f"{where}.limbs[{i}]") for i, limb in enumerate(limbs)),
        tuple(_lookup_from(part, f"{where}.ranges[{i}]") for i, part in enumerate(ranges)),
    )


def _known_document(column: KnownColumn | None) -> dict[str, str]:
    assert column is not None  # a range is a subset argument, which has multiplicities
    return {"F": formats.to_hex(column.f), "F_kappa": formats.to_hex(column.f_kappa)}


def _known_from(document: object, where: str) -> KnownColumn:
    fields = formats.mapping(document, ("F", "F_kappa"), where)
    return KnownColumn(*(formats.from_hex(fields[name], f"{where}.{name}", 64) for name in ("F", "F_kappa")))


def _lookup_document(proof: LookupProof) -> dict[str, object]:
    return {
        "m": _known_document(proof.m),
        "u": _known_document(proof.u),
        "w": _known_document(proof.w),
        "H": [formats.to_hex(part.h) for part in (proof.product_a, proof.product_b)],
        "total": formats.proof_document(proof.total),
    }


def _lookup_from(document: object, where: str) -> LookupProof:
    fields = formats.mapping(document, ("m", "u", "w", "H", "total"), where)
    products: Sequence[object] = formats.sequence(fields["H"], f"{where}.H")
    if len(products) != 2:
        raise MalformedInput(f"{where}.H has two points, not {len(products)}")
    first, second = (HadamardProof(formats.from_hex(point, f"{where}.H", 64)) for point in products)
    return LookupProof(
        m=_known_from(fields["m"], f"{where}.m"),
        u=_known_from(fields["u"], f"{where}.u"),
        w=_known_from(fields["w"], f"{where}.w"),
        product_a=first,
        product_b=second,
        total=formats.proof_from(fields["total"], f"{where}.total"),
    )
