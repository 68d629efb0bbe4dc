"""Schnorr proofs that a step knows the factor between a principal point and the one before it.

For old point P and new point x·P: R = k·P, c = H(statement, scalar, P, x·P, R), s = k + c·x; the check is
s·P = R + c·(x·P). The statement is the digest of the whole step, which names the hash of the step before,
the contributor and every file: a proof fits no other step, name or list of points. It is zero-knowledge and
shows nothing but the two points, in whichever group they are.

Sources: Schnorr, J. Cryptology 1991; Fiat-Shamir with the statement hashed (Bernhard-Pereira-Warinschi,
eprint 2016/771); straight-line extraction from Schnorr proofs in the algebraic group model
(Fuchsbauer-Plouviez-Seurin, eprint 2019/877).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from proofs.backend.base import SCALAR_BYTES, Backend
from proofs.ceremony.errors import ContributionInvalid
from proofs.ceremony.scalars import G
from proofs.errors import NonCanonicalScalar, WrongLength
from proofs.field import R
from proofs.randomness import Random, draw_scalar

__all__ = ["Knowledge", "Update"]

_TAG = b"hengsuan/ceremony/knowledge/v1"


@dataclass(frozen=True)
class Knowledge:
    """R and s."""

    commitment: bytes
    response: int


@dataclass(frozen=True)
class Update:
    """One scalar's principal point before and after a step, and the digest of the step."""

    scalar: str
    group: G
    before: bytes
    after: bytes
    statement: bytes

    def prove(self, backend: Backend, secret: int, random: Random) -> Knowledge:
        nonce = draw_scalar(random)
        commitment = self.group.multiply(backend, self.before, nonce)
        return Knowledge(commitment, (nonce + self._challenge(commitment) * secret) % R)

    def check(self, backend: Backend, knowledge: Knowledge) -> None:
        """A MalformedInput for a bad point or scalar, ContributionInvalid if the equation fails."""
        if len(knowledge.commitment) != self.group.size:
            raise WrongLength(f"the proof of {self.scalar} has a commitment outside {self.group.name}")
        self.group.check(backend, knowledge.commitment)
        if not 0 <= knowledge.response < R:
            raise NonCanonicalScalar(f"the response for {self.scalar} is not below the group order r")
        challenge = self._challenge(knowledge.commitment)
        scalars = b"".join(k.to_bytes(SCALAR_BYTES, "big") for k in (knowledge.response, -challenge % R))
        if self.group.msm(backend, self.before + self.after, scalars) != knowledge.commitment:
            raise ContributionInvalid(
                f"the contributor does not prove knowledge of the factor of {self.scalar} in this step"
            )

    def _challenge(self, commitment: bytes) -> int:
        name = self.scalar.encode()
        parts = (self.statement, bytes([len(name)]), name, self.before, self.after, commitment)
        return int.from_bytes(hashlib.shake_256(_TAG + b"".join(parts)).digest(64), "big") % R
