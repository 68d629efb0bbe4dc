"""Typed client of the market's REST API for parties (docs/api.md).

Every method is one call; errors are those of ``transport`` (``Problem`` subclasses, MarketUnavailable,
MalformedDocument) and BlobCorrupt for bytes that are not what was announced.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from scheduler.agents.decoding import decode
from scheduler.agents.errors import BlobCorrupt, NotFound
from scheduler.agents.transport import Transport
from scheduler.agents.wire import (
    BlobTicket,
    ChainDescription,
    Enrolment,
    FileEntry,
    Heartbeat,
    JobView,
    Lease,
    ResultShareReference,
    SetupDescription,
)

__all__ = ["MarketClient"]

T = TypeVar("T")
UPLOAD_TIMEOUT_SECONDS = 300.0


class MarketClient:
    """The market as one party sees it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    # what is open to everybody -----------------------------------------------------------------
    def status(self) -> dict[str, Any]:
        """Version of the market's software, number of its API, its time."""
        return self._get(dict, "/status", signed=False)

    def chain(self) -> ChainDescription:
        """Chain id and contract addresses."""
        return self._get(ChainDescription, "/chain", signed=False)

    def setup(self, setup_id: str) -> SetupDescription:
        """A proof setup: verifying key and the files of the proving key."""
        return self._get(SetupDescription, f"/setups/{setup_id}", signed=False)

    def setups(self) -> list[SetupDescription]:
        """All setups."""
        return list(self._items(SetupDescription, "/setups"))

    def setup_file(self, setup_id: str, entry: FileEntry, target: Path) -> None:
        """Download a proving key file to ``target``; BlobCorrupt unless size and SHA-256 are as announced."""
        path = f"/setups/{setup_id}/files/{entry.name}"
        response = self.transport.call("GET", path, signed=False, timeout_seconds=UPLOAD_TIMEOUT_SECONDS)
        _check_bytes(response.content, entry.size, entry.sha256, f"setup file {entry.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        pending = target.with_name(target.name + ".pending")
        pending.write_bytes(response.content)
        pending.replace(target)

    def programs(self) -> list[dict[str, Any]]:
        """Registered programs: program_id, document, setup_id, title."""
        return list(self._items(dict, "/programs"))

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """A dataset with its columns and commitments."""
        return self._get(dict, f"/datasets/{dataset_id}", signed=False)

    def datasets(self) -> list[dict[str, Any]]:
        """All registered datasets."""
        return list(self._items(dict, "/datasets"))

    def receipt(self, job_id: str) -> dict[str, Any]:
        """The receipt bundle of a settled job."""
        return self._get(dict, f"/jobs/{job_id}/receipt", signed=False)

    # identity ----------------------------------------------------------------------------------
    def enrol(self, body: Mapping[str, Any]) -> Enrolment:
        """Spend a one-time token; the request is signed with the new key."""
        return decode(Enrolment, self.transport.post_json("/parties", dict(body)), where="enrolment")

    def rotate_signing_key(self, party_id: str, eth_signature: str) -> dict[str, Any]:
        """Put the key that signs this very request in force; the party's Ethereum key allows it."""
        body = {"eth_signature": eth_signature}
        return self._post(f"/parties/{party_id}/signing-key", body, None)

    def party(self, party_id: str) -> dict[str, Any]:
        """A party, without secrets."""
        return self._get(dict, f"/parties/{party_id}")

    def parties(self, **filters: str) -> list[dict[str, Any]]:
        """Parties, without secrets."""
        return list(self._items(dict, "/parties", query=filters, signed=True))

    def party_id_of(self, eth_address: str, kind: str) -> str:
        """The party with this address; NotFound if the market knows none."""
        for party in self.parties(kind=kind):
            if party["eth_address"] == eth_address:
                return str(party["party_id"])
        raise NotFound(404, "party_unknown", f"The market knows no {kind} with the address {eth_address}.")

    # registrations and money -------------------------------------------------------------------
    def publish_dataset(self, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Register a dataset."""
        return self._post("/datasets", body, idempotency_key)

    def publish_licence(self, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Grant a licence."""
        return self._post("/licences", body, idempotency_key)

    def licence(self, licence_id: str) -> dict[str, Any]:
        """A licence of which this party is provider or consumer, with quantities."""
        return self._get(dict, f"/licences/{licence_id}")

    def licences(self) -> list[dict[str, Any]]:
        """Own licences."""
        return list(self._items(dict, "/licences", signed=True))

    def usage_statement(self) -> dict[str, Any]:
        """Every use of this provider's licences, signed by the market."""
        return self._get(dict, "/usage-statement")

    def agreements(self) -> list[dict[str, Any]]:
        """Own agreements, newest first, with their steps."""
        return list(self._items(dict, "/agreements", signed=True))

    def agreement(self, agreement_id: str) -> dict[str, Any]:
        """One agreement with its steps."""
        return self._get(dict, f"/agreements/{agreement_id}")

    def agreement_step(self, agreement_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a signed step; None: the first one."""
        path = "/agreements" if agreement_id is None else f"/agreements/{agreement_id}/steps"
        return self._post(path, body, None)

    def revoke_licence(self, licence_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a signed revocation."""
        return self._post(f"/licences/{licence_id}/revoke", body, None)

    def deposit(self, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Deposit settlement tokens by an ERC-2612 permit."""
        return self._post("/deposits", body, idempotency_key)

    def balance(self, address: str) -> dict[str, Any]:
        """Balance and escrow of an address in the Market."""
        return self._get(dict, f"/balances/{address}")

    def earnings(self, address: str) -> Iterator[dict[str, Any]]:
        """What an address was paid, job by job, newest first."""
        return self._items(dict, f"/earnings/{address}", signed=True)

    def nodes(self) -> list[dict[str, Any]]:
        """All nodes."""
        return list(self._items(dict, "/nodes"))

    def register_node(self, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Register a compute node."""
        return self._post("/nodes", body, idempotency_key)

    def node(self, node_id: str) -> dict[str, Any]:
        """A node's public record."""
        return self._get(dict, f"/nodes/{node_id}", signed=False)

    def set_availability(self, node_id: str, availability: str) -> None:
        """ONLINE, DRAINING or OFFLINE."""
        self._post(f"/nodes/{node_id}/availability", {"availability": availability}, None)

    # jobs --------------------------------------------------------------------------------------
    def place_order(self, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Place a signed order."""
        return self._post("/orders", body, idempotency_key)

    def explain_order(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Would this order be admitted, and at what price; nothing is placed."""
        return self._post("/orders/explain", body, None)

    def job(self, job_id: str) -> JobView:
        """A job's state."""
        return self._get(JobView, f"/jobs/{job_id}")

    def job_events(self, job_id: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Events with a sequence number above ``after``."""
        return list(self._items(dict, f"/jobs/{job_id}/events", query={"after": after}, signed=True))

    def cancel_job(self, job_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Cancel before the deal."""
        return self._post(f"/jobs/{job_id}/cancel", body, None)

    def result_shares(self, job_id: str) -> list[ResultShareReference]:
        """Where the sealed result shares of the answering set are."""
        return list(self._items(ResultShareReference, f"/jobs/{job_id}/result-shares", signed=True))

    # leases ------------------------------------------------------------------------------------
    def lease(self, kinds: Sequence[str], *, wait_seconds: float) -> Lease | None:
        """Wait for a task; None if there was none. Not retried here: the loop decides."""
        answer = self.transport.post_json(
            "/leases",
            {"kinds": list(kinds), "wait_seconds": round(wait_seconds)},
            patience_seconds=0.0,
            timeout_seconds=wait_seconds + 15.0,
        )
        return None if answer is None else decode(Lease, answer, where="lease")

    def tasks(self, *, state: str = "") -> Iterator[dict[str, Any]]:
        """Own tasks, newest first, with the reason of those that failed."""
        return self._items(dict, "/tasks", query={"state": state} if state else None, signed=True)

    def heartbeat(self, lease: Lease, *, progress: float, note: str) -> Heartbeat:
        """Renew a lease. Not retried here: the next beat is the retry."""
        body = {"fencing_token": lease.fencing_token, "progress": round(progress, 4), "note": note}
        answer = self.transport.post_json(f"/leases/{lease.lease_id}/heartbeat", body, patience_seconds=0.0)
        return decode(Heartbeat, answer, where="heartbeat")

    def finish(self, lease: Lease, result: Mapping[str, Any], *, patience_seconds: float) -> None:
        """Hand in a result; the same body may be handed in again."""
        body = {"fencing_token": lease.fencing_token, "result": dict(result)}
        self.transport.call(
            "POST", f"/leases/{lease.lease_id}/finish", json=body, patience_seconds=patience_seconds
        )

    def fail(self, lease: Lease, code: str, detail: str, evidence: Mapping[str, Any] | None = None) -> None:
        """Give a task up, with the reason."""
        body: dict[str, Any] = {"fencing_token": lease.fencing_token, "code": code, "detail": detail}
        if evidence is not None:
            body["evidence"] = dict(evidence)
        self.transport.call("POST", f"/leases/{lease.lease_id}/fail", json=body)

    # blobs -------------------------------------------------------------------------------------
    def upload_blob(
        self, content: bytes, *, purpose: str, job_id: str | None = None, recipient: str | None = None
    ) -> str:
        """Declare and upload; the blob's id."""
        declaration: dict[str, Any] = {
            "purpose": purpose,
            "size": len(content),
            "sha256": "0x" + hashlib.sha256(content).hexdigest(),
        }
        declaration |= {k: v for k, v in (("job_id", job_id), ("recipient", recipient)) if v is not None}
        ticket = decode(BlobTicket, self.transport.post_json("/blobs", declaration), where="blob")
        self.transport.call(
            "PUT", ticket.upload_path, content=content, timeout_seconds=UPLOAD_TIMEOUT_SECONDS
        )
        return ticket.blob_id

    def download_blob(self, blob_id: str, *, sha256: str | None = None, size: int | None = None) -> bytes:
        """The bytes of a blob; BlobCorrupt if they are not what was announced."""
        response = self.transport.call("GET", f"/blobs/{blob_id}", timeout_seconds=UPLOAD_TIMEOUT_SECONDS)
        _check_bytes(response.content, size, sha256, f"blob {blob_id}")
        return response.content

    # inner -------------------------------------------------------------------------------------
    def _get(self, kind: type[T], path: str, *, signed: bool = True) -> T:
        return decode(kind, self.transport.get_json(path, signed=signed), where=path)

    def _post(self, path: str, body: Mapping[str, Any], idempotency_key: str | None) -> dict[str, Any]:
        answer = self.transport.post_json(path, dict(body), idempotency_key=idempotency_key)
        return decode(dict, {} if answer is None else answer, where=path)

    def _items(
        self, kind: type[T], path: str, *, query: Mapping[str, Any] | None = None, signed: bool = False
    ) -> Iterator[T]:
        """All pages of a list, following ``Link: <…>; rel="next"``."""
        response = self.transport.call("GET", path, query=query, signed=signed)
        while True:
            page = response.json()
            items = page.get("items", []) if isinstance(page, dict) else page
            for index, item in enumerate(items):
                yield decode(kind, item, where=f"{path}[{index}]")
            following = response.links.get("next", {}).get("url")
            if not following:
                return
            response = self.transport.call("GET", following, signed=signed)


def _check_bytes(content: bytes, size: int | None, sha256: str | None, what: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if (size is not None and len(content) != size) or (
        sha256 is not None and found != sha256.removeprefix("0x")
    ):
        raise BlobCorrupt(
            "blob_corrupt",
            f"The {what} has {len(content)} bytes and SHA-256 {found}, not what was announced.",
            "Ask for it again; if it stays so, the sender must send it anew.",
        )
