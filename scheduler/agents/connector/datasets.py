"""The datasets of a connector: read, committed, registered once, and read again when shares are dealt.

``datasets/<deployment>-<fingerprint>.json`` in the state directory holds what commits the data: the signed
registration, the commitments, and for each column its blinding rows (secret) and the digest of what was
committed. The data themselves stay in their source. A table or schema that changed has another
fingerprint, so it becomes another dataset; the old one can be dealt only while its source still gives the
committed values.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import RegisterDataset
from proofs import formats, hashing
from proofs.columns import BLINDING_ROWS, blind, commit, encode_integers, ones_commitment
from proofs.errors import ProofSystemError
from proofs.keys import ProvingKey
from proofs.randomness import OsRandom
from scheduler.agents.connector.config import ConnectorConfig, DatasetSection
from scheduler.agents.connector.ingest import read_table
from scheduler.agents.errors import ConfigurationError, IngestError, TaskRefused
from scheduler.agents.logs import logger
from scheduler.agents.session import Session, hand_in, until_available

__all__ = ["DatasetStore", "schema_document"]

VALID_SECONDS = 7 * 24 * 3600
BLINDING_BYTES = BLINDING_ROWS * 32


def schema_document(section: DatasetSection) -> dict[str, Any]:
    """The canonical schema document whose hash is registered (docs/protocol.md)."""
    return {"version": 1, "columns": [schema.document() for schema in section.schemas()]}


class DatasetStore:
    """All datasets of one connector."""

    def __init__(self, session: Session, config: ConnectorConfig, *, now: Callable[[], float]) -> None:
        self._session = session
        self._config = config
        self._now = now

    # publishing --------------------------------------------------------------------------------
    def publish(self, section: DatasetSection) -> dict[str, Any]:
        """Read, commit and register (each once); the stored record. Raises IngestError,
        ConfigurationError.
        """
        key = self._session.proving_keys.get(self._setup_id(section))
        table = read_table(section, self._config.resolve(section.source))
        encoded = _encode(section, table, key)
        name = f"datasets/{self._session.deployment.digest}-{_fingerprint(section, key, encoded)}.json"
        record: dict[str, Any] | None = self._session.state.read_json(name)
        if record is None or self._is_stale(record):
            record = self._commit(section, key, encoded, rows=len(table[0]))
            self._session.state.write_json(name, record)
        if not record["is_accepted"]:
            record = self._register(name, record)
        return record

    def _commit(
        self, section: DatasetSection, key: ProvingKey, encoded: list[bytes], *, rows: int
    ) -> dict[str, Any]:
        columns = [blind(key.backend, column, OsRandom()) for column in encoded]
        commitments = [ones_commitment(key, rows), *(commit(key, column) for column in columns)]
        schema = schema_document(section)
        message = RegisterDataset(
            owner=self._session.keys.address,
            setup_id=formats.to_hex(key.setup_id),
            rows=rows,
            grade=section.grade,
            schema_hash=document_hash(schema),
            columns_hash=formats.to_hex(hashing.columns_hash([item.f for item in commitments])),
            salt=secrets.randbits(256),
            deadline=int(self._now()) + VALID_SECONDS,
        )
        domain = self._session.deployment.domain(message.CONTRACT)
        logger().info("columns_committed", dataset=section.name, rows=rows, columns=len(columns))
        return {
            "name": section.name,
            "title": section.title,
            "dataset_id": message.digest(domain),
            "setup_id": message.setup_id,
            "rows": rows,
            "schema": schema,
            "registration": message.to_json(),
            "signature": message.sign(domain, self._session.keys.account.key),
            "commitments": [formats.column_commitment_document(item) for item in commitments],
            "blinding": [column[-BLINDING_BYTES:].hex() for column in columns],
            "digests": [hashlib.sha256(column).hexdigest() for column in columns],
            "is_accepted": False,
        }

    def _register(self, name: str, record: dict[str, Any]) -> dict[str, Any]:
        members = ("registration", "signature", "title", "schema", "commitments")
        body = {member: record[member] for member in members}
        dataset_id = record["dataset_id"]
        hand_in(
            lambda: self._session.client.publish_dataset(body, idempotency_key=dataset_id),
            known_as="dataset_exists",
        )
        record = record | {"is_accepted": True}
        self._session.state.write_json(name, record)
        logger().info("dataset_published", dataset=record["name"], dataset_id=dataset_id)
        return record

    def _is_stale(self, record: dict[str, Any]) -> bool:
        """Signed, never accepted, and too old for the chain by now."""
        return not record["is_accepted"] and int(record["registration"]["deadline"]) < self._now()

    # dealing -----------------------------------------------------------------------------------
    def record(self, dataset_id: str) -> dict[str, Any]:
        """What is stored of a dataset. Raises TaskRefused ``dataset_unknown``."""
        for name in self._session.state.names("datasets"):
            record: dict[str, Any] = self._session.state.read_json(f"datasets/{name}")
            if record["dataset_id"] == dataset_id:
                return record
        raise TaskRefused("dataset_unknown", f"This connector has no dataset {dataset_id}.")

    def columns(self, dataset_id: str, indexes: Iterable[int], key: ProvingKey) -> dict[int, bytes]:
        """The committed columns with their blinding rows, by index; read from the source now.

        Raises IngestError if the source does not fit its schema, TaskRefused ``data_changed`` if it gives
        other values than were committed.
        """
        record = self.record(dataset_id)
        section = self._section(record)
        table = read_table(section, self._config.resolve(section.source))
        encoded = _encode(section, table, key)
        columns = {}
        for index in indexes:
            blinding = bytes.fromhex(record["blinding"][index - 1])
            column = encoded[index - 1][:-BLINDING_BYTES] + blinding
            if hashlib.sha256(column).hexdigest() != record["digests"][index - 1]:
                raise _changed(section, index)
            columns[index] = column
        return columns

    def group_sizes(self, dataset_id: str, indexes: Iterable[int]) -> dict[int, int]:
        """How many rows each 0/1 column among ``indexes`` selects."""
        section = self._section(self.record(dataset_id))
        table = read_table(section, self._config.resolve(section.source))
        schemas = section.schemas()
        return {
            index: sum(table[index - 1])
            for index in indexes
            if (schemas[index - 1].scale, schemas[index - 1].minimum, schemas[index - 1].maximum) == (0, 0, 1)
        }

    # common ------------------------------------------------------------------------------------
    def _section(self, record: dict[str, Any]) -> DatasetSection:
        for section in self._config.datasets:
            if section.name == record["name"] and schema_document(section) == record["schema"]:
                return section
        raise TaskRefused(
            "dataset_unknown",
            f"Dataset {record['dataset_id']} ({record['name']}) is no longer in the configuration.",
        )

    def _setup_id(self, section: DatasetSection) -> str:
        if section.setup_id:
            return section.setup_id
        setups = until_available(self._session.client.setups)
        fitting = [setup.setup_id for setup in setups if setup.capacity == section.capacity]
        if len(fitting) != 1:
            raise ConfigurationError(
                "setup_ambiguous",
                f"The market has {len(fitting)} setups of capacity {section.capacity}.",
                f"Set setup_id of dataset {section.name!r}.",
            )
        return fitting[0]


def _changed(section: DatasetSection, index: int) -> TaskRefused:
    column = section.columns[index - 1].name
    return TaskRefused(
        "data_changed",
        f"The source of {section.name!r} no longer gives the committed values of column {column!r}.",
        "Restore it, or publish a new dataset and license that.",
    )


def _encode(section: DatasetSection, table: list[list[int]], key: ProvingKey) -> list[bytes]:
    """Columns 1, 2, … as n scalars each; the blinding rows are still 0."""
    try:
        return [
            encode_integers(key.backend, schema, values, key.n)
            for schema, values in zip(section.schemas(), table, strict=True)
        ]
    except ProofSystemError as error:
        raise IngestError("table_too_large", f"{error}.", "Use a setup of larger capacity.") from None


def _fingerprint(section: DatasetSection, key: ProvingKey, encoded: list[bytes]) -> str:
    digest = hashlib.sha256(key.setup_id + document_hash(schema_document(section)).encode())
    digest.update(f"{section.name}\0{section.title}\0{section.grade}".encode())
    for column in encoded:
        digest.update(hashlib.sha256(column).digest())
    return digest.hexdigest()
