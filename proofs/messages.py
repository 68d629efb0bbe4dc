"""What nodes send: public contributions of both rounds, and the sealed share of the result.

docs/protocol.md, *Sharing*; docs/api.md, tasks ``compute`` and ``prove``. JSON forms are strict; points are
checked (curve, subgroup, not infinite) where the messages are combined.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs import formats
from proofs.backend.base import G1_BYTES, G2_BYTES, SCALAR_BYTES, Backend
from proofs.errors import ContextMismatch, MalformedInput, WrongLength
from proofs.formats import from_hex, mapping, to_hex
from proofs.proof import ResultBinding
from proofs.sharing import DealContext
from proofs.statement import PublicResult, SealedResult

__all__ = ["Randomisers", "ResultShare", "Round1Message", "Round2Message"]

_SHARE_MAGIC = b"HSRESU01"


@dataclass(frozen=True)
class Randomisers:
    """R_k = r_k [delta]1, S_k = s_k [delta]1, S2_k = s_k [delta]2."""

    r: bytes
    s: bytes
    s2: bytes

    def document(self) -> dict[str, object]:
        return {"R": to_hex(self.r), "S": to_hex(self.s), "S2": to_hex(self.s2)}

    @classmethod
    def from_document(cls, document: object, where: str = "randomisers") -> Randomisers:
        fields = mapping(document, ("R", "S", "S2"), where)
        return cls(
            r=from_hex(fields["R"], f"{where}.R", G1_BYTES),
            s=from_hex(fields["S"], f"{where}.S", G1_BYTES),
            s2=from_hex(fields["S2"], f"{where}.S2", G2_BYTES),
        )


@dataclass(frozen=True)
class Round1Message:
    """Seat k's share of the result commitment (or, public, its masked outputs) and its randomisers."""

    seat: int
    result: SealedResult | PublicResult
    randomisers: Randomisers

    def document(self) -> dict[str, object]:
        """``{"F_M" or "outputs", "R", "S", "S2"}``; the seat travels beside it."""
        return formats.result_document(self.result) | self.randomisers.document()

    @classmethod
    def from_document(cls, document: object, seat: int) -> Round1Message:
        where = f"round 1 of seat {seat}"
        head = "F_M" if isinstance(document, dict) and "F_M" in document else "outputs"
        fields = mapping(document, (head, "R", "S", "S2"), where)
        return cls(
            seat=seat,
            result=formats.result_from({head: fields[head]}, where),
            randomisers=Randomisers.from_document({key: fields[key] for key in ("R", "S", "S2")}, where),
        )


@dataclass(frozen=True)
class Round2Message:
    """Seat k's summand of C and, sealed, of Y, P and pi; already weighted with lambda_k.

    ``challenge`` and ``answers`` say what it answers: z, and the round 1 of the whole set
    (``coordinator.answers_digest``). A node answers one question in an attempt, and signs which.
    """

    seat: int
    challenge: int
    answers: bytes
    c: bytes
    binding: ResultBinding | None

    def document(self) -> dict[str, object]:
        """``{"z", "answers", "C"}`` and, sealed, ``"Y", "P", "pi"``."""
        document: dict[str, object] = {
            "z": to_hex(self.challenge.to_bytes(SCALAR_BYTES, "big")),
            "answers": to_hex(self.answers),
            "C": to_hex(self.c),
        }
        if self.binding is not None:
            points = {"Y": self.binding.y, "P": self.binding.p, "pi": self.binding.pi}
            document |= {name: to_hex(point) for name, point in points.items()}
        return document

    @classmethod
    def from_document(cls, document: object, seat: int) -> Round2Message:
        where = f"round 2 of seat {seat}"
        is_sealed = isinstance(document, dict) and len(document) > 3
        names = ("C", "Y", "P", "pi") if is_sealed else ("C",)
        fields = mapping(document, ("z", "answers", *names), where)
        points = {name: from_hex(fields[name], f"{where}.{name}", G1_BYTES) for name in names}
        binding = ResultBinding(points["Y"], points["P"], points["pi"]) if is_sealed else None
        return cls(
            seat=seat,
            challenge=formats.scalar_from(fields["z"], f"{where}.z"),
            answers=from_hex(fields["answers"], f"{where}.answers", 32),
            c=points["C"],
            binding=binding,
        )


@dataclass(frozen=True, repr=False)  # secret: never in a log
class ResultShare:
    """M'(k), mu(k), mu_tau(k): secret of node and consumer; the caller seals it to the consumer's key."""

    context: DealContext
    seat: int
    outputs: bytes
    mu: int
    mu_tau: int

    def to_bytes(self) -> bytes:
        """``HSRESU01 || setup_id || job_id || attempt (4) || seat (4) || mu || mu_tau || outputs``."""
        context = self.context
        head = _SHARE_MAGIC + context.setup_id + context.job_id
        head += context.attempt.to_bytes(4, "big") + self.seat.to_bytes(4, "big")
        return head + self.mu.to_bytes(32, "big") + self.mu_tau.to_bytes(32, "big") + self.outputs

    @classmethod
    def from_bytes(cls, backend: Backend, data: bytes, *, context: DealContext, seat: int) -> ResultShare:
        """Strict; ContextMismatch unless made for exactly this job, attempt and seat."""
        head = _SHARE_MAGIC + context.setup_id + context.job_id
        head += context.attempt.to_bytes(4, "big") + seat.to_bytes(4, "big")
        if len(data) != len(head) + (2 + context.output_count) * SCALAR_BYTES:
            raise WrongLength(
                f"a result share of {context.output_count} outputs does not have {len(data)} bytes"
            )
        if data[: len(_SHARE_MAGIC)] != _SHARE_MAGIC:
            raise MalformedInput("this is not a result share of version 1")
        if data[: len(head)] != head:
            raise ContextMismatch("the result share is of another setup, job, attempt or seat")
        scalars = data[len(head) :]
        backend.vec_check(scalars)
        mu, mu_tau = (int.from_bytes(scalars[i : i + SCALAR_BYTES], "big") for i in (0, SCALAR_BYTES))
        return cls(context, seat, bytes(scalars[2 * SCALAR_BYTES :]), mu, mu_tau)
