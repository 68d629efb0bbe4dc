"""What a dataset must be before it is sent to the chain. Pure rules over the proof system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.catalogue.errors import CommitmentsInvalid, SchemaInvalid
from marketplace.signing.canonical import document_hash
from marketplace.signing.errors import MalformedDocument
from proofs import formats, hashing
from proofs.columns import ColumnCommitment, ColumnSchema, check_commitments, check_ones
from proofs.errors import ProofSystemError
from proofs.errors import SchemaInvalid as ColumnSchemaInvalid
from proofs.keys import ProvingKey

__all__ = ["MAX_COLUMNS", "ONES", "CheckedColumns", "check_columns", "read_schema"]

ONES = "ones"
MAX_COLUMNS = 255
"""Beside `ones`: a bitmap of columns has 256 bits."""
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CheckedColumns:
    """Commitments that passed every check, and their hashes, by column index."""

    commitments: tuple[ColumnCommitment, ...]
    column_hashes: tuple[str, ...]
    columns_hash: str


def read_schema(document: Any, *, schema_hash: str) -> tuple[ColumnSchema, ...]:
    """The columns 1, 2, … of a schema document with this hash. Raises SchemaInvalid."""
    try:
        if document_hash(document) != schema_hash:
            raise SchemaInvalid("the schema's hash is not the signed schemaHash")
    except MalformedDocument as error:
        raise SchemaInvalid(str(error)) from error
    if not isinstance(document, dict) or document.keys() != {"version", "columns"}:
        raise SchemaInvalid("a schema has exactly version and columns")
    entries = document["columns"]
    if document["version"] != SCHEMA_VERSION or document["version"] is True:
        raise SchemaInvalid(f"the schema's version must be {SCHEMA_VERSION}")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_COLUMNS:
        raise SchemaInvalid(f"a schema lists 1 to {MAX_COLUMNS} columns")
    if not all(isinstance(entry, dict) for entry in entries):
        raise SchemaInvalid("each column of a schema is an object")
    try:
        columns = tuple(ColumnSchema.from_document(entry) for entry in entries)
    except ColumnSchemaInvalid as error:
        raise SchemaInvalid(str(error)) from error
    names = [column.name for column in columns]
    if len(set(names)) != len(names) or ONES in names or max(map(len, names)) > 80:
        raise SchemaInvalid(f"column names are distinct, at most 80 characters, and none is {ONES!r}")
    return columns


def check_columns(
    *, key: ProvingKey, rows: int, documents: list[Any], expected_count: int, columns_hash: str
) -> CheckedColumns:
    """Lengths, then encodings, then hash, then `ones`, then pairings. Raises CommitmentsInvalid."""
    if len(documents) != expected_count:
        raise CommitmentsInvalid(
            f"there are {len(documents)} commitments; the schema has {expected_count - 1} columns and `ones`"
        )
    try:
        commitments = tuple(
            formats.column_commitment_from(document, f"commitments[{index}]")
            for index, document in enumerate(documents)
        )
        column_hashes = [hashing.column_hash(commitment.f) for commitment in commitments]
        if formats.to_hex(hashing.columns_hash([c.f for c in commitments])) != columns_hash:
            raise CommitmentsInvalid("the commitments' hash is not the signed columnsHash")
        check_ones(key, rows, commitments[0].f)
        check_commitments(key.backend, key.verifying, commitments)
    except ProofSystemError as error:
        raise CommitmentsInvalid(str(error)) from error
    return CheckedColumns(commitments, tuple(map(formats.to_hex, column_hashes)), columns_hash)
