"""Every error that the proof system raises, in one tree.

``ProofSystemError`` has two branches: ``MalformedInput`` (the bytes are not what they claim to be;
command line exit 2) and ``InvalidProof`` (well-formed, but the statement does not hold; exit 1).
"""

__all__ = [
    "InvalidProof",
    "MalformedInput",
    "NonCanonicalCoordinate",
    "NonCanonicalScalar",
    "NotInSubgroup",
    "NotOnCurve",
    "ProofSystemError",
    "UnexpectedInfinity",
    "WrongLength",
]


class ProofSystemError(Exception):
    """Base of all errors of this package. The message says what, why and what to do."""


class MalformedInput(ProofSystemError):
    """The input is not a canonical encoding of what it claims to be."""


class WrongLength(MalformedInput):
    """A buffer or list has the wrong number of bytes or elements."""


class NonCanonicalScalar(MalformedInput):
    """A scalar is not below the group order r."""


class NonCanonicalCoordinate(MalformedInput):
    """A coordinate is not below the base field modulus p."""


class NotOnCurve(MalformedInput):
    """A point does not satisfy the curve equation."""


class NotInSubgroup(MalformedInput):
    """A G2 point is on the twist but outside the subgroup of order r."""


class UnexpectedInfinity(MalformedInput):
    """The point at infinity stands where a proper point is required."""


class InvalidProof(ProofSystemError):
    """Everything is well-formed, but the statement is not proven."""
