"""Blobs: declared, streamed, checked; whatever is wrong leaves nothing behind."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from marketplace.accounts.models import Party
from marketplace.rest.errors import SignatureInvalid
from scheduler.leases.blobs import blob_declare, blob_open, blob_store
from scheduler.leases.errors import BlobCorrupt, BlobNotStored, BlobRefused, BlobTooLarge, BlobUnknown
from scheduler.leases.models import Blob, BlobState, Task

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def owner(market: Any, make_task: Callable[..., Task]) -> Party:
    party = market.add_node("node-1").party
    make_task(party)
    return party


@pytest.fixture
def recipient(market: Any) -> Party:
    return market.consumer.party


@pytest.fixture
def outsider(market: Any) -> Party:
    return market.add_node("node-2").party


@pytest.fixture
def blob(owner: Party, recipient: Party) -> Blob:
    return declare(owner, recipient)


def declare(owner: Party, recipient: Party, content: bytes = CONTENT, **changes: Any) -> Blob:
    fields: dict[str, Any] = {
        "purpose": "share",
        "size": len(content),
        "sha256": "0x" + hashlib.sha256(content).hexdigest(),
        "job_id": Task.objects.get().job_id,
        "recipient_id": recipient.id,
    }
    return blob_declare(owner=owner, **fields | changes)


def store(owner: Party, blob: Blob, content: bytes, check: Callable[[bytes], None] = lambda _: None) -> Blob:
    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), 65536):
            yield content[start : start + 65536]

    return blob_store(owner=owner, blob_id=blob.id, chunks=chunks(), check_digest=check)


def files(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.BLOB_ROOT).rglob("*") if path.is_file()]


def test_owner_and_recipient_read_what_was_stored(owner: Party, recipient: Party, blob: Blob) -> None:
    assert store(owner, blob, CONTENT).state == BlobState.STORED
    for party in (owner, recipient):
        _, content = blob_open(party=party, blob_id=blob.id)
        with content:
            assert content.read() == CONTENT


def test_nobody_else_sees_it(owner: Party, outsider: Party, blob: Blob) -> None:
    store(owner, blob, CONTENT)
    with pytest.raises(BlobUnknown):
        blob_open(party=outsider, blob_id=blob.id)
    with pytest.raises(BlobUnknown):
        store(outsider, blob, CONTENT)


def test_a_declared_blob_has_no_bytes_yet(recipient: Party, blob: Blob) -> None:
    with pytest.raises(BlobNotStored):
        blob_open(party=recipient, blob_id=blob.id)


@pytest.mark.parametrize(
    "sent",
    [CONTENT[:-1], CONTENT + b"x", b"\x01" + CONTENT[1:], b""],
    ids=["short", "long", "altered", "empty"],
)
def test_wrong_bytes_are_refused_and_leave_nothing(
    sent: bytes, owner: Party, blob: Blob, settings: LazySettings
) -> None:
    with pytest.raises(BlobCorrupt):
        store(owner, blob, sent)
    blob.refresh_from_db()
    assert (blob.state, blob.storage_name) == (BlobState.DECLARED, "")
    assert files(settings) == []
    assert store(owner, blob, CONTENT).state == BlobState.STORED, "the right bytes may still come"


def test_a_broken_off_upload_leaves_nothing(owner: Party, blob: Blob, settings: LazySettings) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT[:1000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blob_store(owner=owner, blob_id=blob.id, chunks=broken(), check_digest=lambda _: None)
    assert files(settings) == []


def test_bytes_that_the_request_did_not_sign_leave_nothing(
    owner: Party, blob: Blob, settings: LazySettings
) -> None:
    def refuse(digest: bytes) -> None:
        raise SignatureInvalid("the body is not the signed one")

    with pytest.raises(SignatureInvalid):
        store(owner, blob, CONTENT, refuse)
    assert files(settings) == []


def test_stored_bytes_may_be_sent_again_but_no_others(
    owner: Party, blob: Blob, settings: LazySettings
) -> None:
    store(owner, blob, CONTENT)
    assert store(owner, blob, CONTENT).state == BlobState.STORED
    with pytest.raises(BlobCorrupt):
        store(owner, blob, b"\x01" + CONTENT[1:])
    assert len(files(settings)) == 1


def test_more_than_the_limit_is_refused_before_anything_is_sent(
    owner: Party, recipient: Party, settings: LazySettings
) -> None:
    settings.BLOB_MAX_BYTES = 1000
    with pytest.raises(BlobTooLarge) as caught:
        declare(owner, recipient)
    assert caught.value.context == {"limit_bytes": 1000}


def test_blobs_are_only_for_jobs_that_one_has_a_task_of(
    outsider: Party, recipient: Party, blob: Blob
) -> None:
    with pytest.raises(BlobRefused):
        declare(outsider, recipient)


def test_an_unknown_recipient_is_refused(owner: Party, recipient: Party) -> None:
    with pytest.raises(BlobRefused):
        declare(owner, recipient, recipient_id=uuid.uuid4())
