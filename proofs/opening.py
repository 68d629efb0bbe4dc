"""The consumer opens a sealed result: interpolates M and the blinding, checks that they open F_M, decodes.

PROTOCOL, *Sharing and the nodes* (last steps) and *Columns* (range of a result).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs import inner_product
from proofs.backend.base import Buffer
from proofs.clock import timed
from proofs.columns import ColumnSchema
from proofs.errors import AnswersInconsistent, ResultMismatch, ResultOutOfRange, WrongLength
from proofs.field import R, signed
from proofs.inner_product import Blinding
from proofs.keys import ProvingKey
from proofs.messages import ResultShare
from proofs.prover import scalars_of
from proofs.sharing import answers_needed, lagrange_at_zero
from proofs.statement import PublicResult, SealedResult, Statement

__all__ = ["OpenedResult", "check_opening", "decode_outputs", "open_public", "open_sealed", "open_shares"]


@dataclass(frozen=True, repr=False)  # secret: never in a log
class OpenedResult:
    """The outputs as signed integers (units: product of the two columns' scales), with what opens F_M."""

    statement: Statement
    outputs: tuple[int, ...]
    blinding: Blinding

    def at(self, a: int, b: int) -> int:
        """<left_a, right_b>."""
        return self.outputs[self.statement.output_index(a, b)]


@timed
def open_sealed(
    key: ProvingKey,
    statement: Statement,
    schemas: Sequence[ColumnSchema],
    result: SealedResult,
    shares: Sequence[ResultShare],
) -> OpenedResult:
    """Outputs behind F_M from the g t + 1 result shares of the answering set.

    Raises AnswersInconsistent, ResultMismatch (the shares are not what was proven), ResultOutOfRange.
    """
    outputs, blinding = open_shares(key, statement, result, shares)
    return OpenedResult(statement, decode_outputs(statement, schemas, scalars_of(outputs)), blinding)


def open_shares(
    key: ProvingKey, statement: Statement, result: SealedResult, shares: Sequence[ResultShare]
) -> tuple[bytes, Blinding]:
    """The outputs as scalars, and what opens F_M with them. Raises AnswersInconsistent, ResultMismatch."""
    seats = [share.seat for share in shares]
    needed = answers_needed(statement.degree)
    if len(seats) != needed or len(set(seats)) != len(seats):
        raise AnswersInconsistent(f"{needed} result shares of different seats are needed, not {seats}")
    if any(share.context != shares[0].context for share in shares):
        raise AnswersInconsistent("the result shares are of different jobs or attempts")
    weights = lagrange_at_zero(seats)
    order = [weights[seat] for seat in seats]
    outputs = key.backend.vec_combine([share.outputs for share in shares], order)
    blinding = Blinding(
        sum(w * share.mu for w, share in zip(order, shares, strict=True)) % R,
        sum(w * share.mu_tau for w, share in zip(order, shares, strict=True)) % R,
    )
    check_opening(key, result, outputs, blinding)
    return outputs, blinding


def open_public(statement: Statement, schemas: Sequence[ColumnSchema], result: PublicResult) -> OpenedResult:
    """The outputs of a public result, decoded. Raises ResultOutOfRange."""
    return OpenedResult(
        statement, decode_outputs(statement, schemas, result.outputs), inner_product.NO_BLINDING
    )


def check_opening(key: ProvingKey, result: SealedResult, outputs: Buffer, blinding: Blinding) -> None:
    """ResultMismatch unless F_M = sum M_i E_i + (mu + mu_tau tau) eta."""
    if inner_product.result_commitment(key, outputs, blinding) != result.commitment:
        raise ResultMismatch("outputs and blinding do not open the result commitment that was proven")


def decode_outputs(
    statement: Statement, schemas: Sequence[ColumnSchema], outputs: Sequence[int]
) -> tuple[int, ...]:
    """Scalars to signed integers, each within what its two columns' schemas allow over the rows.

    ``schemas``: one for each column of the statement, ``ones`` included. Raises ResultOutOfRange.
    """
    if len(schemas) != len(statement.columns):
        raise WrongLength(f"{len(schemas)} schemas for {len(statement.columns)} columns")
    if len(outputs) != statement.output_count:
        raise WrongLength(f"{len(outputs)} outputs, the statement has {statement.output_count}")
    decoded = []
    for a, left in enumerate(statement.left):
        for b, right in enumerate(statement.right):
            value = signed(outputs[statement.output_index(a, b)])
            low, high = product_range(schemas[left], schemas[right], same=left == right)
            if not statement.rows * low <= value <= statement.rows * high:
                raise ResultOutOfRange(
                    f"<{schemas[left].name}, {schemas[right].name}> lies outside the range that the schemas "
                    f"allow over {statement.rows} rows; a committed column breaks its schema"
                )
            decoded.append(value)
    return tuple(decoded)


def product_range(left: ColumnSchema, right: ColumnSchema, *, same: bool) -> tuple[int, int]:
    """Smallest and largest product of one row's values."""
    corners = [x * y for x in (left.minimum, left.maximum) for y in (right.minimum, right.maximum)]
    if same:
        squares = [left.minimum**2, left.maximum**2]
        contains_zero = left.minimum <= 0 <= left.maximum
        return (0 if contains_zero else min(squares)), max(squares)
    return min(corners), max(corners)
