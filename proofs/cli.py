"""The commands ``setup``, ``commit``, ``prove``, ``verify`` and ``inspect`` of ``python -m proofs``.

``commit`` turns a CSV file into a data directory: ``columns.json`` (schema, rows, commitments: public) and
one ``.column`` file each (scalars with their blinding rows: secret). ``prove`` writes a receipt bundle for
one party that holds all data; ``verify`` checks any receipt bundle.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proofs import columns as column_rules
from proofs import formats, hashing, prover, receipt, setup
from proofs.backend import get_backend
from proofs.columns import ColumnCommitment, ColumnSchema
from proofs.errors import MalformedInput, SchemaInvalid, WrongSetup
from proofs.inner_product import scalar_bytes
from proofs.keys import ProvingKey
from proofs.programs import described_from, make_plan, unsettleable
from proofs.programs import run as program_run
from proofs.programs.bundle import FORMAT as PROGRAM_PROOF
from proofs.programs.bundle import ProgramBundle
from proofs.programs.description import Described
from proofs.randomness import OsRandom
from proofs.receipt import Receipt, ReceiptInput
from proofs.statement import MAX_OUTPUTS, JobContext, Program, Statement

__all__ = ["add_commands"]

COLUMNS_FORMAT = "hengsuan/columns/v1"
COLUMNS_FILE = "columns.json"
SECRET_MODE = 0o600


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; each sets ``run``, which returns what to print and raises ProofSystemError."""
    make = commands.add_parser("setup", help="make a development setup (insecure: for development only)")
    make.add_argument("--capacity", type=int, required=True, help="n, a power of two; data rows: n - 2")
    make.add_argument("--max-outputs", type=int, default=MAX_OUTPUTS)
    make.add_argument("--out", type=Path, required=True, help="key directory to write")
    make.set_defaults(run=_setup)
    commit = commands.add_parser("commit", help="encode and commit the columns of a CSV file")
    commit.add_argument("--key", type=Path, required=True, help="key directory")
    commit.add_argument("--table", type=Path, required=True, help="CSV file with a header line")
    commit.add_argument("--schema", type=Path, required=True, help='{"version": 1, "columns": [...]}')
    commit.add_argument("--out", type=Path, required=True, help="data directory to write; holds secrets")
    commit.set_defaults(run=_commit)
    _add_prove(commands)
    verify = commands.add_parser("verify", help="check a receipt bundle, or a program's proof, offline")
    verify.add_argument("receipt", type=Path)
    verify.add_argument("--key", type=Path, help="key directory, to recompute the commitment of ones")
    verify.add_argument("--backend", default="py_ecc", help="py_ecc (default) or native")
    verify.set_defaults(run=_verify)
    plan = commands.add_parser("plan", help="say what a program takes: proofs, nodes, price, contract call")
    plan.add_argument("program", type=Path, help="program document")
    plan.add_argument(
        "--columns", type=int, required=True, help="number of columns of the job, ones included"
    )
    plan.add_argument("--capacity", type=int, required=True, help="n")
    plan.add_argument("--public", action="store_true")
    plan.set_defaults(run=_plan)
    inspect = commands.add_parser("inspect", help="say what a key or data directory or a receipt holds")
    inspect.add_argument("path", type=Path)
    inspect.set_defaults(run=_inspect)


def _add_prove(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    prove = commands.add_parser("prove", help="prove the Gram matrix of committed columns, all held here")
    prove.add_argument("--key", type=Path, required=True, help="key directory")
    prove.add_argument("--data", type=Path, action="append", required=True, help="data directory; repeatable")
    prove.add_argument("--licence-id", action="append", required=True, help="0x hex, one for each --data")
    prove.add_argument("--chain-id", type=int, required=True)
    prove.add_argument("--market", required=True, help="address of the Market contract, 0x hex")
    prove.add_argument("--job-id", required=True, help="32 bytes, 0x hex")
    prove.add_argument("--program", type=Path, help="program document of another kind than gram")
    prove.add_argument("--left-count", type=int, default=0)
    prove.add_argument("--right-start", type=int, default=0)
    prove.add_argument(
        "--public", action="store_true", help="publish the outputs instead of committing to them"
    )
    prove.add_argument("--opening", type=Path, help="file for what opens a sealed result; secret")
    prove.add_argument("--out", type=Path, required=True, help="receipt bundle to write")
    prove.set_defaults(run=_prove)


def _setup(arguments: argparse.Namespace) -> str:
    material = setup.generate(get_backend(), arguments.capacity, max_outputs=arguments.max_outputs)
    setup.save(material, arguments.out)
    setup_id = formats.to_hex(material.verifying.setup_id)
    return f"setup {setup_id} for n = {arguments.capacity} in {arguments.out}\nINSECURE: {setup.INSECURE}"


# commit ----------------------------------------------------------------------------------------


def read_schema(document: object) -> list[ColumnSchema]:
    """The columns of a dataset's schema document."""
    fields = formats.mapping(document, ("version", "columns"), "schema")
    formats.integer(fields["version"], "schema.version", receipt.SCHEMA_VERSION, receipt.SCHEMA_VERSION)
    entries = formats.sequence(fields["columns"], "schema.columns")
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise SchemaInvalid("a schema lists at least one column, each an object")
    return [ColumnSchema.from_document(entry) for entry in entries]


def _read_table(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """The named columns of a CSV file, as strings."""
    with path.open(encoding="utf-8", newline="") as file:
        try:
            rows = list(csv.DictReader(file, strict=True))
        except csv.Error as error:
            raise MalformedInput(f"{path} is not a CSV file: {error}") from None
    if not rows:
        raise MalformedInput(f"{path} has no rows")
    missing = [name for name in names if name not in rows[0]]
    if missing:
        raise MalformedInput(f"{path} lacks the columns {missing} of the schema")
    return {name: [row[name] if row[name] is not None else "" for row in rows] for name in names}


def _commit(arguments: argparse.Namespace) -> str:
    document = formats.parse_json(arguments.schema.read_bytes())
    schemas = read_schema(document)
    table = _read_table(arguments.table, [schema.name for schema in schemas])
    key = setup.load(arguments.key, get_backend(), trusted=True)
    encoded = [
        column_rules.encode_integers(key.backend, schema, schema.to_fixed(table[schema.name]), key.n)
        for schema in schemas
    ]
    rows = len(table[schemas[0].name])
    random = OsRandom()
    columns = [column_rules.ones_column(key.n, rows)]
    columns += [column_rules.blind(key.backend, column, random) for column in encoded]
    commitments = [column_rules.commit(key, column) for column in columns]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for index, column in enumerate(columns):
        _write_secret(arguments.out / f"{index}.column", column)
    public = {
        "format": COLUMNS_FORMAT,
        "setup_id": formats.to_hex(key.setup_id),
        "rows": rows,
        "schema": document,
        "commitments": [formats.column_commitment_document(c) for c in commitments],
    }
    (arguments.out / COLUMNS_FILE).write_text(json.dumps(public, indent=1) + "\n")
    return f"{len(schemas)} columns of {rows} rows committed in {arguments.out}; its .column files are secret"


def _write_secret(path: Path, data: bytes) -> None:
    """The file is created readable by its owner only."""
    path.touch(mode=SECRET_MODE, exist_ok=True)
    path.chmod(SECRET_MODE)
    path.write_bytes(data)


# prove -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CommittedTable:
    """A data directory as ``commit`` wrote it."""

    rows: int
    schema: dict[str, Any]
    columns: list[bytes]
    commitments: list[ColumnCommitment]

    @classmethod
    def read(cls, directory: Path, key: ProvingKey) -> CommittedTable:
        document = formats.parse_json((directory / COLUMNS_FILE).read_bytes())
        names = ("format", "setup_id", "rows", "schema", "commitments")
        fields = formats.mapping(document, names, COLUMNS_FILE)
        if fields["format"] != COLUMNS_FORMAT:
            raise MalformedInput(f"{directory / COLUMNS_FILE} is not a {COLUMNS_FORMAT} file")
        if formats.from_hex(fields["setup_id"], "setup_id", 32) != key.setup_id:
            raise WrongSetup(f"{directory} was committed under another setup")
        entries = formats.sequence(fields["commitments"], "commitments")
        if len(entries) != 1 + len(read_schema(fields["schema"])):
            raise MalformedInput(f"{directory} does not hold one commitment for each column and ones")
        return cls(
            rows=formats.integer(fields["rows"], "rows", 1),
            schema=fields["schema"],
            columns=[(directory / f"{index}.column").read_bytes() for index in range(len(entries))],
            commitments=[formats.column_commitment_from(entry) for entry in entries],
        )

    def receipt_input(self, licence_id: bytes) -> ReceiptInput:
        """All columns; the dataset's id stands for its registration, here the hash of its commitments."""
        return ReceiptInput(
            licence_id=licence_id,
            dataset_id=hashing.columns_hash([commitment.f for commitment in self.commitments]),
            rows=self.rows,
            columns=tuple(range(len(self.columns))),
            schema=self.schema,
            commitments=tuple(self.commitments),
        )


def _prove(arguments: argparse.Namespace) -> str:
    key = setup.load(arguments.key, get_backend(), trusted=True)
    tables = [CommittedTable.read(directory, key) for directory in arguments.data]
    licences = [formats.from_hex(value, "--licence-id", 32) for value in arguments.licence_id]
    if len(licences) != len(tables):
        raise MalformedInput(f"{len(licences)} licence ids for {len(tables)} data directories")
    if any(table.rows != tables[0].rows for table in tables):
        raise MalformedInput("the data directories have different numbers of rows")
    program: Described = Program(key.setup_id, arguments.left_count, arguments.right_start)
    if arguments.program is not None:
        program = described_from(formats.parse_json(arguments.program.read_bytes()))
    context = JobContext(
        chain_id=arguments.chain_id,
        market=formats.from_hex(arguments.market, "--market", 20),
        job_id=formats.from_hex(arguments.job_id, "--job-id", 32),
        program_id=program.program_id,
        licences_hash=hashing.licences_hash(licences),
    )
    columns = tables[0].columns[:1] + [column for table in tables for column in table.columns[1:]]
    commitments = tables[0].commitments[:1] + [c for table in tables for c in table.commitments[1:]]
    if not isinstance(program, Program):
        return _prove_program(arguments, key, context, program, tables[0].rows, columns, commitments)
    statement = Statement.of_program(program, tuple(c.f for c in commitments), tables[0].rows)
    prove = prover.prove_public if arguments.public else prover.prove_sealed
    proven = prove(key, context, statement, columns, commitments)
    bundle = Receipt(
        ceremony=key.ceremony,
        verifying_key=key.verifying,
        program=program,
        chain_id=context.chain_id,
        market=context.market,
        job_id=context.job_id,
        inputs=tuple(table.receipt_input(licence) for table, licence in zip(tables, licences, strict=True)),
        result=proven.result,
        proof=proven.proof,
    )
    arguments.out.write_text(json.dumps(bundle.document(), indent=1) + "\n")
    if arguments.opening is not None and not arguments.public:
        _write_secret(arguments.opening, _opening_document(proven))
    return f"proof of {statement.output_count} outputs over {statement.rows} rows in {arguments.out}"


def _prove_program(
    arguments: argparse.Namespace,
    key: ProvingKey,
    context: JobContext,
    program: Described,
    rows: int,
    columns: Sequence[bytes],
    commitments: Sequence[ColumnCommitment],
) -> str:
    is_sealed = not arguments.public
    run = program_run.prove(key, context, program, rows, columns, commitments, is_sealed=is_sealed)
    opened = run.opened if arguments.public else ()
    bundle = ProgramBundle(program, context, rows, tuple(commitments), run.proof, opened)
    arguments.out.write_text(json.dumps(bundle.document(), indent=1) + "\n")
    if arguments.opening is not None and is_sealed:
        secret = {
            "steps": [json.loads(_opening_document(step)) for step in run.steps],
            "opened": [formats.to_hex(column) for column in run.opened],
        }
        _write_secret(arguments.opening, json.dumps(secret, indent=1).encode() + b"\n")
    return f"proof of {run.plan.output_count} outputs over {rows} rows in {arguments.out}"


def _plan(arguments: argparse.Namespace) -> str:
    program = described_from(formats.parse_json(arguments.program.read_bytes()))
    plan = make_plan(program, arguments.columns)
    cost = plan.cost(arguments.capacity, is_sealed=not arguments.public)
    facts = {"program_id": formats.to_hex(program.program_id), "degree": plan.degree} | asdict(cost)
    facts["contract"] = unsettleable(program, arguments.columns) or "it can be settled"
    return _describe(facts, tuple(facts))


def _opening_document(proven: prover.Proven) -> bytes:
    opening = {
        "outputs": [formats.to_hex(scalar_bytes(output)) for output in prover.scalars_of(proven.outputs)],
        "mu": formats.to_hex(scalar_bytes(proven.blinding.mu)),
        "mu_tau": formats.to_hex(scalar_bytes(proven.blinding.mu_tau)),
    }
    return json.dumps(opening, indent=1).encode() + b"\n"


# verify, inspect -------------------------------------------------------------------------------


def _verify(arguments: argparse.Namespace) -> str:
    document = formats.parse_json(arguments.receipt.read_bytes())
    if isinstance(document, dict) and document.get("format") == PROGRAM_PROOF:
        return _verify_program(arguments, document)
    report = receipt.verify(
        document if isinstance(document, dict) else arguments.receipt.read_bytes(),
        key_directory=arguments.key,
        backend=get_backend(arguments.backend),
    )
    kind = "sealed" if report.is_sealed else "public"
    lines = [f"valid: job {report.job_id}, {kind} result {report.result_hash}"]
    lines += [f"  checked: {check}" for check in report.checks]
    lines += [f"  warning: {warning}" for warning in report.warnings]
    if report.outputs is not None:
        lines.append("  outputs: " + " ".join(map(str, report.outputs)))
    return "\n".join(lines)


def _verify_program(arguments: argparse.Namespace, document: object) -> str:
    bundle = ProgramBundle.from_document(document)
    if arguments.key is None:
        raise MalformedInput("a program's proof is checked with the setup's key directory; give --key")
    key = setup.load(arguments.key, get_backend(arguments.backend))
    checks = bundle.verify(key)
    lines = [f"valid: job {formats.to_hex(bundle.context.job_id)}"]
    lines += [f"  checked: {check}" for check in checks]
    if key.is_development:
        lines.append(f"  warning: insecure: {setup.INSECURE}")
    return "\n".join(lines)


def _inspect(arguments: argparse.Namespace) -> str:
    path: Path = arguments.path
    if (path / COLUMNS_FILE).exists():
        document = formats.parse_json((path / COLUMNS_FILE).read_bytes())
        return _describe(document, ("setup_id", "rows", "schema"))
    if path.is_dir():
        verifying, ceremony = setup.load_verifying_key(path)
        facts = {"setup_id": formats.to_hex(verifying.setup_id), "n": verifying.n, "ceremony": ceremony}
        return _describe(facts, tuple(facts)) + (
            f"\nINSECURE: {setup.INSECURE}" if ceremony == "development" else ""
        )
    bundle = Receipt.from_document(formats.parse_json(path.read_bytes()))
    bound = bundle.bound()
    facts = {
        "job_id": formats.to_hex(bundle.job_id),
        "program_id": formats.to_hex(bundle.program.program_id),
        "setup_id": formats.to_hex(bundle.verifying_key.setup_id),
        "ceremony": bundle.ceremony,
        "inputs": len(bundle.inputs),
        "columns": len(bound.statement.columns),
        "rows": bundle.rows,
        "outputs": bound.statement.output_count,
        "sealed": bound.is_sealed,
        "result_hash": formats.to_hex(bound.result.result_hash),
        "job": formats.to_hex(scalar_bytes(bound.job)),
        "z": formats.to_hex(scalar_bytes(bound.challenge)),
    }
    return _describe(facts, tuple(facts))


def _describe(document: object, keys: Sequence[str]) -> str:
    if not isinstance(document, dict) or not all(key in document for key in keys):
        raise MalformedInput(f"the file lacks some of {list(keys)}")
    return "\n".join(f"{key}: {json.dumps(document[key], ensure_ascii=False)}" for key in keys)
