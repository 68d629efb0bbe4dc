"""A setup made by several parties: sound as long as one of them forgets its secrets. docs/ceremony.md.

Phase 1 (powers of tau) is imported from a ``.ptau`` or made here; phase 2 makes alpha, beta, delta, eta,
kappa, kappa'. ``steps`` adds to a ceremony, ``verification`` checks it, ``directory`` keeps it, ``export``
turns it into a key.

Source: Bowe-Gabizon-Miers, eprint 2017/1050.
"""

from proofs.ceremony.errors import (
    CeremonyChanged,
    ContributionInvalid,
    ParametersInvalid,
    TranscriptInvalid,
    TranscriptMalformed,
    WrongPhase,
)
from proofs.ceremony.export import export_key
from proofs.ceremony.steps import add_beacon, begin_from_ptau, begin_own, contribute
from proofs.ceremony.verification import Ceremony, Verified, verify

__all__ = [
    "Ceremony",
    "CeremonyChanged",
    "ContributionInvalid",
    "ParametersInvalid",
    "TranscriptInvalid",
    "TranscriptMalformed",
    "Verified",
    "WrongPhase",
    "add_beacon",
    "begin_from_ptau",
    "begin_own",
    "contribute",
    "export_key",
    "verify",
]
