"""Who broke a job whose combined proof does not verify. PROTOCOL, *Sharing and the nodes*; docs/adr/0008.

1. ``check_binding`` tests each node's Y, P, pi against its own F_M(k): public values, no further message.
2. Dealers commit to what they dealt (``proofs.deal_commitments``). ``check_contribution`` then tests each
   C_k by one pairing product of public values. If every seat of the set passes 1 and 2, the combined proof
   verifies, whatever the dealers published; so a seat fails.
3. The node of a failing seat either accuses a dealer whose package does not open the commitments, or has
   nothing to say for itself but its own share statement: then the node is at fault.
4. An accused dealer opens the package to the market, whose ciphertext it signed: ``check_package`` decides.

A node whose packages open the commitments and that answers as PROTOCOL says passes 1 and 2 always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofs import formats, inner_product, prover, verifier
from proofs.backend.base import G1_BYTES, Backend
from proofs.clock import timed
from proofs.columns import ColumnCommitment, commit
from proofs.coordinator import CombinedRound1
from proofs.deal_commitments import (
    DealerCommitments,
    SlopeCommitment,
    check_package,
    powers_of_seat,
    require_all_slopes,
    seat_statement,
)
from proofs.errors import AnswersInconsistent, PairingFailed, ShareMismatch
from proofs.field import R
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey, VerifyingKey
from proofs.messages import Round1Message, Round2Message
from proofs.node import share_columns
from proofs.proof import Proof
from proofs.randomness import Random
from proofs.sharing import DealerPackage
from proofs.statement import BoundStatement, JobContext, PublicResult, SealedResult, Statement

__all__ = [
    "Accusation",
    "OwnStatement",
    "answer_blame",
    "check_binding",
    "check_contribution",
    "verify_own_statement",
]


@dataclass(frozen=True)
class OwnStatement:
    """A node's freshly randomised proof of the Gram matrix of its shares, against F(k).

    A node that gives one accuses no dealer. The contract Evidence can convict it if the proof is false.
    """

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
    """Seat k says that the package that deals column ``position`` does not open its dealer's commitments."""

    seat: int
    position: int
    """The first column of the accused package."""
    commitments: bytes
    """``DealerCommitments.digest`` of those that were compared."""

    def document(self) -> dict[str, object]:
        return {"position": self.position, "commitments": formats.to_hex(self.commitments)}

    @classmethod
    def from_document(cls, document: object, seat: int) -> Accusation:
        where = f"accusation of seat {seat}"
        fields = formats.mapping(document, ("position", "commitments"), where)
        position = formats.integer(fields["position"], f"{where}.position", 1, 4096)
        return cls(seat, position, formats.from_hex(fields["commitments"], f"{where}.commitments", 32))


# node ------------------------------------------------------------------------------------------


@timed
def answer_blame(
    key: ProvingKey,
    context: JobContext,
    statement: Statement,
    packages: Sequence[DealerPackage],
    commitments: Sequence[DealerCommitments],
    random: Random | None = None,
) -> OwnStatement | Accusation:
    """The node's answer: its own statement, or an accusation of the first dealer whose package is wrong.

    Raises AnswersInconsistent unless there are commitments of exactly the packages' columns.
    """
    shares = share_columns(key, statement, packages)
    by_columns = {published.positions: published for published in commitments}
    for package in packages:
        published = by_columns.get(tuple(sorted(package.columns)))
        if published is None:
            raise AnswersInconsistent(f"no commitments for the package of columns {sorted(package.columns)}")
        try:
            check_package(key, statement, published, package)
        except ShareMismatch:
            return Accusation(package.seat, min(package.columns), published.digest)
    own = seat_statement(key.backend, statement, _slopes(commitments), packages[0].seat)
    committed = [commit(key, share) for share in shares]
    proven = prover.prove_sealed(key, context, own, shares, committed, random)
    assert isinstance(proven.result, SealedResult)  # by prove_sealed
    return OwnStatement(packages[0].seat, proven.result, proven.proof)


def _slopes(commitments: Sequence[DealerCommitments]) -> list[SlopeCommitment]:
    return [slope for published in commitments for slope in published.slopes]


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


def check_contribution(
    key: ProvingKey,
    combined: CombinedRound1,
    columns: Sequence[ColumnCommitment],
    dealt: Sequence[DealerCommitments],
    round1: Round1Message,
    round2: Round2Message,
) -> None:
    """PairingFailed unless C_k is what PROTOCOL, round 2, prescribes for shares that open F(k) and masks
    that open V(k); ``columns`` are the job's, ``dealt`` every dealer's. docs/adr/0008:

        e(C_k, [delta]2) e(Y_k - lambda_k V(k), G2) =
            e(left + R, S2_k) e(R_k, right) e(lambda_k (F_p(k) + job [L]1), F2_q(k) + job [L]2)

    with Y_k = lambda_k y'_k [L_0]1 of a public job. Raises AnswersInconsistent unless the dealers committed
    to every column once, for this challenge, and the node answered this very round 1.
    """
    backend, bound, seat = key.backend, combined.bound, round1.seat
    slopes = _slopes(dealt)
    require_all_slopes(bound.statement, slopes)
    if any(published.challenge != bound.challenge for published in dealt):
        raise AnswersInconsistent("a dealer committed for another challenge than the set's")
    if round2.answers != combined.answers:
        raise AnswersInconsistent(f"seat {seat} answered another round 1: this is no evidence against it")
    weight = combined.weights[seat]
    left = inner_product.left_point(key, bound) + combined.r
    left_k = _share_point(backend.g1_msm, bound, key.job_row1, bound.statement.columns, slopes, seat)
    right_k = _share_point(
        backend.g2_msm, bound, key.job_row2, [column.f2 for column in columns], slopes, seat
    )
    g1 = (
        round2.c
        + backend.g1_sum(_result_point(key, combined, round1, round2) + _mask_point(key, dealt, seat, weight))
        + backend.g1_neg(backend.g1_sum(left) + round1.randomisers.r)
        + backend.g1_mul(left_k, R - weight)
    )
    right = inner_product.right_point_g2(key, bound, [column.f2 for column in columns])
    g2 = key.verifying.delta2 + backend.g2_generator() + round1.randomisers.s2 + right + right_k
    if not backend.pairing_product_is_one(g1, g2):
        raise PairingFailed(f"C of seat {seat} is not the contribution that its shares and masks prescribe")


def _share_point(
    msm: Callable[[bytes, bytes], bytes],
    bound: BoundStatement,
    job_row: bytes,
    columns: Sequence[bytes],
    slopes: Sequence[SlopeCommitment],
    seat: int,
) -> bytes:
    """F_p(k) + job [L]1, or F2_q(k) + job [L]2: the weights are the job's, the columns the seat's shares."""
    in_g1 = len(job_row) == G1_BYTES
    weights = bound.weights.left if in_g1 else bound.weights.right
    points, scalars = [job_row, *columns], [bound.job, *weights]
    for slope in slopes:
        coefficients = slope.coefficients if in_g1 else slope.coefficients_g2
        points += coefficients
        scalars += [weights[slope.position] * k % R for k in powers_of_seat(seat, len(coefficients))]
    return msm(b"".join(points), b"".join(map(scalar_bytes, scalars)))


def _result_point(
    key: ProvingKey, combined: CombinedRound1, round1: Round1Message, round2: Round2Message
) -> bytes:
    """Y_k; of a public job lambda_k y'_k [L_0]1 from the outputs that the node published."""
    if isinstance(round1.result, PublicResult):
        outputs = b"".join(map(scalar_bytes, round1.result.outputs))
        y = inner_product.evaluate_outputs(key.backend, outputs, combined.bound.challenge)
        return key.backend.g1_mul(key.verifying.l0, y * combined.weights[round1.seat] % R)
    if round2.binding is None:
        raise AnswersInconsistent(f"seat {round2.seat} answered round 2 of another kind of job")
    return round2.binding.y


def _mask_point(key: ProvingKey, dealt: Sequence[DealerCommitments], seat: int, weight: int) -> bytes:
    """- lambda_k V(k), V the sum over the dealers."""
    points = b"".join(point for published in dealt for point in published.masks)
    powers = [k for published in dealt for k in powers_of_seat(seat, len(published.masks))]
    return key.backend.g1_msm(points, b"".join(scalar_bytes((R - weight) * k % R) for k in powers))
