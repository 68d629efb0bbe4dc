"""A node accuses a dealer of a wrong package: the package that the dealer signed decides. docs/adr/0008."""

from __future__ import annotations

from marketplace.orders.models import Job
from marketplace.signing.errors import SigningError
from marketplace.signing.sealing import open_as_sender
from proofs.deal_commitments import DealerCommitments, check_package
from proofs.errors import ProofSystemError
from proofs.formats import from_hex
from proofs.keys import ProvingKey
from proofs.node import deal_context
from proofs.sharing import DealerPackage
from scheduler.leases.conf import blob_storage
from scheduler.leases.models import Blob, Task, TaskKind
from scheduler.pipeline.payloads import seats_of
from scheduler.pipeline.statement import JobStatement

__all__ = ["is_package_wrong"]


def is_package_wrong(job: Job, statement: JobStatement, key: ProvingKey, opening: Task) -> str:
    """What is wrong with the package that ``opening`` (a finished ``blame_open``) opens; empty if nothing.

    The plaintext is one share of the dealer's columns: it is looked at here and kept nowhere.
    """
    context = deal_context(
        key, statement.context, statement.statement, job.attempt, is_sealed=statement.is_sealed
    )
    secret = from_hex((opening.result or {})["opening"]["ephemeral_secret"], "ephemeral_secret", 32)
    sealing_key = next(seat.node.sealing_key for seat in seats_of(job) if seat.seat == opening.seat)
    try:
        plain = open_as_sender(from_hex(sealing_key, "sealing_key", 32), secret, _ciphertext(opening))
        package = DealerPackage.from_bytes(key.backend, plain, context=context, seat=opening.seat)
        check_package(key, statement.statement, _committed(opening), package)
    except (SigningError, ProofSystemError) as error:
        return str(error) or type(error).__name__
    return ""


def _ciphertext(opening: Task) -> bytes:
    """The sealed bytes whose hash the dealer signed for the seat (checked when it dealt)."""
    deal = Task.objects.get(
        job=opening.job_id, attempt=opening.attempt, kind=TaskKind.DEAL, party=opening.party
    )
    packages = (deal.result or {})["packages"]
    package = next(entry for entry in packages if entry["seat"] == opening.seat)
    blob = Blob.objects.get(id=package["blob_id"])
    with blob_storage().open(blob.storage_name, "rb") as content:
        return bytes(content.read())


def _committed(opening: Task) -> DealerCommitments:
    task = Task.objects.get(
        job=opening.job_id, attempt=opening.attempt, kind=TaskKind.BLAME_DEAL, party=opening.party
    )
    return DealerCommitments.from_document((task.result or {})["commitments"])
