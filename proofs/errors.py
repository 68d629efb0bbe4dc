"""Every error that the proof system raises, in one tree.

``ProofSystemError`` has two branches: ``MalformedInput`` (the bytes are not what they claim to be;
command line exit 2) and ``InvalidProof`` (well-formed, but the statement does not hold; exit 1).
"""

__all__ = [
    "AnswersInconsistent",
    "ColumnValueOutOfRange",
    "CommitmentInvalid",
    "ContextMismatch",
    "DegenerateHash",
    "InvalidProof",
    "MalformedInput",
    "NonCanonicalCoordinate",
    "NonCanonicalScalar",
    "NotInSubgroup",
    "NotOnCurve",
    "PairingFailed",
    "ProofSystemError",
    "ResultMismatch",
    "ResultOutOfRange",
    "SchemaInvalid",
    "ShareMismatch",
    "StaleRandomisers",
    "TooManyRows",
    "UnexpectedInfinity",
    "VerifyingKeyInvalid",
    "WrongLength",
    "WrongProgram",
    "WrongSetup",
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


class SchemaInvalid(MalformedInput):
    """A column schema contradicts itself or the capacity of the field."""


class ColumnValueOutOfRange(MalformedInput):
    """A value does not fit its column's schema. Names row and column."""


class TooManyRows(MalformedInput):
    """A column has more rows than the setup's capacity n - 2."""


class ContextMismatch(MalformedInput):
    """A message belongs to another job, attempt, seat, setup or shape."""


class StaleRandomisers(MalformedInput):
    """A node's randomisers were used for another answering set or another challenge."""


class AnswersInconsistent(MalformedInput):
    """Too few, repeated or contradictory answers of nodes."""


class DegenerateHash(MalformedInput):
    """A job, challenge or batch hash is zero modulo r; choose another salt."""


class VerifyingKeyInvalid(InvalidProof):
    """A verifying or proving key is well-formed but not one of an honest setup."""


class CommitmentInvalid(InvalidProof):
    """A column commitment comes without valid proof of knowledge, or its G2 half is another column."""


class PairingFailed(InvalidProof):
    """The pairing equation of a proof does not hold."""


class WrongSetup(InvalidProof):
    """A proof, column or package is under a setup that the program does not name."""


class WrongProgram(InvalidProof):
    """A statement's columns or outputs are not those that its program prescribes."""


class ResultMismatch(InvalidProof):
    """Outputs and blinding do not open the result commitment."""


class ResultOutOfRange(InvalidProof):
    """A result lies outside the range that its columns' schemas allow."""


class ShareMismatch(InvalidProof):
    """A share does not open the commitment that its dealer published for the seat."""
