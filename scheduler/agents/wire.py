"""Shapes of the market's answers and of task payloads (docs/api.md), as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BlobTicket",
    "ChainDescription",
    "ColumnCommitment",
    "Enrolment",
    "FileEntry",
    "Heartbeat",
    "JobInput",
    "JobView",
    "Lease",
    "PackageReference",
    "ProgramReference",
    "ResultShareReference",
    "Seat",
    "SetupDescription",
    "TaskContext",
]


@dataclass(frozen=True)
class ChainDescription:
    """``GET /chain``: what the market says about the chain; a party with its own RPC URL checks it there."""

    chain_id: int
    contracts: dict[str, str]
    finality_depth: int = 0
    rpc_url: str | None = None
    eip712: dict[str, str] = field(default_factory=lambda: {"name": "Hengsuan", "version": "1"})


@dataclass(frozen=True)
class FileEntry:
    """A file of a proving key."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class SetupDescription:
    """``GET /setups/{id}``."""

    setup_id: str
    capacity: int
    is_development: bool
    verifying_key: dict[str, Any]
    files: tuple[FileEntry, ...]


@dataclass(frozen=True)
class Enrolment:
    """``POST /parties``: identity and the intervals that the server sets."""

    party_id: str
    organisation: str
    heartbeat_seconds: float
    lease_wait_seconds: float
    lease_seconds: float


@dataclass(frozen=True)
class BlobTicket:
    """``POST /blobs``: where to put the bytes."""

    blob_id: str
    upload_path: str


@dataclass(frozen=True)
class Lease:
    """A task in this party's hands until ``expires_at``, as long as the fencing token is the newest."""

    lease_id: str
    task_id: str
    kind: str
    job_id: str
    attempt: int
    fencing_token: int
    expires_at: str
    payload: dict[str, Any]
    seat: int | None = None


@dataclass(frozen=True)
class Heartbeat:
    """Answer to a heartbeat: ``action`` is continue, cancel or drain."""

    expires_at: str
    action: str


@dataclass(frozen=True)
class ProgramReference:
    """A program's canonical document and its id, the document's hash."""

    program_id: str
    document: dict[str, Any]


@dataclass(frozen=True)
class ColumnCommitment:
    """A column's commitment in both groups and its proof of knowledge, ``0x`` hex."""

    index: int
    F: str
    F2: str
    F_kappa: str


@dataclass(frozen=True)
class JobInput:
    """One licensed dataset of a job: its chosen columns as a bitmap and their commitments, column 0 first."""

    licence_id: str
    dataset_id: str
    columns: int
    owner: str
    rows: int
    schema: dict[str, Any]
    commitments: tuple[ColumnCommitment, ...]


@dataclass(frozen=True)
class Seat:
    """A node's place in a job: ``seat`` is its evaluation point."""

    seat: int
    node_id: str
    operator: str
    signer: str
    sealing_key: str
    party_id: str


@dataclass(frozen=True)
class TaskContext:
    """What every task payload says about its job; the party re-checks it."""

    chain_id: int
    market: str
    job_id: str
    attempt: int
    program: ProgramReference
    setup_id: str
    order: dict[str, Any]
    order_signature: str
    details: dict[str, Any]
    inputs: tuple[JobInput, ...]
    seats: tuple[Seat, ...]
    threshold: int
    degree: int


@dataclass(frozen=True)
class PackageReference:
    """A dealer's sealed package for one seat: blob, hash, and the dealer's ``Deal`` signature."""

    blob_id: str
    content_hash: str
    signature: str
    dealer: str = ""
    seat: int = 0


@dataclass(frozen=True)
class ResultShareReference:
    """Where a seat's sealed result share is."""

    seat: int
    node_id: str
    blob_id: str
    sealing: str = ""


@dataclass(frozen=True)
class JobView:
    """``GET /jobs/{id}``: only what agents use."""

    job_id: str
    state: str
    attempt: int = 0
    reason_code: str | None = None
    reason_detail: str | None = None
    price: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether no further change of state is possible."""
        return self.state in {"SETTLED", "CANCELLED", "FAILED", "EXPIRED"}
