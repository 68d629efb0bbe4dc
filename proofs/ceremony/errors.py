"""What can be wrong with a ceremony: malformed input (exit 2) and refusals (exit 1), as ``proofs.errors``."""

from __future__ import annotations

from proofs.errors import InvalidProof, MalformedInput

__all__ = [
    "CeremonyChanged",
    "ContributionInvalid",
    "ParametersInvalid",
    "TranscriptInvalid",
    "TranscriptMalformed",
    "WrongPhase",
]


class TranscriptMalformed(MalformedInput):
    """A file of the ceremony is missing, cut short or not what the format says."""


class CeremonyChanged(MalformedInput):
    """Another step was added to the folder while this one was being made; start again from it."""


class TranscriptInvalid(InvalidProof):
    """The steps do not follow one another: hash, number, phase or name."""


class ContributionInvalid(InvalidProof):
    """A step's scalar is unchanged, unproven or not the beacon's."""


class ParametersInvalid(InvalidProof):
    """The points are not those of the scalars that the steps proved."""


class WrongPhase(InvalidProof):
    """The step, or the export, is not possible in the phase that the ceremony is in."""
