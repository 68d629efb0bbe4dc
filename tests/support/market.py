"""Builders of what the cast signs: datasets, licences, orders; and the chain events that answer them."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from marketplace.catalogue.models import Program, Setup
from marketplace.chain.models import ChainEvent, Checkpoint
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Eip712Domain, GrantLicence, Input, Order, RegisterDataset
from proofs import formats, hashing
from proofs.columns import ColumnSchema, blind, commit, encode_integers, ones_column
from proofs.keys import ProvingKey
from proofs.randomness import SeededRandom
from tests.support.cast import Actor

HOUR = 3600
_numbers = itertools.count(1)


@dataclass
class Market:
    """One market under test: its setup, its program and the domains that messages are signed for."""

    key: ProvingKey
    setup: Setup
    program: Program
    domains: dict[str, Eip712Domain]
    rows: int = 6
    _blocks: Any = field(default_factory=lambda: itertools.count(1))

    def dataset_body(self, owner: Actor, *columns: str, **changes: Any) -> dict[str, Any]:
        """The body of `POST /datasets`; `changes` replace fields of RegisterDataset before it is signed."""
        schemas = [
            ColumnSchema(name=name, scale=0, minimum=-100, maximum=100) for name in columns or ("age",)
        ]
        commitments = self.commitments(schemas)
        schema = {"version": 1, "columns": [entry.document() for entry in schemas]}
        message = RegisterDataset(
            **{
                "owner": owner.address,
                "setup_id": self.setup.setup_id,
                "rows": self.rows,
                "grade": 2,
                "schema_hash": document_hash(schema),
                "columns_hash": formats.to_hex(hashing.columns_hash([c.f for c in commitments])),
                "salt": next(_numbers),
                "deadline": now() + HOUR,
                **changes,
            }
        )
        return {
            "registration": message.to_json(),
            "signature": owner.sign(message, self.domains),
            "title": "Subscribers",
            "schema": schema,
            "commitments": [formats.column_commitment_document(c) for c in commitments],
        }

    def commitments(self, schemas: list[ColumnSchema]) -> list[Any]:
        backend, n = self.key.backend, self.key.n
        columns = [ones_column(n, self.rows)]
        for number, schema in enumerate(schemas):
            values = [(row * 7 + number) % 50 for row in range(self.rows)]
            random = SeededRandom(bytes([number + 1]) * 32)
            columns.append(blind(backend, encode_integers(backend, schema, values, n), random))
        return [commit(self.key, column) for column in columns]

    def licence_body(
        self, provider: Actor, consumer: Actor, dataset_id: str, *, terms: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """The body of `POST /licences`; `changes` replace fields of GrantLicence before it is signed."""
        document = {"version": 1} if terms is None else terms
        message = GrantLicence(
            **{
                "provider": provider.address,
                "consumer": consumer.address,
                "dataset_id": dataset_id,
                "terms_hash": document_hash(document),
                "program_ids": (self.program.program_id,),
                "columns": 0b11,
                "runs": 3,
                "cells": 100,
                "outputs": 100,
                "not_before": now() - HOUR,
                "not_after": now() + HOUR,
                "price_per_run": 10,
                "salt": next(_numbers),
                "deadline": now() + HOUR,
                **changes,
            }
        )
        return {
            "grant": message.to_json(),
            "signature": provider.sign(message, self.domains),
            "terms": document,
        }

    def order_body(
        self, consumer: Actor, *licence_ids: str, details: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """The body of `POST /orders`; `changes` replace fields of Order before it is signed."""
        document = {"purpose": "research", "placement": {}, "parameters": {}} if details is None else details
        message = Order(
            **{
                "consumer": consumer.address,
                "program_id": self.program.program_id,
                "inputs": tuple(Input(licence_id, 0b11) for licence_id in licence_ids),
                "visibility": 1,
                "recipient_key": consumer.keys.sealing_key,
                "details_hash": document_hash(document),
                "max_price": 1000,
                "deadline": now() + HOUR,
                "salt": next(_numbers),
                **changes,
            }
        )
        return {
            "order": message.to_json(),
            "signature": consumer.sign(message, self.domains),
            "details": document,
        }

    def event(self, name: str = "LicenceGranted", **arguments: Any) -> ChainEvent:
        """A chain event in a block of its own."""
        checkpoint, _ = Checkpoint.objects.get_or_create(
            name="test", defaults={"block_number": 0, "block_hash": "0x" + "00" * 32}
        )
        number = next(self._blocks)
        return ChainEvent.objects.create(
            checkpoint=checkpoint,
            block_number=number,
            block_hash=f"0x{number:064x}",
            log_index=0,
            transaction_hash=f"0x{number:064x}",
            contract="LicenceLedger",
            name=name,
            arguments=arguments,
            mined_at=timezone.now(),
        )


def now() -> int:
    return int(time.time())
