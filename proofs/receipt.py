"""The receipt bundle: one JSON file with all that a stranger needs to check a settled job offline.

``{"format": "hengsuan/receipt/v1", "setup", "program", "order", "result", "proof", "chain"}`` with

- ``setup``: ``{"ceremony", "verifying_key"}`` (``proofs.formats``); ceremony ``development`` is insecure
- ``program``: the program document
- ``order``: ``{"chain_id", "market", "job_id", "inputs"}``; each input ``{"licence_id", "dataset_id", "rows",
  "columns", "schema", "commitments"}``: rising column indexes beginning with 0 (``ones``), the dataset's
  schema document ``{"version": 1, "columns"}`` (columns 1, 2, …), ``{"index", "F", "F2", "F_kappa"}`` of each
- ``result``: ``{"F_M"}`` or ``{"outputs"}``; ``proof``: ``{"A", "B", "C"}`` and, sealed, ``"Y", "P", "pi"``
- ``chain``: null or ``{"transaction_hash", "block_number", "contracts"}``; who has an RPC endpoint compares
  it with the chain, offline it is only reported
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs import formats, hashing, setup, verifier
from proofs.backend import get_backend
from proofs.backend.base import Backend
from proofs.columns import (
    ONES_SCHEMA,
    ColumnCommitment,
    ColumnSchema,
    check_commitments,
    ones_column,
)
from proofs.errors import CommitmentInvalid, MalformedInput, TooManyRows, WrongSetup
from proofs.key_check import check_lagrange
from proofs.keys import DEVELOPMENT, VerifyingKey
from proofs.opening import decode_outputs
from proofs.proof import Proof
from proofs.statement import (
    BoundStatement,
    JobContext,
    Program,
    PublicResult,
    Result,
    Statement,
    canonical_json,
)

__all__ = ["FORMAT", "Receipt", "ReceiptInput", "Report", "verify"]

FORMAT = "hengsuan/receipt/v1"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ReceiptInput:
    """One licence's part: the chosen columns of its dataset, ``ones`` (index 0) first."""

    licence_id: bytes
    dataset_id: bytes
    rows: int
    columns: tuple[int, ...]
    schema: Mapping[str, Any]
    commitments: tuple[ColumnCommitment, ...]

    def document(self) -> dict[str, object]:
        commitments = zip(self.columns, self.commitments, strict=True)
        return {
            "licence_id": formats.to_hex(self.licence_id),
            "dataset_id": formats.to_hex(self.dataset_id),
            "rows": self.rows,
            "columns": list(self.columns),
            "schema": dict(self.schema),
            "commitments": [
                {"index": index, **formats.column_commitment_document(c)} for index, c in commitments
            ],
        }

    @classmethod
    def from_document(cls, document: object, where: str) -> ReceiptInput:
        keys = ("licence_id", "dataset_id", "rows", "columns", "schema", "commitments")
        fields = formats.mapping(document, keys, where)
        columns = tuple(
            formats.integer(index, f"{where}.columns", 0, 255)
            for index in formats.sequence(fields["columns"], f"{where}.columns")
        )
        if len(columns) < 2 or columns[0] != 0 or list(columns) != sorted(set(columns)):
            raise MalformedInput(f"{where}.columns begins with 0, rises, and names at least one more")
        entries = formats.sequence(fields["commitments"], f"{where}.commitments")
        commitments = []
        for index, entry in zip(columns, entries, strict=False):
            place = f"{where}.commitments[{index}]"
            parts = dict(formats.mapping(entry, ("index", "F", "F2", "F_kappa"), place))
            if parts.pop("index") != index:
                raise MalformedInput(f"{place}.index is not the column's")
            commitments.append(formats.column_commitment_from(parts, place))
        if len(entries) != len(columns):
            raise MalformedInput(f"{where} has {len(entries)} commitments for {len(columns)} columns")
        return cls(
            licence_id=formats.from_hex(fields["licence_id"], f"{where}.licence_id", 32),
            dataset_id=formats.from_hex(fields["dataset_id"], f"{where}.dataset_id", 32),
            rows=formats.integer(fields["rows"], f"{where}.rows", 1),
            columns=columns,
            schema=formats.mapping(fields["schema"], ("version", "columns"), f"{where}.schema"),
            commitments=tuple(commitments),
        )

    @property
    def schema_hash(self) -> bytes:
        return hashing.keccak256(canonical_json(dict(self.schema)))

    def column_schemas(self) -> list[ColumnSchema]:
        """Schemas of the chosen columns without ``ones``."""
        formats.integer(self.schema["version"], "schema.version", SCHEMA_VERSION, SCHEMA_VERSION)
        entries = formats.sequence(self.schema["columns"], "schema.columns")
        if self.columns[-1] > len(entries):
            raise MalformedInput("an input chooses a column that its schema does not have")
        return [ColumnSchema.from_document(entries[index - 1]) for index in self.columns[1:]]


@dataclass(frozen=True)
class Receipt:
    """The parsed bundle."""

    ceremony: str
    verifying_key: VerifyingKey
    program: Program
    chain_id: int
    market: bytes
    job_id: bytes
    inputs: tuple[ReceiptInput, ...]
    result: Result
    proof: Proof
    chain: Mapping[str, Any] | None = None

    def document(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "setup": {
                "ceremony": self.ceremony,
                "verifying_key": formats.verifying_key_document(self.verifying_key),
            },
            "program": self.program.document(),
            "order": {
                "chain_id": self.chain_id,
                "market": formats.to_hex(self.market),
                "job_id": formats.to_hex(self.job_id),
                "inputs": [entry.document() for entry in self.inputs],
            },
            "result": formats.result_document(self.result),
            "proof": formats.proof_document(self.proof),
            "chain": None if self.chain is None else dict(self.chain),
        }

    @classmethod
    def from_document(cls, document: object) -> Receipt:
        """Strict; raises a MalformedInput that names the place."""
        keys = ("format", "setup", "program", "order", "result", "proof", "chain")
        fields = formats.mapping(document, keys, "receipt")
        if fields["format"] != FORMAT:
            raise MalformedInput(f"format is {fields['format']!r}, expected {FORMAT!r}")
        made = formats.mapping(fields["setup"], ("ceremony", "verifying_key"), "setup")
        order = formats.mapping(fields["order"], ("chain_id", "market", "job_id", "inputs"), "order")
        inputs = formats.sequence(order["inputs"], "order.inputs")
        if not inputs:
            raise MalformedInput("an order has at least one input")
        return cls(
            ceremony=formats.text(made["ceremony"], "setup.ceremony"),
            verifying_key=formats.verifying_key_from(made["verifying_key"]),
            program=formats.program_from(fields["program"]),
            chain_id=formats.integer(order["chain_id"], "order.chain_id"),
            market=formats.from_hex(order["market"], "order.market", 20),
            job_id=formats.from_hex(order["job_id"], "order.job_id", 32),
            inputs=tuple(
                ReceiptInput.from_document(entry, f"order.inputs[{i}]") for i, entry in enumerate(inputs)
            ),
            result=formats.result_from(fields["result"]),
            proof=formats.proof_from(fields["proof"]),
            chain=_chain_reference(fields["chain"]),
        )

    @property
    def rows(self) -> int:
        return self.inputs[0].rows

    def commitments(self) -> list[ColumnCommitment]:
        """The job's column list: ``ones``, then each input's columns (docs/protocol.md)."""
        ones = self.inputs[0].commitments[0]
        for position, entry in enumerate(self.inputs):
            if entry.commitments[0] != ones or entry.rows != self.rows:
                raise CommitmentInvalid(f"input {position} has other rows or another column 0 than input 0")
        return [ones, *(c for entry in self.inputs for c in entry.commitments[1:])]

    def schemas(self) -> list[ColumnSchema]:
        """Schemas in the order of the job's column list."""
        return [ONES_SCHEMA, *(schema for entry in self.inputs for schema in entry.column_schemas())]

    def bound(self) -> BoundStatement:
        """Everything hashed anew from the bundle."""
        context = JobContext(
            chain_id=self.chain_id,
            market=self.market,
            job_id=self.job_id,
            program_id=self.program.program_id,
            licences_hash=hashing.licences_hash([entry.licence_id for entry in self.inputs]),
        )
        columns = tuple(commitment.f for commitment in self.commitments())
        return BoundStatement(context, Statement.of_program(self.program, columns, self.rows), self.result)


@dataclass
class Report:
    """What was checked, in order, and what a reader must know beside it."""

    job_id: str
    program_id: str
    setup_id: str
    ceremony: str
    is_sealed: bool
    result_hash: str
    outputs: list[int] | None
    """Decoded, of a public result; scales are those of the two columns together."""
    checks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def verify(
    bundle: bytes | Mapping[str, Any], *, key_directory: Path | None = None, backend: Backend | None = None
) -> Report:
    """Checks a bundle offline, by default with py_ecc.

    Raises MalformedInput or InvalidProof (``proofs.errors``). With ``key_directory``, the setup's proving
    key, the commitment of ``ones`` is computed anew; otherwise it is taken from the registration, and the
    report says so.
    """
    engine = backend or get_backend("py_ecc")
    receipt = Receipt.from_document(formats.parse_json(bundle) if isinstance(bundle, bytes) else bundle)
    bound = receipt.bound()
    report = Report(
        job_id=formats.to_hex(receipt.job_id),
        program_id=formats.to_hex(receipt.program.program_id),
        setup_id=formats.to_hex(receipt.verifying_key.setup_id),
        ceremony=receipt.ceremony,
        is_sealed=bound.is_sealed,
        result_hash=formats.to_hex(bound.result.result_hash),
        outputs=None,
    )
    if receipt.ceremony == DEVELOPMENT:
        report.warnings.append(f"insecure: {setup.INSECURE}")
    verifier.verify(engine, receipt.verifying_key, receipt.program, bound, receipt.proof)
    report.checks += ["verifying key", "program and hashes", "proof"]
    check_commitments(engine, receipt.verifying_key, receipt.commitments())
    report.checks.append("column commitments and their proofs of knowledge")
    _check_ones(engine, receipt, report, key_directory)
    schemas = receipt.schemas()
    if isinstance(bound.result, PublicResult):
        report.outputs = list(decode_outputs(bound.statement, schemas, bound.result.outputs))
        report.checks.append("outputs within the range of their schemas")
    if receipt.chain is None:
        report.warnings.append("the bundle names no transaction")
    return report


def _chain_reference(value: object) -> Mapping[str, Any] | None:
    if value is None:
        return None
    fields = formats.mapping(value, ("transaction_hash", "block_number", "contracts"), "chain")
    formats.from_hex(fields["transaction_hash"], "chain.transaction_hash", 32)
    formats.integer(fields["block_number"], "chain.block_number")
    contracts = fields["contracts"]
    if not isinstance(contracts, dict):
        raise MalformedInput("chain.contracts is not an object")
    for name, address in contracts.items():
        formats.from_hex(address, f"chain.contracts.{name}", 20)
    return fields


def _check_ones(backend: Backend, receipt: Receipt, report: Report, key_directory: Path | None) -> None:
    """Recomputes column 0 with the setup's Lagrange points, which are checked against the verifying key."""
    if key_directory is None:
        report.warnings.append(
            "ones: taken from registration; give the setup's key directory to recompute it"
        )
        return
    verifying, _ = setup.load_verifying_key(key_directory)
    if verifying.setup_id != receipt.verifying_key.setup_id:
        raise WrongSetup(f"{key_directory} holds the key of another setup than the receipt's")
    lagrange = setup.load_lagrange(key_directory, backend)
    check_lagrange(backend, verifying, lagrange)
    if receipt.rows > verifying.max_rows:
        raise TooManyRows(f"{receipt.rows} rows are more than the setup's {verifying.max_rows}")
    ones = ones_column(verifying.n, receipt.rows)
    if lagrange.msm(ones) != receipt.commitments()[0].f:
        raise CommitmentInvalid(f"column 0 is not the commitment of ones over {receipt.rows} rows")
    report.checks.append("ones recomputed from the setup's points")
