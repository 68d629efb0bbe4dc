"""The Hadamard product share-wise. PROTOCOL, *Circuit 2* and *Sharing and the nodes*; ADR 0007.

Degrees, in multiples of the threshold t: a dealt column 1, a public one 0, a product the sum of its factors'.
Node k multiplies its shares row by row, without talking to anyone: on the data rows that is a point of a
sharing of u of the product's degree d. The two blinding rows of u are random sharings of degree d t, one from
each dealer: without them F_u(k) would be no hiding commitment and would show the coefficients above 0.

    round A   node k publishes F_u(k), F_u^kappa(k), F2_u(k); d t + 1 of them interpolate to those of u
    round B   node k publishes H_k = lambda_k ([h_k]1 + Z(k) G1), h_k from its own p_k, q_k, u_k; H = sum H_k

h_k lies on a polynomial of degree d t in k: h = (p q - u)/t_D is linear in u and bilinear in p and q. ``job``
follows from round A, and the answering set, so lambda, is fixed before round B. Z is a sharing of zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs import hadamard
from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.columns import ColumnCommitment, commit
from proofs.errors import AnswersInconsistent, ContextMismatch, MalformedInput, WrongLength
from proofs.field import R
from proofs.hadamard import HadamardProof
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.randomness import draw_scalar
from proofs.sharing import DealContext, answers_needed, evaluate_at, lagrange_at_zero

__all__ = [
    "OutputMask",
    "OutputMessage",
    "ProductMasks",
    "QuotientMessage",
    "combine_outputs",
    "combine_quotients",
    "output_message",
    "quotient_message",
    "share_product",
]

MAGIC = b"HSMASK01"


@dataclass(frozen=True, repr=False)  # secret: never in a log
class OutputMask:
    """One dealer's masks of one product for one seat: secret of that node."""

    context: DealContext
    seat: int
    product: int
    """Number of the product within the program."""
    blinding: bytes
    """Its part of u's two blinding rows, two scalars."""
    z: int
    """Its part of Z."""

    def to_bytes(self) -> bytes:
        """``HSMASK01 || setup_id || job_id || attempt (4) || seat (4) || product (4) || blinding || Z``."""
        return _head(self.context, self.seat, self.product) + self.blinding + scalar_bytes(self.z)

    @classmethod
    def from_bytes(
        cls, backend: Backend, data: bytes, *, context: DealContext, seat: int, product: int
    ) -> OutputMask:
        """Strict: WrongLength, NonCanonicalScalar, ContextMismatch unless made for exactly this place."""
        head = _head(context, seat, product)
        if len(data) != len(head) + 3 * SCALAR_BYTES:
            raise WrongLength(f"a product's masks have {len(head) + 3 * SCALAR_BYTES} bytes, not {len(data)}")
        if data[: len(head)] != head:
            raise ContextMismatch("the masks are of another setup, job, attempt, seat or product")
        scalars = data[len(head) :]
        backend.vec_check(scalars)
        blinding, z = scalars[: 2 * SCALAR_BYTES], int.from_bytes(scalars[2 * SCALAR_BYTES :], "big")
        return cls(context, seat, product, bytes(blinding), z)


def _head(context: DealContext, seat: int, product: int) -> bytes:
    numbers = (context.attempt, seat, product)
    return MAGIC + context.setup_id + context.job_id + b"".join(k.to_bytes(4, "big") for k in numbers)


class ProductMasks:
    """One dealer's polynomials of degree ``degree`` t for one product, from its seed.

    Labels of the streams (``proofs.sharing``): ``product`` + number (4 bytes) for both blinding rows, then Z.
    """

    def __init__(self, context: DealContext, seed: bytes, product: int, degree: int) -> None:
        if not 2 <= degree <= context.degree:
            raise MalformedInput(f"a product of degree {degree} in a program of degree {context.degree}")
        stream = context.stream(seed, b"product" + product.to_bytes(4, "big"))
        count = degree * context.threshold
        self._context, self._product = context, product
        self._rows = [[draw_scalar(stream) for _ in range(count + 1)] for _ in range(2)]
        self._z = [0] + [draw_scalar(stream) for _ in range(count)]

    def mask(self, seat: int) -> OutputMask:
        blinding = b"".join(scalar_bytes(evaluate_at(row, seat)) for row in self._rows)
        return OutputMask(self._context, seat, self._product, blinding, evaluate_at(self._z, seat))


@dataclass(frozen=True)
class OutputMessage:
    """Round A of seat k: the commitment of its share of u."""

    seat: int
    commitment: ColumnCommitment


@dataclass(frozen=True)
class QuotientMessage:
    """Round B of seat k: H_k, already weighted with lambda_k."""

    seat: int
    h: bytes


# node ------------------------------------------------------------------------------------------


def share_product(backend: Backend, p: Buffer, q: Buffer, masks: Sequence[OutputMask]) -> bytes:
    """The node's share of u: its shares' product, and the sum of the dealers' blinding rows."""
    if not masks or len({(mask.context, mask.seat, mask.product) for mask in masks}) != 1:
        raise ContextMismatch("the masks are of different jobs, attempts, seats or products")
    blinding = backend.vec_combine([mask.blinding for mask in masks], [1] * len(masks))
    return hadamard.product_column(backend, p, q, blinding)


def output_message(key: ProvingKey, seat: int, u: Buffer) -> OutputMessage:
    """Round A."""
    return OutputMessage(seat, commit(key, u))


def quotient_message(
    key: ProvingKey,
    p: Buffer,
    q: Buffer,
    u: Buffer,
    masks: Sequence[OutputMask],
    job: int,
    seats: Sequence[int],
) -> QuotientMessage:
    """Round B: H_k for ``job``, the hash over the u of ``combine_outputs``, and the answering set ``seats``.

    InvalidProof if u is not the product of these shares. Answering twice shows nothing new: every [h_k]1 is a
    function of F_p, F_q and the coalition's own t shares (each a value at 0 or at a seat of polynomials of
    degree t) and of F_u(k), which hides; Z(k) is a second lock.
    """
    seat = masks[0].seat if masks else 0
    weights = lagrange_at_zero(seats)
    if seat not in weights:
        raise AnswersInconsistent("this node is not in the answering set")
    point = hadamard.quotient_point(key, p, q, u, job)
    z = sum(mask.z for mask in masks) % R
    weight = weights[seat]
    scalars = scalar_bytes(weight) + scalar_bytes(weight * z % R)
    return QuotientMessage(seat, key.backend.g1_msm(point + key.backend.g1_generator(), scalars))


# coordinator -----------------------------------------------------------------------------------


def combine_outputs(
    key: ProvingKey, context: DealContext, messages: Sequence[OutputMessage]
) -> ColumnCommitment:
    """The commitment of u from g t + 1 answers, g the program's degree; AnswersInconsistent otherwise.

    Its knowledge and its G2 half are to be checked by ``columns.check_commitment``.
    """
    backend = key.backend
    weights = _weights(context, [message.seat for message in messages])
    for message in messages:
        backend.g1_check(message.commitment.f + message.commitment.f_kappa)
        backend.g2_check(message.commitment.f2)
    scalars = b"".join(scalar_bytes(weights[message.seat]) for message in messages)
    parts = [message.commitment for message in messages]
    return ColumnCommitment(
        f=backend.g1_msm(b"".join(part.f for part in parts), scalars),
        f2=backend.g2_msm(b"".join(part.f2 for part in parts), scalars),
        f_kappa=backend.g1_msm(b"".join(part.f_kappa for part in parts), scalars),
    )


def combine_quotients(
    key: ProvingKey, context: DealContext, messages: Sequence[QuotientMessage]
) -> HadamardProof:
    """H, the sum of the answers of exactly the answering set."""
    _weights(context, [message.seat for message in messages])
    points = b"".join(message.h for message in messages)
    key.backend.g1_check(points)
    return HadamardProof(key.backend.g1_sum(points))


def _weights(context: DealContext, seats: Sequence[int]) -> dict[int, int]:
    needed = answers_needed(context.degree, context.threshold)
    if len(seats) != needed or len(set(seats)) != len(seats):
        raise AnswersInconsistent(
            f"answers of seats {sorted(seats)}: exactly {needed} different seats must answer"
        )
    return lagrange_at_zero(seats)
