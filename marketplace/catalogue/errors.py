"""Errors of setups, programs and datasets."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = [
    "CommitmentsInvalid",
    "DatasetExists",
    "DatasetSignatureInvalid",
    "DatasetUnknown",
    "ProgramInvalid",
    "RegistrationInvalid",
    "SchemaInvalid",
    "SetupFileUnknown",
    "SetupInvalid",
    "SetupUnknown",
]


class SetupInvalid(DomainError):
    code = "setup_invalid"
    title = "The setup's keys cannot be used"
    remedy = "Make or download the key directory again."


class SetupUnknown(DomainError):
    code = "setup_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such setup"
    remedy = "Choose one of GET /setups."


class SetupFileUnknown(DomainError):
    code = "setup_file_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "The setup has no such file"
    remedy = "Choose one of the files that GET /setups/{id} lists."


class ProgramInvalid(DomainError):
    code = "program_invalid"
    title = "The program's document is malformed"
    remedy = "Write the document as docs/protocol.md, Ids and signatures, describes."


class DatasetUnknown(DomainError):
    code = "dataset_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such dataset"
    remedy = "Choose one of GET /datasets."


class DatasetExists(DomainError):
    code = "dataset_exists"
    status = HTTPStatus.CONFLICT
    title = "This registration was handed in before"
    remedy = "Follow the existing dataset, or change the salt and sign again to register once more."


class DatasetSignatureInvalid(DomainError):
    code = "dataset_signature_invalid"
    title = "The registration is not signed by its owner"
    remedy = "Sign it with the connector's Ethereum key, for the chain and DatasetRegistry of GET /chain."


class RegistrationInvalid(DomainError):
    """`field` names the field of RegisterDataset."""

    code = "registration_invalid"
    title = "The registration does not fit the dataset"
    remedy = "Correct the field that `field` names and sign the registration again."


class SchemaInvalid(DomainError):
    code = "schema_invalid"
    title = "The schema is malformed or not the signed one"
    remedy = "Write the schema as docs/protocol.md describes and sign the registration with its hash."


class CommitmentsInvalid(DomainError):
    """`column` is the index of the first bad one, where it is known."""

    code = "commitments_invalid"
    title = "The commitments do not stand the proof system's checks"
    remedy = "Commit the columns again with the setup's proving key; nothing was registered."
