"""Combining the nodes' answers. PROTOCOL, *Sharing and the nodes*; every step here uses public values only.

Nodes run ``combine_round1`` themselves before they answer round 2, so that they trust no coordinator's sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofs import hashing, inner_product
from proofs.clock import timed
from proofs.columns import ColumnCommitment
from proofs.errors import AnswersInconsistent, WrongLength
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.messages import Round1Message, Round2Message
from proofs.proof import Proof, ResultBinding
from proofs.prover import scalars_of
from proofs.sharing import answers_needed, lagrange_at, lagrange_at_zero
from proofs.statement import (
    BoundStatement,
    JobContext,
    PublicResult,
    Result,
    SealedResult,
    Statement,
    canonical_json,
)

__all__ = ["CombinedRound1", "answers_digest", "are_consistent", "combine_round1", "combine_round2"]


@dataclass(frozen=True)
class CombinedRound1:
    """The answering set with what follows from it: lambda, the result, job and z, and the sums R, S, S2."""

    bound: BoundStatement
    weights: dict[int, int]
    """lambda_k by seat."""
    answers: bytes
    """``answers_digest`` of the set."""
    r: bytes
    s: bytes
    s2: bytes

    @property
    def seats(self) -> tuple[int, ...]:
        return tuple(sorted(self.weights))


@timed
def combine_round1(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    messages: Sequence[Round1Message],
    *,
    is_sealed: bool,
) -> CombinedRound1:
    """Fixes the answering set: exactly g t + 1 messages of different seats.

    Raises AnswersInconsistent for a wrong number or kind of answers, a MalformedInput naming bad points.
    """
    backend = key.backend
    weights = _answering_weights(statement, [message.seat for message in messages])
    for message in messages:
        backend.g1_check(message.randomisers.r + message.randomisers.s)
        backend.g2_check(message.randomisers.s2)
    bound = BoundStatement(context, statement, _interpolate(key, statement, messages, weights, is_sealed))
    return CombinedRound1(
        bound=bound,
        weights=weights,
        answers=answers_digest(messages),
        r=backend.g1_sum(b"".join(message.randomisers.r for message in messages)),
        s=backend.g1_sum(b"".join(message.randomisers.s for message in messages)),
        s2=backend.g2_sum(b"".join(message.randomisers.s2 for message in messages)),
    )


def answers_digest(messages: Sequence[Round1Message]) -> bytes:
    """keccak256 of the canonical JSON of a set's round 1, by seat: the question that round 2 answers.

    z does not pin the randomisers, and C_k depends on all of them: a node that was shown others than the
    judge's would seem wrong. So a node signs this digest, and is judged by answers to this question only.
    """
    ordered = sorted(messages, key=lambda message: message.seat)
    question = [{"seat": message.seat, "round1": message.document()} for message in ordered]
    return hashing.keccak256(canonical_json(question))


def _answering_weights(statement: Statement, seats: Sequence[int]) -> dict[int, int]:
    needed = answers_needed(statement.degree)
    if len(seats) != needed or len(set(seats)) != len(seats):
        raise AnswersInconsistent(
            f"answers of seats {sorted(seats)}: exactly {needed} different seats must answer"
        )
    return lagrange_at_zero(seats)


def _interpolate(
    key: ProvingKey,
    statement: Statement,
    messages: Sequence[Round1Message],
    weights: dict[int, int],
    is_sealed: bool,
) -> Result:
    """F_M, or the public outputs, at 0."""
    backend = key.backend
    if is_sealed:
        points = b""
        for message in messages:
            if not isinstance(message.result, SealedResult):
                raise AnswersInconsistent(f"seat {message.seat} answered a sealed job with public outputs")
            points += message.result.commitment
        backend.g1_check(points)
        scalars = b"".join(scalar_bytes(weights[message.seat]) for message in messages)
        return SealedResult(backend.g1_msm(points, scalars))
    vectors = []
    for message in messages:
        if not isinstance(message.result, PublicResult):
            raise AnswersInconsistent(f"seat {message.seat} answered a public job with a sealed commitment")
        if len(message.result.outputs) != statement.output_count:
            raise WrongLength(f"seat {message.seat} sent another number of outputs than the statement's")
        vectors.append(b"".join(map(scalar_bytes, message.result.outputs)))
    outputs = backend.vec_combine(vectors, [weights[message.seat] for message in messages])
    return PublicResult(scalars_of(outputs))


def are_consistent(key: ProvingKey, statement: Statement, messages: Sequence[Round1Message]) -> bool:
    """Whether the results of more than g t + 1 answers lie on one polynomial of degree g t.

    A market that has spare answers asks this before it fixes the answering set: a wrong F_M(k) then never
    becomes a challenge. With just enough answers there is nothing to compare.
    """
    needed = answers_needed(statement.degree)
    base, spare = messages[:needed], messages[needed:]
    backend = key.backend
    for message in spare:
        weights = lagrange_at([answer.seat for answer in base], message.seat)
        if isinstance(message.result, SealedResult):
            points = [a.result.commitment for a in base if isinstance(a.result, SealedResult)]
            scalars = b"".join(scalar_bytes(weights[answer.seat]) for answer in base)
            interpolated = backend.g1_msm(b"".join(points), scalars) if len(points) == len(base) else b""
            if interpolated != message.result.commitment:
                return False
            continue
        vectors = [
            b"".join(map(scalar_bytes, a.result.outputs)) for a in base if isinstance(a.result, PublicResult)
        ]
        expected = b"".join(map(scalar_bytes, message.result.outputs))
        order = [weights[answer.seat] for answer in base]
        if len(vectors) != len(base) or backend.vec_combine(vectors, order) != expected:
            return False
    return True


@timed
def combine_round2(
    key: ProvingKey,
    combined: CombinedRound1,
    commitments: Sequence[ColumnCommitment],
    messages: Sequence[Round2Message],
) -> Proof:
    """A and B from public values, C, Y, P and pi as sums. The proof is not verified here.

    Raises AnswersInconsistent unless exactly the answering set answered, in its kind, this question.
    """
    backend, bound = key.backend, combined.bound
    if sorted(message.seat for message in messages) != list(combined.seats):
        raise AnswersInconsistent(f"round 2 must be answered by exactly the seats {list(combined.seats)}")
    for message in messages:
        if (message.binding is not None) != bound.is_sealed:
            raise AnswersInconsistent(f"seat {message.seat} answered round 2 of another kind of job")
        if (message.challenge, message.answers) != (bound.challenge, combined.answers):
            raise AnswersInconsistent(f"seat {message.seat} answered another round 1 than this set's")

    def total(part: Callable[[Round2Message], bytes]) -> bytes:
        points = b"".join(map(part, messages))
        backend.g1_check(points)
        return backend.g1_sum(points)

    right_g2 = inner_product.right_point_g2(key, bound, [commitment.f2 for commitment in commitments])
    binding = None
    if bound.is_sealed:
        binding = ResultBinding(
            y=total(lambda message: _binding(message).y),
            p=total(lambda message: _binding(message).p),
            pi=total(lambda message: _binding(message).pi),
        )
    return Proof(
        a=backend.g1_sum(inner_product.left_point(key, bound) + combined.r),
        b=backend.g2_sum(right_g2 + combined.s2),
        c=total(lambda message: message.c),
        binding=binding,
    )


def _binding(message: Round2Message) -> ResultBinding:
    assert message.binding is not None  # by combine_round2's check
    return message.binding
