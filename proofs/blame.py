"""Who broke a job whose combined proof does not verify. PROTOCOL, *Sharing and the nodes*, last paragraph.

1. ``check_binding`` tests each node's Y, P, pi against its own F_M(k): public values, no further message.
2. Dealers publish commitments to the slopes of their columns; F(k) = F + k F_s1 + … commits to seat k's
   share. A node whose share does not open F(k) accuses its dealer, else it proves its own share statement.
3. ``contribution_agrees`` compares the C_k of a failed set with the answers of a set that did verify: all
   unmasked contributions lie on one polynomial of degree g t.

An own share statement shows that a node holds right shares and can prove; that its earlier C_k was wrong
is shown by step 3. Publishing a share in the clear would cost one node of the threshold, so an accusation
carries the commitment of the share that was received; the package is disclosed to the arbiter only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proofs import formats, inner_product, prover, verifier
from proofs.backend.base import G1_BYTES, Backend, Buffer
from proofs.clock import timed
from proofs.columns import commit
from proofs.coordinator import CombinedRound1
from proofs.errors import (
    AnswersInconsistent,
    ContextMismatch,
    MalformedInput,
    PairingFailed,
    ProofSystemError,
    ShareMismatch,
)
from proofs.field import R
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey, VerifyingKey
from proofs.messages import Randomisers, Round1Message, Round2Message
from proofs.node import share_columns
from proofs.proof import Proof
from proofs.randomness import Random
from proofs.sharing import DealerPackage, Dealing, lagrange_at
from proofs.statement import BoundStatement, JobContext, SealedResult, Statement

__all__ = [
    "Accusation",
    "Answered",
    "Fault",
    "OwnStatement",
    "SlopeCommitment",
    "answer_blame",
    "check_binding",
    "check_share",
    "commit_slopes",
    "confirm_accusation",
    "contribution_agrees",
    "judge",
    "seat_statement",
    "verify_own_statement",
]


@dataclass(frozen=True)
class SlopeCommitment:
    """F_s1 … F_st of one dealt column."""

    position: int
    coefficients: tuple[bytes, ...]

    def document(self) -> dict[str, object]:
        return {
            "position": self.position,
            "coefficients": [formats.to_hex(point) for point in self.coefficients],
        }

    @classmethod
    def from_document(cls, document: object, where: str = "slope") -> SlopeCommitment:
        fields = formats.mapping(document, ("position", "coefficients"), where)
        points = formats.sequence(fields["coefficients"], f"{where}.coefficients")
        return cls(
            position=formats.integer(fields["position"], f"{where}.position", 1, 4096),
            coefficients=tuple(formats.from_hex(p, f"{where}.coefficients", G1_BYTES) for p in points),
        )


@dataclass(frozen=True)
class OwnStatement:
    """A node's freshly randomised proof of the Gram matrix of its shares, against F(k)."""

    seat: int
    result: SealedResult
    proof: Proof

    def document(self) -> dict[str, object]:
        return formats.result_document(self.result) | formats.proof_document(self.proof)

    @classmethod
    def from_document(cls, document: object, seat: int) -> OwnStatement:
        where = f"own statement of seat {seat}"
        fields = formats.mapping(document, ("F_M", "A", "B", "C", "Y", "P", "pi"), where)
        result = formats.result_from({"F_M": fields["F_M"]}, where)
        assert isinstance(result, SealedResult)  # it has F_M
        points = {name: fields[name] for name in ("A", "B", "C", "Y", "P", "pi")}
        return cls(seat, result, formats.proof_from(points, where))


@dataclass(frozen=True)
class Accusation:
    """Seat k says that the share of one column opens another commitment than F(k)."""

    seat: int
    position: int
    received: bytes
    """Commitment of the share that the dealer's package holds."""

    def document(self) -> dict[str, object]:
        return {"position": self.position, "received": formats.to_hex(self.received)}

    @classmethod
    def from_document(cls, document: object, seat: int) -> Accusation:
        where = f"accusation of seat {seat}"
        fields = formats.mapping(document, ("position", "received"), where)
        position = formats.integer(fields["position"], f"{where}.position", 1, 4096)
        return cls(seat, position, formats.from_hex(fields["received"], f"{where}.received", G1_BYTES))


@dataclass(frozen=True)
class Fault:
    """``party`` is ``dealer`` (then ``position`` names its column) or ``node`` (then ``seat``)."""

    party: str
    seat: int
    position: int | None
    reason: str


# dealer ----------------------------------------------------------------------------------------


def commit_slopes(key: ProvingKey, dealing: Dealing) -> list[SlopeCommitment]:
    """Commitments to the slopes that ``dealing`` derives from its seed."""
    return [
        SlopeCommitment(position, tuple(key.lagrange.msm(slope) for slope in dealing.slopes(position)))
        for position in dealing.positions
    ]


def seat_statement(
    backend: Backend, statement: Statement, slopes: Sequence[SlopeCommitment], seat: int
) -> Statement:
    """The statement about seat k's shares: F(k) = F + k F_s1 + … in place of F; ``ones`` stays.

    Raises AnswersInconsistent unless the slopes of every dealt column are given exactly once.
    """
    positions = sorted(slope.position for slope in slopes)
    if positions != list(range(1, len(statement.columns))):
        raise AnswersInconsistent(
            f"slopes of columns {positions} given; each of 1 … {len(statement.columns) - 1} is needed once"
        )
    columns = list(statement.columns)
    for slope in slopes:
        points = columns[slope.position] + b"".join(slope.coefficients)
        powers = [pow(seat, i, R) for i in range(1 + len(slope.coefficients))]
        columns[slope.position] = backend.g1_msm(points, b"".join(map(scalar_bytes, powers)))
    return replace(statement, columns=tuple(columns))


# node ------------------------------------------------------------------------------------------


def check_share(key: ProvingKey, commitment: bytes, share: Buffer) -> None:
    """ShareMismatch unless the share opens F(k)."""
    if key.lagrange.msm(share) != commitment:
        raise ShareMismatch("the share does not open the commitment that its dealer published")


@timed
def answer_blame(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    packages: Sequence[DealerPackage],
    slopes: Sequence[SlopeCommitment],
    random: Random | None = None,
) -> OwnStatement | Accusation:
    """The node's answer: its own statement, or an accusation of the first dealer whose share is wrong."""
    seat = packages[0].seat if packages else 0
    shares = share_columns(key, statement, packages)
    own = seat_statement(key.backend, statement, slopes, seat)
    for position in range(1, len(shares)):
        try:
            check_share(key, own.columns[position], shares[position])
        except ShareMismatch:
            return Accusation(seat, position, key.lagrange.msm(shares[position]))
    commitments = [commit(key, share) for share in shares]
    proven = prover.prove_sealed(key, context, own, shares, commitments, random)
    assert isinstance(proven.result, SealedResult)  # by prove_sealed
    return OwnStatement(seat, proven.result, proven.proof)


# judge -----------------------------------------------------------------------------------------


def verify_own_statement(
    backend: Backend,
    key: VerifyingKey,
    context: JobContext,
    statement: Statement,
    slopes: Sequence[SlopeCommitment],
    answer: OwnStatement,
) -> None:
    """Raises as ``verifier.verify_statement`` does unless the proof shows the node's own share statement."""
    own = seat_statement(backend, statement, slopes, answer.seat)
    verifier.verify_statement(backend, key, BoundStatement(context, own, answer.result), answer.proof)


def confirm_accusation(
    key: ProvingKey,
    statement: Statement,
    slopes: Sequence[SlopeCommitment],
    accusation: Accusation,
    package: DealerPackage,
) -> bool:
    """Whether the disclosed package (its hash signed by the dealer, checked by the caller) is at fault.

    False: the share does open F(k), so the accusing node is at fault. Raises ContextMismatch if the package
    is not the accused one.
    """
    if package.seat != accusation.seat or accusation.position not in package.columns:
        raise ContextMismatch("the disclosed package is not the one that was accused")
    own = seat_statement(key.backend, statement, slopes, accusation.seat)
    return key.lagrange.msm(package.columns[accusation.position]) != own.columns[accusation.position]


def check_binding(
    key: ProvingKey, combined: CombinedRound1, round1: Round1Message, round2: Round2Message
) -> None:
    """PairingFailed unless the node's Y, P and pi belong to its F_M(k), all weighted with lambda_k.

    e(P, G2) = e(Y, [kappa']2) and e(lambda F_M(k) - Y + z pi, G2) = e(pi, [tau]2): the sealed checks of
    PROTOCOL, *Gram matrix*, for one node. Nothing is to be checked of a public job.
    """
    if round2.binding is None or not isinstance(round1.result, SealedResult):
        return
    backend, binding, verifying = key.backend, round2.binding, key.verifying
    weight = combined.weights[round1.seat]
    points = round1.result.commitment + binding.y + binding.pi
    scalars = (weight, R - 1, combined.bound.challenge)
    tied = backend.g1_msm(points, b"".join(map(scalar_bytes, scalars)))
    g2 = backend.g2_generator()
    if not backend.pairing_product_is_one(binding.p + backend.g1_neg(binding.y), g2 + verifying.kappa_prime2):
        raise PairingFailed(f"P of seat {round1.seat} does not belong to its Y")
    if not backend.pairing_product_is_one(tied + backend.g1_neg(binding.pi), g2 + verifying.tau2):
        raise PairingFailed(f"pi of seat {round1.seat} does not open its F_M at z to its Y")


@dataclass(frozen=True)
class Answered:
    """One answering set's public messages, by seat."""

    combined: CombinedRound1
    randomisers: Mapping[int, Randomisers]
    messages: Mapping[int, Round2Message]


def contribution_agrees(
    key: ProvingKey, columns_g2: Sequence[bytes], proven: Answered, failed: Answered, seat: int
) -> bool:
    """Whether seat's C_k of the failed set lies on the polynomial of the set whose proof verified.

    With C_k = lambda_k X_k + s_k (left + R) + r_k right, e(X_k, [delta]2) follows from public values, and
    X is a polynomial of degree g t in k. Raises MalformedInput if the sets answered different challenges.
    """
    if proven.combined.bound.challenge != failed.combined.bound.challenge:
        raise MalformedInput("the two sets answered different challenges and cannot be compared")
    backend, bound = key.backend, proven.combined.bound
    weights = lagrange_at(proven.combined.seats, seat)
    terms = [(proven, k, weights[k]) for k in proven.combined.seats] + [(failed, seat, R - 1)]
    left = inner_product.left_point(key, bound)
    right_g2 = inner_product.right_point_g2(key, bound, columns_g2)
    contributions, randomisers, scalars = b"", b"", b""
    g1, g2 = b"", b""
    for answered, k, weight in terms:
        factor = weight * pow(answered.combined.weights[k], -1, R) % R
        contributions += answered.messages[k].c
        randomisers += answered.randomisers[k].r
        scalars += scalar_bytes(factor)
        g1 += backend.g1_mul(backend.g1_sum(left + answered.combined.r), -factor % R)
        g2 += answered.randomisers[k].s2
    g1 += backend.g1_msm(contributions, scalars) + backend.g1_neg(backend.g1_msm(randomisers, scalars))
    return backend.pairing_product_is_one(g1, g2 + key.verifying.delta2 + right_g2)


def judge(
    backend: Backend,
    key: VerifyingKey,
    context: JobContext,
    statement: Statement,
    slopes: Sequence[SlopeCommitment],
    answers: Mapping[int, OwnStatement | Accusation | None],
) -> list[Fault]:
    """Faults that the answers of step 2 show. None stands for a node that did not answer in time.

    An accusation names the dealer until the disclosed package says otherwise (``confirm_accusation``).
    """
    faults = []
    for seat, answer in sorted(answers.items()):
        if answer is None:
            faults.append(Fault("node", seat, None, "did not answer"))
        elif answer.seat != seat:
            faults.append(Fault("node", seat, None, "answered for another seat"))
        elif isinstance(answer, Accusation):
            faults.append(_weigh_accusation(backend, statement, slopes, answer))
        else:
            try:
                verify_own_statement(backend, key, context, statement, slopes, answer)
            except ProofSystemError as error:
                faults.append(Fault("node", seat, None, str(error)))
    return faults


def _weigh_accusation(
    backend: Backend, statement: Statement, slopes: Sequence[SlopeCommitment], answer: Accusation
) -> Fault:
    """An accusation of a share that opens F(k) by the node's own words is the node's fault."""
    if answer.position >= len(statement.columns):
        return Fault("node", answer.seat, None, "accuses a column that the job does not have")
    own = seat_statement(backend, statement, slopes, answer.seat)
    if own.columns[answer.position] == answer.received:
        return Fault("node", answer.seat, answer.position, "accuses a share that opens its commitment")
    return Fault("dealer", answer.seat, answer.position, "dealt a share that does not open F(k)")
