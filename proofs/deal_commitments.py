"""What a dealer publishes of its deal after a combined proof failed: commitments to everything that it dealt.

docs/adr/0008: the slopes of its columns in both groups, so that F(k) = F + k F_s1 + … commits to the share of
seat k, and for the failed set's z the coefficients V_1 … V_gt of

    V(k) = zeta(k) [L_0]1 + Z(k) [delta]1,    zeta(k) = sum z^i zero_i(k),

which has no constant one because zeta and Z are sharings of zero. Every F_s hides its slopes by their two
random blinding rows, every V_c hides zeta's coefficient by that of Z, perfectly. Z masks a single V, so a
dealer commits for one z in an attempt and refuses any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from proofs import formats, hashing
from proofs.backend.base import G1_BYTES, G2_BYTES, Backend
from proofs.batch import Relation, require_all
from proofs.clock import timed
from proofs.errors import AnswersInconsistent, ContextMismatch, ShareMismatch
from proofs.field import R
from proofs.inner_product import evaluate_outputs, scalar_bytes
from proofs.keys import ProvingKey
from proofs.sharing import DealContext, DealerPackage, Dealing
from proofs.statement import Statement, canonical_json

__all__ = [
    "DealerCommitments",
    "SlopeCommitment",
    "check_package",
    "check_shape",
    "check_slopes",
    "commit_deal",
    "powers_of_seat",
    "seat_statement",
]


@dataclass(frozen=True)
class SlopeCommitment:
    """F_s1 … F_st of one dealt column, in G1 and in G2."""

    position: int
    coefficients: tuple[bytes, ...]
    coefficients_g2: tuple[bytes, ...]

    def document(self) -> dict[str, object]:
        return {
            "position": self.position,
            "coefficients": list(map(formats.to_hex, self.coefficients)),
            "coefficients_g2": list(map(formats.to_hex, self.coefficients_g2)),
        }

    @classmethod
    def from_document(cls, document: object, where: str = "slope") -> SlopeCommitment:
        fields = formats.mapping(document, ("position", "coefficients", "coefficients_g2"), where)
        return cls(
            position=formats.integer(fields["position"], f"{where}.position", 1, 4096),
            coefficients=_points(fields["coefficients"], f"{where}.coefficients", G1_BYTES),
            coefficients_g2=_points(fields["coefficients_g2"], f"{where}.coefficients_g2", G2_BYTES),
        )


@dataclass(frozen=True)
class DealerCommitments:
    """Everything that one dealer dealt in one attempt, committed for the challenge z of its failed set."""

    challenge: int
    slopes: tuple[SlopeCommitment, ...]
    masks: tuple[bytes, ...]
    """V_1 … V_gt."""

    def document(self) -> dict[str, object]:
        return {
            "z": formats.to_hex(scalar_bytes(self.challenge)),
            "slopes": [slope.document() for slope in self.slopes],
            "masks": list(map(formats.to_hex, self.masks)),
        }

    @classmethod
    def from_document(cls, document: object, where: str = "commitments") -> DealerCommitments:
        fields = formats.mapping(document, ("z", "slopes", "masks"), where)
        slopes = formats.sequence(fields["slopes"], f"{where}.slopes")
        return cls(
            challenge=formats.scalar_from(fields["z"], f"{where}.z"),
            slopes=tuple(SlopeCommitment.from_document(slope, f"{where}.slopes") for slope in slopes),
            masks=_points(fields["masks"], f"{where}.masks", G1_BYTES),
        )

    @cached_property
    def digest(self) -> bytes:
        """keccak256 of the canonical JSON: the content hash that the dealer signs."""
        return hashing.keccak256(canonical_json(self.document()))

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(slope.position for slope in self.slopes)


def _points(values: object, where: str, size: int) -> tuple[bytes, ...]:
    return tuple(formats.from_hex(point, where, size) for point in formats.sequence(values, where))


@timed
def commit_deal(key: ProvingKey, dealing: Dealing, challenge: int) -> DealerCommitments:
    """What the dealer of ``dealing`` publishes for the challenge of its attempt's failed set."""
    slopes = []
    for position in dealing.positions:
        vectors = dealing.slopes(position)
        in_g1 = tuple(key.lagrange.msm(vector) for vector in vectors)
        in_g2 = tuple(key.lagrange_g2.msm(vector) for vector in vectors)
        slopes.append(SlopeCommitment(position, in_g1, in_g2))
    masks = tuple(_mask_point(key, zeta, z) for zeta, z in dealing.masks_at(challenge))
    return DealerCommitments(challenge, tuple(slopes), masks)


def _mask_point(key: ProvingKey, zeta: int, z: int) -> bytes:
    return key.backend.g1_msm(key.verifying.l0 + key.delta1, scalar_bytes(zeta) + scalar_bytes(z))


# checks ----------------------------------------------------------------------------------------


def check_shape(commitments: DealerCommitments, context: DealContext, positions: Sequence[int]) -> None:
    """AnswersInconsistent unless there are t slopes of exactly these columns, rising, and g t masks."""
    if commitments.positions != tuple(sorted(positions)):
        raise AnswersInconsistent(
            f"slopes of columns {list(commitments.positions)} given, those of {sorted(positions)} are needed"
        )
    for slope in commitments.slopes:
        if {len(slope.coefficients), len(slope.coefficients_g2)} != {context.threshold}:
            raise AnswersInconsistent(f"column {slope.position} has {context.threshold} slopes in each group")
    if len(commitments.masks) != context.mask_degree:
        raise AnswersInconsistent(f"{len(commitments.masks)} masks given, {context.mask_degree} are needed")


def check_slopes(backend: Backend, commitments: DealerCommitments) -> None:
    """PairingFailed unless both groups commit to the same slopes: e(F_s, G2) = e(G1, F2_s)."""
    minus_generator = backend.g1_neg(backend.g1_generator())
    require_all(
        backend,
        [
            Relation(f"slopes of column {slope.position}", f + minus_generator, backend.g2_generator() + f2)
            for slope in commitments.slopes
            for f, f2 in zip(slope.coefficients, slope.coefficients_g2, strict=True)
        ],
    )


def check_package(
    key: ProvingKey, statement: Statement, commitments: DealerCommitments, package: DealerPackage
) -> None:
    """ShareMismatch unless the package's shares open F(k) and its masks V(k); ContextMismatch if it deals
    other columns than the commitments.
    """
    if sorted(package.columns) != sorted(commitments.positions):
        raise ContextMismatch("package and commitments are of different columns")
    for slope in commitments.slopes:
        expected = _seat_point(key.backend, statement, slope, package.seat)
        if key.lagrange.msm(package.columns[slope.position]) != expected:
            raise ShareMismatch(f"the share of column {slope.position} does not open F({package.seat})")
    zeta = evaluate_outputs(key.backend, package.zero, commitments.challenge)
    powers = powers_of_seat(package.seat, len(commitments.masks))
    expected = key.backend.g1_msm(b"".join(commitments.masks), b"".join(map(scalar_bytes, powers)))
    if _mask_point(key, zeta, package.mask(commitments.challenge)) != expected:
        raise ShareMismatch(f"the sharings of zero do not open V({package.seat})")


def powers_of_seat(seat: int, count: int) -> list[int]:
    """k, k^2 … k^count."""
    return [pow(seat, i, R) for i in range(1, count + 1)]


def _seat_point(backend: Backend, statement: Statement, slope: SlopeCommitment, seat: int) -> bytes:
    points = statement.columns[slope.position] + b"".join(slope.coefficients)
    powers = [1, *powers_of_seat(seat, len(slope.coefficients))]
    return backend.g1_msm(points, b"".join(map(scalar_bytes, powers)))


def seat_statement(
    backend: Backend, statement: Statement, slopes: Sequence[SlopeCommitment], seat: int
) -> Statement:
    """The statement about seat k's shares: F(k) = F + k F_s1 + … in place of F; ``ones`` stays.

    Raises AnswersInconsistent unless the slopes of every dealt column are given exactly once.
    """
    require_all_slopes(statement, slopes)
    columns = list(statement.columns)
    for slope in slopes:
        columns[slope.position] = _seat_point(backend, statement, slope, seat)
    return replace(statement, columns=tuple(columns))


def require_all_slopes(statement: Statement, slopes: Sequence[SlopeCommitment]) -> None:
    """AnswersInconsistent unless the slopes of every dealt column are given exactly once."""
    positions = sorted(slope.position for slope in slopes)
    if positions != list(range(1, len(statement.columns))):
        raise AnswersInconsistent(
            f"slopes of columns {positions} given; each of 1 … {len(statement.columns) - 1} is needed once"
        )
