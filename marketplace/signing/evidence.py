"""What the contract ``Evidence`` convicts by: messages that sign points as the chain reads them.

Points are the proof system's bytes, which are those of the ABI: 64 of G1 and 128 of G2 (EIP-196, EIP-197).
docs/adr/0010-what-parties-answer-for.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from marketplace.signing.eip712 import DealtShares, OwnStatement, ResultBinding

__all__ = ["dealt_shares", "own_statement", "points_hash", "result_binding"]


def points_hash(points: Sequence[bytes]) -> str:
    """keccak256(abi.encode(G1[])) of points of G1."""
    words = [
        (int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")) for point in map(bytes, points)
    ]
    return _hash(encode(["(uint256,uint256)[]"], [words]))


def result_binding(
    *, job_id: str, attempt: int, seat: int, weight: int, challenge: int, points: Sequence[bytes]
) -> ResultBinding:
    """``points``: F_M(k), Y, P and pi of the seat, the last three weighted with lambda_k = ``weight``."""
    return ResultBinding(job_id, attempt, seat, weight, challenge, _hash(b"".join(points)))


def own_statement(
    *, job_id: str, attempt: int, seat: int, slopes: Sequence[bytes], proof: Sequence[bytes]
) -> OwnStatement:
    """``slopes``: F_s1 of columns 1, 2, …; ``proof``: A, B, C, F_M, Y, P, pi of the own share statement."""
    return OwnStatement(job_id, attempt, seat, points_hash(slopes), _hash(b"".join(proof)))


def dealt_shares(
    *, job_id: str, attempt: int, seat: int, slopes: Sequence[bytes], shares: Sequence[bytes]
) -> DealtShares:
    """``slopes``: F_s1 of the dealer's columns, in the job's order; ``shares``: what commits to shares."""
    return DealtShares(job_id, attempt, seat, points_hash(slopes), points_hash(shares))


def _hash(content: bytes) -> str:
    return "0x" + keccak(content).hex()
