"""A compute node: both rounds as pure functions of the packages. PROTOCOL, *Sharing and the nodes*.

Round 1 returns what is published, what is sealed to the consumer, and a secret state. Round 2 needs the state
and the packages again. The state remembers the challenge and the answering set that it was used for: masks
that answered two challenges, or randomisers two sets, would show differences of shares, so a second one is
refused.
Keep the state that round 2 returns before anything of its answer leaves the node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proofs import inner_product
from proofs.backend.base import SCALAR_BYTES, Backend, Buffer
from proofs.clock import timed
from proofs.columns import ones_column
from proofs.coordinator import CombinedRound1, combine_round1
from proofs.errors import AnswersInconsistent, ContextMismatch, MalformedInput, StaleRandomisers, WrongLength
from proofs.field import R
from proofs.inner_product import Blinding, scalar_bytes
from proofs.keys import ProvingKey
from proofs.messages import Randomisers, ResultShare, Round1Message, Round2Message
from proofs.proof import ResultBinding
from proofs.prover import scalars_of
from proofs.randomness import OsRandom, Random, draw_scalar
from proofs.sharing import DealContext, DealerPackage, evaluate_at
from proofs.statement import JobContext, PublicResult, SealedResult, Statement

__all__ = [
    "NodeState",
    "Round1",
    "Round2",
    "deal_context",
    "refresh",
    "round1",
    "round2",
    "share_columns",
    "statement_columns",
]

_MAGIC = b"HSNODE01"


@dataclass(frozen=True, repr=False)  # secret: never in a log
class NodeState:
    """Secret of the node between the rounds of one attempt."""

    context: DealContext
    seat: int
    r: int
    s: int
    challenge: int = 0
    """z of the first round 2; 0 before it."""
    answering: tuple[int, ...] = ()
    """The set that r and s were used for; empty before."""

    def to_bytes(self) -> bytes:
        """``HSNODE01 || setup_id || job_id || attempt (4) || seat (4) || r || s || z || bitmap of seats``."""
        bitmap = sum(1 << seat for seat in self.answering)
        head = _MAGIC + self.context.setup_id + self.context.job_id
        head += self.context.attempt.to_bytes(4, "big") + self.seat.to_bytes(4, "big")
        return head + b"".join(
            value.to_bytes(32, "big") for value in (self.r, self.s, self.challenge, bitmap)
        )

    @classmethod
    def from_bytes(cls, data: bytes, *, context: DealContext, seat: int) -> NodeState:
        """Strict; ContextMismatch unless it is the state of exactly this job, attempt and seat."""
        head = _MAGIC + context.setup_id + context.job_id
        head += context.attempt.to_bytes(4, "big") + seat.to_bytes(4, "big")
        if len(data) != len(head) + 4 * SCALAR_BYTES:
            raise WrongLength(f"a node's state has {len(head) + 4 * SCALAR_BYTES} bytes, not {len(data)}")
        if data[: len(head)] != head:
            raise ContextMismatch("the state is of another setup, job, attempt or seat")
        r, s, challenge, bitmap = (
            int.from_bytes(data[i : i + 32], "big") for i in range(len(head), len(data), 32)
        )
        if not (0 < r < R and 0 < s < R and challenge < R):
            raise MalformedInput("the state holds a value that is no scalar")
        return cls(context, seat, r, s, challenge, tuple(k for k in range(256) if bitmap >> k & 1))


@dataclass(frozen=True)
class Round1:
    """``share`` goes to the consumer, sealed (None for a public job); ``state`` stays with the node."""

    message: Round1Message
    share: ResultShare | None
    state: NodeState


@dataclass(frozen=True)
class Round2:
    message: Round2Message
    state: NodeState


def deal_context(
    key: ProvingKey, context: JobContext, statement: Statement, attempt: int, *, is_sealed: bool
) -> DealContext:
    """The context that dealers and nodes of one attempt share."""
    return DealContext(
        setup_id=key.setup_id,
        job_id=context.job_id,
        attempt=attempt,
        n=key.n,
        output_count=statement.output_count,
        degree=statement.degree,
        is_sealed=is_sealed,
    )


def share_columns(key: ProvingKey, statement: Statement, packages: Sequence[DealerPackage]) -> list[bytes]:
    """The node's share of every column of the statement; ``ones`` is public and shared by itself.

    A sum's share is the sum of the shares.

    Raises ContextMismatch unless all packages are of one deal and seat, and AnswersInconsistent unless every
    column behind the statement is dealt exactly once.
    """
    if not packages:
        raise AnswersInconsistent("no dealer's package was given")
    first = packages[0]
    shares: dict[int, bytes] = {0: ones_column(key.n, statement.rows)}
    for package in packages:
        if (package.context, package.seat) != (first.context, first.seat):
            raise ContextMismatch("the packages are of different jobs, attempts or seats")
        for position, share in package.columns.items():
            if position in shares:
                raise AnswersInconsistent(f"column {position} was dealt twice")
            shares[position] = share
    if sorted(shares) != [0, *statement.positions]:
        raise AnswersInconsistent(
            f"columns {sorted(shares)} were dealt, the statement needs {[0, *statement.positions]}"
        )
    return statement_columns(key.backend, statement, shares)


def statement_columns(backend: Backend, statement: Statement, held: Mapping[int, Buffer]) -> list[bytes]:
    """The statement's columns, or shares of them, from those of the job at 0 and at its positions."""
    if not statement.terms:
        return [bytes(held[position]) for position in range(len(statement.columns))]
    return [_combined(backend, held, terms) for terms in statement.terms]


def _combined(backend: Backend, held: Mapping[int, Buffer], terms: tuple[tuple[int, int], ...]) -> bytes:
    if len(terms) == 1 and terms[0][1] == 1:
        return bytes(held[terms[0][0]])
    return backend.vec_combine([held[i] for i, _ in terms], [weight % R for _, weight in terms])


@dataclass(frozen=True, repr=False)  # secret: never in a log
class Masked:
    """The node's outputs with their zero sharing, its share of the blinding and of Z_0, Z_1 …"""

    outputs: bytes
    blinding: Blinding
    z: tuple[int, ...]


def _masked(
    backend: Backend, statement: Statement, columns: Sequence[bytes], packages: Sequence[DealerPackage]
) -> Masked:
    """M'(k) = M(k) + the dealers' sharings of zero; mu(k) and Z(k) are sums over the dealers."""
    vectors = [inner_product.gram_outputs(backend, statement, columns)]
    vectors += [package.zero for package in packages]
    return Masked(
        outputs=backend.vec_combine(vectors, [1] * len(vectors)),
        blinding=Blinding(
            sum(package.mu for package in packages) % R,
            sum(package.mu_tau for package in packages) % R,
        ),
        z=tuple(sum(parts) % R for parts in zip(*(package.z for package in packages), strict=True)),
    )


def _randomisers(key: ProvingKey, r: int, s: int) -> Randomisers:
    backend = key.backend
    return Randomisers(
        r=backend.g1_mul(key.delta1, r),
        s=backend.g1_mul(key.delta1, s),
        s2=backend.g2_mul(key.verifying.delta2, s),
    )


@timed
def round1(
    key: ProvingKey, statement: Statement, packages: Sequence[DealerPackage], random: Random | None = None
) -> Round1:
    """F_M(k) (or M'(k) of a public job), R_k, S_k, S2_k; the consumer's share; the state for round 2."""
    source = random or OsRandom()
    columns = share_columns(key, statement, packages)
    context, seat = packages[0].context, packages[0].seat
    if context.output_count != statement.output_count or context.setup_id != key.setup_id:
        raise ContextMismatch("the packages were dealt for another statement or setup")
    masked = _masked(key.backend, statement, columns, packages)
    r, s = draw_scalar(source), draw_scalar(source)
    share = None
    if context.is_sealed:
        share = ResultShare(context, seat, masked.outputs, masked.blinding.mu, masked.blinding.mu_tau)
    result = _own_result(key, context, masked)
    message = Round1Message(seat, result, _randomisers(key, r, s))
    return Round1(message, share, NodeState(context, seat, r, s))


@timed
def refresh(
    key: ProvingKey, state: NodeState, message: Round1Message, random: Random | None = None
) -> Round1:
    """Fresh randomisers for another answering set of the same attempt; result and challenge stay."""
    source = random or OsRandom()
    r, s = draw_scalar(source), draw_scalar(source)
    fresh = replace(message, randomisers=_randomisers(key, r, s))
    return Round1(fresh, None, replace(state, r=r, s=s, answering=()))


@timed
def round2(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    packages: Sequence[DealerPackage],
    state: NodeState,
    answers: Sequence[Round1Message],
) -> Round2:
    """C_k = lambda_k (core(p_k, q_k, y_k) - mu(k) [eta/delta]1 + Z(k) G1) + s_k left + r_k right + s_k R;
    and Y, P, pi of the masked outputs, times lambda_k.

    ``answers``: round 1 of the whole answering set, this node included. Raises AnswersInconsistent if the
    node's own answer is not what it sent, StaleRandomisers (see the module docstring).
    """
    columns = share_columns(key, statement, packages)
    if (packages[0].context, packages[0].seat) != (state.context, state.seat):
        raise ContextMismatch("the packages are not those of this node's round 1")
    if context.job_id != state.context.job_id:
        raise ContextMismatch("the job's context is not the one that the packages were dealt for")
    combined = combine_round1(key, context, statement, answers, is_sealed=state.context.is_sealed)
    masked = _masked(key.backend, statement, columns, packages)
    _check_own_answer(key, state, masked, answers)
    used = _use_once(state, combined)
    binding = weighted_binding(key, combined, masked, state.seat)
    c = contribution(key, combined, columns, masked, state)
    return Round2(Round2Message(state.seat, combined.bound.challenge, combined.answers, c, binding), used)


def _check_own_answer(
    key: ProvingKey, state: NodeState, masked: Masked, answers: Sequence[Round1Message]
) -> None:
    """The randomisers and the result in the answering set under this seat are the node's own."""
    own = [answer for answer in answers if answer.seat == state.seat]
    if (
        len(own) != 1
        or own[0].randomisers.r != key.backend.g1_mul(key.delta1, state.r)
        or own[0].result != _own_result(key, state.context, masked)
    ):
        raise AnswersInconsistent("the answering set does not hold this node's own round 1 as it was sent")


def _own_result(key: ProvingKey, context: DealContext, masked: Masked) -> SealedResult | PublicResult:
    if context.is_sealed:
        return SealedResult(inner_product.result_commitment(key, masked.outputs, masked.blinding))
    return PublicResult(scalars_of(masked.outputs))


def _use_once(state: NodeState, combined: CombinedRound1) -> NodeState:
    challenge = combined.bound.challenge
    if state.challenge not in (0, challenge):
        raise StaleRandomisers("this attempt answered another challenge already; deal a new attempt")
    if state.answering not in ((), combined.seats):
        raise StaleRandomisers("the randomisers were used with another answering set; refresh them first")
    return replace(state, challenge=challenge, answering=combined.seats)


def weighted_binding(
    key: ProvingKey, combined: CombinedRound1, masked: Masked, seat: int
) -> ResultBinding | None:
    """lambda_k times Y, P and pi of the masked outputs."""
    if not combined.bound.is_sealed:
        return None
    weight = combined.weights[seat]
    outputs = key.backend.vec_scale(masked.outputs, weight)
    blinding = Blinding(masked.blinding.mu * weight % R, masked.blinding.mu_tau * weight % R)
    return inner_product.bind_result(key, outputs, blinding, combined.bound.challenge)


def contribution(
    key: ProvingKey,
    combined: CombinedRound1,
    columns: Sequence[bytes],
    masked: Masked,
    state: NodeState,
) -> bytes:
    """C_k. The core is built on the unmasked y_k = <p_k, q_k>: the masks are gone at 0."""
    backend, bound = key.backend, combined.bound
    p, q = inner_product.combine_columns(backend, bound, columns)
    y = backend.vec_inner(inner_product.data_rows(p), inner_product.data_rows(q))
    core = inner_product.core(key, p, q, y, bound.job)
    weight = combined.weights[state.seat]
    points = (
        core
        + key.eta_delta
        + backend.g1_generator()
        + inner_product.left_point(key, bound)
        + inner_product.right_point(key, bound)
        + combined.r
    )
    scalars = (
        weight,
        -weight * masked.blinding.at(bound.challenge) % R,
        weight * evaluate_at(masked.z, bound.challenge) % R,
        state.s,
        state.r,
        state.s,
    )
    return backend.g1_msm(points, b"".join(map(scalar_bytes, scalars)))
