"""Writes of setups, programs and datasets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.accounts.signatures import message_digest, message_signer
from marketplace.catalogue import setups
from marketplace.catalogue.domain import ONES, CheckedColumns, check_columns, read_schema
from marketplace.catalogue.errors import (
    DatasetExists,
    DatasetSignatureInvalid,
    ProgramInvalid,
    RegistrationInvalid,
    SetupInvalid,
    SetupUnknown,
)
from marketplace.catalogue.models import Column, Dataset, DatasetState, Program, Setup
from marketplace.chain.services import transaction_enqueue
from marketplace.signing.eip712 import RegisterDataset
from marketplace.signing.errors import MalformedSignature
from proofs import formats
from proofs import setup as proof_setup
from proofs.backend import get_backend
from proofs.columns import ColumnSchema
from proofs.errors import ProofSystemError

__all__ = [
    "dataset_mark_registered",
    "dataset_mark_rejected",
    "dataset_submit",
    "dataset_unmark_registered",
    "program_mark_registered",
    "program_register",
    "program_unmark_registered",
    "setup_register",
]

logger = structlog.get_logger(__name__)

MAX_GRADE = 4


def setup_register(*, directory: Path, is_made_here: bool = False) -> Setup:
    """Register the setup of a key directory; registering it again only notes where it is now.

    `is_made_here` skips the subgroup check of the long G2 list, for keys that this machine just made.
    Raises SetupInvalid.
    """
    verifying, ceremony = setups.read_verifying_key(directory)
    try:
        key = proof_setup.load(directory, get_backend(), trusted=is_made_here)
    except ProofSystemError as error:
        raise SetupInvalid(f"the key directory is not usable: {error}") from error
    setup, is_new = Setup.objects.update_or_create(
        setup_id=formats.to_hex(verifying.setup_id),
        create_defaults={
            "capacity": verifying.n,
            "verifying_key": formats.verifying_key_document(verifying),
            "is_development": key.is_development,
            "directory": str(directory.resolve()),
        },
        defaults={"directory": str(directory.resolve())},
    )
    logger.info("setup_registered", setup_id=setup.setup_id, ceremony=ceremony, is_new=is_new)
    return setup


def program_register(*, document: dict[str, Any], title: str, title_zh: str = "") -> Program:
    """Offer a program; offering it again changes nothing. Raises ProgramInvalid, SetupUnknown."""
    try:
        program = formats.program_from(document)
    except ProofSystemError as error:
        raise ProgramInvalid(str(error)) from error
    setup = Setup.objects.filter(setup_id=formats.to_hex(program.setup_id)).first()
    if setup is None:
        raise SetupUnknown(f"the program names setup {formats.to_hex(program.setup_id)}, which is not here")
    program_id = formats.to_hex(program.program_id)
    stored, _ = Program.objects.get_or_create(
        program_id=program_id,
        defaults={"setup": setup, "document": document, "title": title, "title_zh": title_zh},
    )
    return stored


def program_mark_registered(*, program_id: str) -> None:
    """The chain's ProgramRegistry has it: orders may name it."""
    if Program.objects.filter(program_id=program_id).update(is_registered=True) == 0:
        logger.warning("program_unknown_to_market", program_id=program_id)


def program_unmark_registered(*, program_id: str) -> None:
    """A reorganisation took the registration away."""
    Program.objects.filter(program_id=program_id).update(is_registered=False)


def dataset_submit(
    *,
    owner: Party,
    registration: dict[str, Any],
    signature: str,
    title: str,
    schema: dict[str, Any],
    commitments: list[Any],
) -> Dataset:
    """Check everything of a dataset, store it as SUBMITTED and ask for its registration on the chain.

    Raises MalformedMessage, DatasetSignatureInvalid, RegistrationInvalid, SetupUnknown, SchemaInvalid,
    CommitmentsInvalid (κ-proofs, F against F², `ones`, hash), DatasetExists.
    """
    message = RegisterDataset.from_json(registration)
    dataset_id = message_digest(message)
    _check_signature(message, signature, owner)
    setup = _check_registration(message)
    columns = read_schema(schema, schema_hash=message.schema_hash)
    checked = check_columns(
        key=setups.proving_key(setup),
        rows=message.rows,
        documents=commitments,
        expected_count=len(columns) + 1,
        columns_hash=message.columns_hash,
    )
    dataset = Dataset(
        dataset_id=dataset_id,
        owner=owner,
        setup=setup,
        title=title,
        rows=message.rows,
        grade=message.grade,
        schema=schema,
        schema_hash=message.schema_hash,
        columns_hash=message.columns_hash,
        registration=message.to_json(),
        signature=signature,
    )
    with transaction.atomic():
        _create(dataset, columns, checked)
        _request_registration(dataset, message, checked)
    logger.info("dataset_submitted", dataset_id=dataset_id, rows=dataset.rows, columns=len(columns))
    return dataset


def dataset_mark_registered(*, dataset_id: str, at: datetime) -> None:
    """SUBMITTED → REGISTERED, because `DatasetRegistered` was indexed. Doing it again changes nothing."""
    changed = Dataset.objects.filter(
        dataset_id=dataset_id, state__in=(DatasetState.SUBMITTED, DatasetState.REJECTED)
    ).update(state=DatasetState.REGISTERED, registered_at=at, rejection="")
    _log_change("dataset_registered", dataset_id, changed)


def dataset_mark_rejected(*, dataset_id: str, reason: str) -> None:
    """SUBMITTED → REJECTED, because the chain refused the registration for good."""
    changed = Dataset.objects.filter(dataset_id=dataset_id, state=DatasetState.SUBMITTED).update(
        state=DatasetState.REJECTED, rejection=reason or "the chain refused it"
    )
    _log_change("dataset_rejected", dataset_id, changed)


def dataset_unmark_registered(*, dataset_id: str) -> None:
    """REGISTERED → SUBMITTED, because a reorganisation took the event away."""
    changed = Dataset.objects.filter(dataset_id=dataset_id, state=DatasetState.REGISTERED).update(
        state=DatasetState.SUBMITTED, registered_at=None
    )
    _log_change("dataset_registration_undone", dataset_id, changed)


def _check_signature(message: RegisterDataset, signature: str, owner: Party) -> None:
    if message.owner != owner.eth_address:
        raise DatasetSignatureInvalid(
            f"the registration's owner is {message.owner}; you are {owner.eth_address}"
        )
    try:
        signer = message_signer(message, signature)
    except MalformedSignature as error:
        raise DatasetSignatureInvalid(str(error)) from error
    if signer != message.owner:
        raise DatasetSignatureInvalid(f"the registration was signed by {signer}, not by {message.owner}")


def _check_registration(message: RegisterDataset) -> Setup:
    setup = Setup.objects.filter(setup_id=message.setup_id).first()
    if setup is None:
        raise SetupUnknown(f"the registration names setup {message.setup_id}, which is not here")
    if not 1 <= message.rows <= setup.capacity - 2:
        raise RegistrationInvalid(
            f"{message.rows} rows do not fit: the setup holds 1 to {setup.capacity - 2}", field="rows"
        )
    if message.grade > MAX_GRADE:
        raise RegistrationInvalid(f"grade {message.grade} is above {MAX_GRADE}", field="grade")
    if message.deadline <= timezone.now().timestamp():
        raise RegistrationInvalid("the registration's deadline has passed", field="deadline")
    return setup


def _create(dataset: Dataset, columns: tuple[ColumnSchema, ...], checked: CheckedColumns) -> None:
    try:
        with transaction.atomic():
            dataset.save(force_insert=True)
    except IntegrityError:
        raise DatasetExists(
            f"there is a dataset {dataset.dataset_id}", dataset_id=dataset.dataset_id
        ) from None
    entries: list[tuple[str, dict[str, Any]]] = [
        (ONES, {}),
        *((column.name, column.document()) for column in columns),
    ]
    Column.objects.bulk_create(
        Column(
            dataset=dataset,
            index=index,
            name=name,
            schema=entry,
            commitment=formats.to_hex(commitment.f),
            commitment_g2=formats.to_hex(commitment.f2),
            knowledge_proof=formats.to_hex(commitment.f_kappa),
            column_hash=column_hash,
        )
        for index, ((name, entry), commitment, column_hash) in enumerate(
            zip(entries, checked.commitments, checked.column_hashes, strict=True)
        )
    )


def _request_registration(dataset: Dataset, message: RegisterDataset, checked: CheckedColumns) -> None:
    transaction_enqueue(
        kind="dataset_register",
        dedupe_key=f"dataset-register/{dataset.dataset_id}",
        contract="DatasetRegistry",
        function="register",
        arguments=[
            message.to_struct(),
            dataset.signature,
            [_point(commitment.f) for commitment in checked.commitments],
            [_point(commitment.f_kappa) for commitment in checked.commitments],
        ],
    )


def _point(encoded: bytes) -> list[int]:
    """A G1 point as the contract's struct: x, y."""
    return [int.from_bytes(encoded[:32], "big"), int.from_bytes(encoded[32:], "big")]


def _log_change(event: str, dataset_id: str, changed: int) -> None:
    if changed:
        logger.info(event, dataset_id=dataset_id)
    else:
        logger.info("dataset_unchanged", dataset_id=dataset_id, wanted=event)
