"""The dealers' packages of one seat: fetched, checked against the dealers' signatures, opened."""

from __future__ import annotations

from dataclasses import asdict

from eth_utils.crypto import keccak

from marketplace.signing.eip712 import Deal
from marketplace.signing.errors import SigningError
from proofs.errors import ProofSystemError
from proofs.sharing import DealerPackage
from scheduler.agents.decoding import decode
from scheduler.agents.errors import NotFound, TaskRefused
from scheduler.agents.leases import Work
from scheduler.agents.node.task import NodeTask
from scheduler.agents.patience import patiently
from scheduler.agents.wire import PackageReference

__all__ = ["open_packages", "reopen_packages"]


def open_packages(task: NodeTask, given: object, work: Work) -> list[DealerPackage]:
    """One package of each dealer of the job, from the payload's references, which are kept for later rounds.

    Raises TaskRefused: ``packages_incomplete``, ``package_not_signed``, ``package_missing``,
    ``package_altered``, ``package_unreadable`` (names the dealer, with evidence).
    """
    references = decode(tuple[PackageReference, ...], given, where="packages")
    packages = _open_all(task, references, work)
    stored = [asdict(reference) for reference in references]
    task.session.state.create_json_once(f"{task.folder}/packages.json", stored)
    return packages


def reopen_packages(task: NodeTask, work: Work) -> list[DealerPackage]:
    """The packages that round 1 used. Raises TaskRefused ``round1_missing`` if there was none."""
    stored = task.session.state.read_json(f"{task.folder}/packages.json")
    if stored is None:
        raise TaskRefused(
            "round1_missing",
            "This node keeps nothing of the attempt: no round 1 was answered, or the job is final.",
            "Start a new attempt.",
        )
    references = decode(tuple[PackageReference, ...], stored, where="packages.json")
    return _open_all(task, references, work)


def _open_all(task: NodeTask, references: tuple[PackageReference, ...], work: Work) -> list[DealerPackage]:
    dealers = [reference.dealer for reference in references]
    owners = {item.owner for item in task.job.context.inputs}
    if len(set(dealers)) != len(dealers) or set(dealers) != owners:
        raise TaskRefused("packages_incomplete", "There is not exactly one package of each dealer.")
    return [_open(task, reference, work) for reference in references]


def _open(task: NodeTask, reference: PackageReference, work: Work) -> DealerPackage:
    sealed = _sealed(task, reference, work)
    try:
        package = DealerPackage.from_bytes(
            task.key.backend,
            task.session.keys.unseal(sealed),
            context=task.job.deal_context(task.key),
            seat=task.seat.seat,
        )
    except (TaskRefused, ProofSystemError) as error:
        raise _unreadable(reference, str(error)) from None
    if set(package.columns) != _positions_of(task, reference.dealer):
        raise _unreadable(reference, "It holds other columns than the dealer's own.")
    return package


def _unreadable(reference: PackageReference, detail: str) -> TaskRefused:
    return TaskRefused(
        "package_unreadable",
        f"The package of dealer {reference.dealer} cannot be used. {detail}",
        "The dealer must deal again in a new attempt.",
        evidence={"dealer": reference.dealer, "content_hash": reference.content_hash},
    )


def _positions_of(task: NodeTask, dealer: str) -> set[int]:
    return {
        position
        for number, item in enumerate(task.job.context.inputs)
        if item.owner == dealer
        for position in task.job.positions(number).values()
    }


def _sealed(task: NodeTask, reference: PackageReference, work: Work) -> bytes:
    """The bytes that the dealer signed for this seat, from disk or from the market."""
    _check_signature(task, reference)
    name = f"{task.folder}/package-{reference.dealer}"
    sealed = task.session.state.read_bytes(name)
    if sealed is None or _content_hash(sealed) != reference.content_hash:
        sealed = _download(task, reference, work)
        task.session.state.write_bytes(name, sealed)
    return sealed


def _check_signature(task: NodeTask, reference: PackageReference) -> None:
    context = task.job.context
    deal = Deal(
        job_id=context.job_id,
        attempt=context.attempt,
        seat=task.seat.seat,
        content_hash=reference.content_hash,
    )
    try:
        signer = deal.recover(task.session.deployment.domain("Market"), reference.signature)
    except SigningError as error:
        raise TaskRefused("package_not_signed", f"Dealer {reference.dealer}: {error}") from None
    if signer != reference.dealer:
        raise TaskRefused("package_not_signed", f"Dealer {reference.dealer} did not sign this package.")


def _download(task: NodeTask, reference: PackageReference, work: Work) -> bytes:
    try:
        sealed = patiently(work, lambda: task.session.client.download_blob(reference.blob_id))
    except NotFound as error:
        raise TaskRefused("package_missing", f"Dealer {reference.dealer}: {error.detail}") from None
    if _content_hash(sealed) != reference.content_hash:
        raise TaskRefused(
            "package_altered", f"The package of dealer {reference.dealer} is not the one that it signed."
        )
    return sealed


def _content_hash(sealed: bytes) -> str:
    return "0x" + keccak(sealed).hex()
