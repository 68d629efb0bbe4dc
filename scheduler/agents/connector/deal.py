"""The tasks of a connector: ``deal``, ``blame_deal`` and ``blame_open``. PROTOCOL, *Sharing and the nodes*.

``deals/<job id>/<attempt>`` in the state directory:

- ``intent.json``: digest of everything that this deal is for. The first one stands; another is refused
- ``seed``: 32 bytes of the system's randomness, written before anything is dealt; all slopes and masks
follow from it
- ``package-<seat>``: the sealed package as it leaves, so that a seat never gets two different ones
- ``blob-<seat>.json``: where it was uploaded
- ``commitments.json``: what was published of the deal after a failed proof, for one challenge only
- ``opened.json``: the one seat whose package was opened to the market

When the job is final the folder goes, and ``dealt/<job id>.json`` stays: nothing is dealt for that job again.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

from eth_utils.crypto import keccak

from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution, Deal
from proofs.deal_commitments import commit_deal
from proofs.keys import ProvingKey
from proofs.sharing import Dealing
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.explaining import answered_challenge, check_accusation, package_opening
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.connector.refusals import check_own_input
from scheduler.agents.decoding import decode
from scheduler.agents.errors import TaskRefused
from scheduler.agents.jobs import CheckedJob, check_job
from scheduler.agents.keys import seal_to
from scheduler.agents.leases import Work
from scheduler.agents.onchain import check_job_is_open, check_seats
from scheduler.agents.patience import patiently
from scheduler.agents.session import Session
from scheduler.agents.testimony import ROUND_COMMITMENTS, ROUND_OPENING
from scheduler.agents.wire import Lease, Seat, TaskContext

__all__ = ["ConnectorTasks"]

SEED_BYTES = 32


class ConnectorTasks:
    """Handlers for the lease loop."""

    def __init__(
        self,
        session: Session,
        datasets: DatasetStore,
        licensing: Licensing,
        *,
        now: Callable[[], float],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._session = session
        self._datasets = datasets
        self._licensing = licensing
        self._now = now
        self._random = random

    # deal --------------------------------------------------------------------------------------
    def deal(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """Check the job as if the market had not, then deal one sealed package to every seat."""
        job = self._checked(lease, work)
        own = self._own_inputs(job, lease.payload.get("input_positions"))
        work.progress(0.05, "licence")
        for position in own:
            patiently(work, functools.partial(self._check_input, job, position))
        folder = self._folder(job)
        self._commit_to_intent(job, folder)
        work.progress(0.1, "dealing")
        dealing = self._dealing(job, own, folder)
        packages = []
        for done, seat in enumerate(job.context.seats):
            packages.append(self._deal_to(job, seat, dealing, folder, work))
            work.progress(0.1 + 0.9 * (done + 1) / len(job.context.seats), f"seat {seat.seat}")
        return {"packages": packages}

    def _deal_to(
        self, job: CheckedJob, seat: Seat, dealing: Dealing, folder: str, work: Work
    ) -> dict[str, Any]:
        state, client = self._session.state, self._session.client
        sealed = state.read_bytes(f"{folder}/package-{seat.seat}")
        if sealed is None:
            plain = dealing.package(seat.seat).to_bytes()
            ephemeral_seed = self._sealing_seed(job, folder, seat.seat)
            sealed = seal_to(seat.sealing_key, plain, ephemeral_seed)
            sealed = state.create_once(f"{folder}/package-{seat.seat}", sealed)
        stored = state.read_json(f"{folder}/blob-{seat.seat}.json")
        if stored is None:
            blob_id = patiently(
                work,
                lambda: client.upload_blob(
                    sealed, purpose="share", job_id=job.context.job_id, recipient=seat.party_id
                ),
            )
            stored = {"blob_id": blob_id}
            state.write_json(f"{folder}/blob-{seat.seat}.json", stored)
        deal = Deal(
            job_id=job.context.job_id,
            attempt=job.context.attempt,
            seat=seat.seat,
            content_hash="0x" + keccak(sealed).hex(),
        )
        signature = deal.sign(self._session.deployment.domain("Market"), self._session.keys.account.key)
        return {"seat": seat.seat, **stored, "content_hash": deal.content_hash, "signature": signature}

    # blame -------------------------------------------------------------------------------------
    def blame_deal(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """Commit to everything of this attempt's deal, for the one challenge that the nodes answered."""
        job, own, folder = self._dealt(lease, work)
        challenge = answered_challenge(self._session.deployment, job, lease.payload)
        stored = self._session.state.read_json(f"{folder}/commitments.json")
        if stored is None:
            work.progress(0.2, "commitments")
            key = self._session.proving_keys.get(job.context.setup_id)
            made = commit_deal(key, self._dealing(job, own, folder), challenge)
            name = f"{folder}/commitments.json"
            stored = self._session.state.create_json_once(name, made.document())
        if int(stored["z"], 16) != challenge:
            raise TaskRefused(
                "blame_answered", "This dealer committed for another challenge in this attempt."
            )
        return {"commitments": stored, **self._signed(job, ROUND_COMMITMENTS, 0, stored)}

    def blame_open(self, lease: Lease, work: Work) -> Mapping[str, Any]:
        """Open the package of the seat that accused this dealer, to the market."""
        job, own, folder = self._dealt(lease, work)
        committed = self._session.state.read_json(f"{folder}/commitments.json")
        if committed is None:
            raise TaskRefused("accusation_unusable", "This dealer has committed to nothing in this attempt.")
        places = {place for position in own for place in job.positions(position).values()}
        seat = check_accusation(self._session.deployment, job, lease, committed, places)
        seed = self._sealing_seed(job, folder, seat)
        opening = package_opening(self._session.state, folder, seat, seed)
        return {"opening": opening, **self._signed(job, ROUND_OPENING, seat, opening)}

    def _dealt(self, lease: Lease, work: Work) -> tuple[CheckedJob, list[int], str]:
        """The job, this provider's inputs and the folder of a deal that this connector made."""
        job = self._checked(lease, work)
        own = self._own_inputs(job, lease.payload.get("input_positions"))
        folder = self._folder(job)
        intent = self._session.state.read_json(f"{folder}/intent.json")
        if intent is None or intent["digest"] != _intent(job):
            raise TaskRefused("deal_unknown", "This connector did not deal for this job and attempt.")
        return job, own, folder

    def _signed(self, job: CheckedJob, round_number: int, seat: int, content: Any) -> dict[str, str]:
        message = Contribution(
            job_id=job.context.job_id,
            attempt=job.context.attempt,
            round=round_number,
            seat=seat,
            content_hash=document_hash(content),
        )
        signature = message.sign(self._session.deployment.domain("Market"), self._session.keys.account.key)
        return {"content_hash": message.content_hash, "signature": signature}

    # forgetting --------------------------------------------------------------------------------
    def forget(self, job_id: str) -> None:
        """The job is final: seeds and packages go, and the job can never be dealt again."""
        self._session.state.write_json(f"dealt/{job_id}.json", {"is_final": True})
        self._session.state.delete(f"deals/{job_id}")

    # common ------------------------------------------------------------------------------------
    def _checked(self, lease: Lease, work: Work) -> CheckedJob:
        context = decode(TaskContext, lease.payload.get("context"), where="context")
        if (context.job_id, context.attempt) != (lease.job_id, lease.attempt):
            raise TaskRefused("context_invalid", "The context is of another job or attempt than the lease.")
        if self._session.state.read_json(f"dealt/{context.job_id}.json") is not None:
            raise TaskRefused("job_final", "This job is final; nothing is dealt for it again.")
        job = check_job(context, self._session.deployment)
        job.check_ones(self._session.proving_keys.get(context.setup_id))
        patiently(work, lambda: check_job_is_open(self._session.reader(), job))
        patiently(work, lambda: check_seats(self._session.reader(), job))
        return job

    def _own_inputs(self, job: CheckedJob, claimed: Any) -> list[int]:
        own = [
            position
            for position, item in enumerate(job.context.inputs)
            if item.owner == self._session.keys.address
        ]
        if not own or claimed != own:
            raise TaskRefused(
                "context_invalid", f"The inputs {claimed} are not those of this provider ({own})."
            )
        return own

    def _check_input(self, job: CheckedJob, position: int) -> None:
        check_own_input(
            job,
            position,
            datasets=self._datasets,
            licensing=self._licensing,
            reader=self._session.reader(),
            now=self._now,
        )

    def _folder(self, job: CheckedJob) -> str:
        return f"deals/{job.context.job_id}/{job.context.attempt}"

    def _commit_to_intent(self, job: CheckedJob, folder: str) -> None:
        wanted = _intent(job)
        stored = self._session.state.create_json_once(f"{folder}/intent.json", {"digest": wanted})
        if stored["digest"] != wanted:
            raise TaskRefused(
                "already_dealt",
                "For this job and attempt something else was dealt already (other nodes, columns or keys).",
                "Start a new attempt.",
            )

    def _dealing(self, job: CheckedJob, own: list[int], folder: str) -> Dealing:
        key = self._session.proving_keys.get(job.context.setup_id)
        seed = self._seed(folder)
        columns: dict[int, bytes] = {}
        for position in own:
            columns |= self._columns(job, position, key)
        return Dealing(key.backend, job.deal_context(key), seed, columns)

    def _seed(self, folder: str) -> bytes:
        return self._session.state.create_once(f"{folder}/seed", self._random(SEED_BYTES))

    def _sealing_seed(self, job: CheckedJob, folder: str, seat: int) -> bytes:
        key = self._session.proving_keys.get(job.context.setup_id)
        return job.deal_context(key).sealing_seed(self._seed(folder), seat)

    def _columns(self, job: CheckedJob, position: int, key: ProvingKey) -> dict[int, bytes]:
        places = job.positions(position)
        columns = self._datasets.columns(job.context.inputs[position].dataset_id, places, key)
        return {places[index]: column for index, column in columns.items()}


def _intent(job: CheckedJob) -> str:
    """Everything that a package depends on: order, columns and seats."""
    return document_hash(
        {
            "job_id": job.context.job_id,
            "attempt": job.context.attempt,
            "columns_hash": "0x" + job.statement.columns_hash.hex(),
            "seats": [[seat.seat, seat.node_id, seat.sealing_key] for seat in job.context.seats],
        }
    )
