"""A proof of any program as one JSON file, and its check by whoever holds the setup's key directory.

``{"format": "hengsuan/program-proof/v1", "program", "order", "rows", "commitments", "proof", "opened"}``: the
program document; ``{"chain_id", "market", "job_id", "licences_hash"}``; the job's columns; ``{"commitments",
"products", "results"}`` in the plan's order; the virtual columns of a public job's sums, n scalars each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proofs import formats
from proofs.columns import ColumnCommitment, check_commitments
from proofs.errors import MalformedInput, WrongLength
from proofs.hadamard import HadamardProof
from proofs.keys import ProvingKey
from proofs.programs import run
from proofs.programs.description import Described, described_from
from proofs.programs.plan import make_plan
from proofs.programs.run import ProgramProof
from proofs.statement import JobContext

__all__ = ["FORMAT", "ProgramBundle"]

FORMAT = "hengsuan/program-proof/v1"
_ORDER = ("chain_id", "market", "job_id", "licences_hash")


@dataclass(frozen=True)
class ProgramBundle:
    """All that is published of one job."""

    program: Described
    context: JobContext
    rows: int
    commitments: tuple[ColumnCommitment, ...]
    proof: ProgramProof
    opened: tuple[bytes, ...] = ()

    def document(self) -> dict[str, object]:
        order = formats.job_context_document(self.context)
        return {
            "format": FORMAT,
            "program": self.program.document(),
            "order": {name: order[name] for name in _ORDER},
            "rows": self.rows,
            "commitments": [formats.column_commitment_document(c) for c in self.commitments],
            "proof": {
                "commitments": [formats.column_commitment_document(c) for c in self.proof.commitments],
                "products": [formats.to_hex(product.h) for product in self.proof.products],
                "results": [
                    {"result": formats.result_document(result), "proof": formats.proof_document(proof)}
                    for result, proof in self.proof.results
                ],
            },
            "opened": [formats.to_hex(column) for column in self.opened],
        }

    @classmethod
    def from_document(cls, document: object) -> ProgramBundle:
        """Strict; points are checked by ``verify``."""
        keys = ("format", "program", "order", "rows", "commitments", "proof", "opened")
        fields = formats.mapping(document, keys, "program proof")
        if fields["format"] != FORMAT:
            raise MalformedInput(f"format is {fields['format']!r}, expected {FORMAT!r}")
        program = described_from(fields["program"])
        order = formats.mapping(fields["order"], _ORDER, "order")
        context = formats.job_context_from(
            order | {"program_id": formats.to_hex(program.program_id)}, "order"
        )
        opened = formats.sequence(fields["opened"], "opened")
        return cls(
            program=program,
            context=context,
            rows=formats.integer(fields["rows"], "rows", 1),
            commitments=_commitments(fields["commitments"], "commitments"),
            proof=_proof(formats.mapping(fields["proof"], ("commitments", "products", "results"), "proof")),
            opened=tuple(formats.from_hex(column, "opened") for column in opened),
        )

    def verify(self, key: ProvingKey) -> list[str]:
        """What was checked; raises as ``run.verify`` and ``check_commitments``. ``key`` was checked."""
        check_commitments(key.backend, key.verifying, self.commitments)
        run.verify(key, self.context, self.program, self.rows, self.commitments, self.proof)
        checks = ["column commitments", "ones recomputed", "program and hashes", "every proof of its plan"]
        openings = make_plan(self.program, len(self.commitments)).openings
        if self.opened and len(self.opened) != len(openings):
            raise WrongLength(f"{len(self.opened)} opened columns for {len(openings)} sums")
        for output, column in zip(openings, self.opened, strict=False):
            run.open_sum(key, output, self.commitments, column)
        if self.opened:
            checks.append("opened columns")
        return checks


def _commitments(value: object, where: str) -> tuple[ColumnCommitment, ...]:
    return tuple(
        formats.column_commitment_from(entry, f"{where}[{i}]")
        for i, entry in enumerate(formats.sequence(value, where))
    )


def _proof(fields: Mapping[str, Any]) -> ProgramProof:
    results = [
        formats.mapping(entry, ("result", "proof"), f"proof.results[{i}]")
        for i, entry in enumerate(formats.sequence(fields["results"], "proof.results"))
    ]
    products = formats.sequence(fields["products"], "proof.products")
    return ProgramProof(
        commitments=_commitments(fields["commitments"], "proof.commitments"),
        products=tuple(HadamardProof.from_bytes(formats.from_hex(h, "proof.products")) for h in products),
        results=tuple(
            (formats.result_from(entry["result"]), formats.proof_from(entry["proof"])) for entry in results
        ),
    )
