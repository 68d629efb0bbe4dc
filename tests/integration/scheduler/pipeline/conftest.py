"""A whole market in one process: parties that really deal, compute and prove, and a chain that is played.

Parties work on what their leases give them, through the agents' own reading of a task's context, and answer
with real shares, proofs and signatures. The chain does what its contracts would: it mines wishes in order and
tells the market as the indexer does. Everything else is the market itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from eth_utils.crypto import keccak
from nacl.public import PublicKey, SealedBox

from marketplace.accounts.models import Party
from marketplace.chain.encoding import text_from_bytes32
from marketplace.chain.models import ChainTransaction
from marketplace.chain.reader import encode_call
from marketplace.orders.models import Job, JobState
from marketplace.orders.transitions import JobTransition, job_transition
from marketplace.signing.canonical import document_hash
from marketplace.signing.eip712 import Contribution, Deal, TypedMessage
from marketplace.signing.sealing import ephemeral_secret, seal
from proofs import blame, node
from proofs.backend import available_backends
from proofs.deal_commitments import DealerCommitments, commit_deal
from proofs.errors import ProofSystemError
from proofs.messages import Round1Message, Round2Message
from proofs.sharing import DealerPackage, Dealing
from scheduler.agents.chain import Deployment as PartyDeployment
from scheduler.agents.decoding import decode
from scheduler.agents.jobs import CheckedJob, check_job
from scheduler.agents.wire import TaskContext
from scheduler.leases.blobs import blob_declare, blob_open, blob_store
from scheduler.leases.closing import leases_sweep
from scheduler.leases.models import Lease, Task, TaskKind, TaskState
from scheduler.leases.services import lease_fail, lease_finish, lease_take
from scheduler.pipeline.accusing import binding_claim, own_claim
from scheduler.pipeline.runner import job_step, step_of

Result = dict[str, Any]
Tamper = Callable[[str, Result], Result]


class Refused(Exception):
    """A party fails its task with this code."""

    def __init__(self, code: str, detail: str = "", evidence: dict[str, Any] | None = None) -> None:
        self.code, self.detail, self.evidence = code, detail, evidence


@dataclass
class Actor:
    """One party at work. ``tamper`` changes what it would honestly answer, before it is signed."""

    market: Any
    member: Any
    columns: dict[int, bytes] = field(default_factory=dict)
    tamper: Tamper = lambda kind, content: content
    is_silent: bool = False
    stalls_at: str = ""
    """A kind of task that it takes and neither answers nor gives back."""
    _kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def party(self) -> Party:
        return self.member.party

    def work(self) -> bool:
        """Take one lease and answer it; whether there was one."""
        if self.is_silent:
            return False
        Party.objects.filter(id=self.party.id).update(last_seen_at=timezone.now())
        lease = lease_take(party=self.party, kinds=list(TaskKind))
        if lease is None:
            return False
        if lease.task.kind == self.stalls_at:
            return True
        keys = {"party": self.party, "lease_id": lease.id, "fencing_token": lease.fencing_token}
        try:
            result = getattr(self, lease.task.kind)(lease, self.read(lease))
        except Refused as refusal:
            lease_fail(code=refusal.code, detail=refusal.detail, evidence=refusal.evidence, **keys)
        else:
            lease_finish(result=result, **keys)
        return True

    def read(self, lease: Lease) -> CheckedJob:
        context = decode(TaskContext, lease.task.payload["context"], where="context")
        return check_job(context, PartyDeployment(31337, self.market.deployment.addresses))

    # connector ---------------------------------------------------------------------------------
    def deal(self, lease: Lease, job: CheckedJob) -> Result:
        self.tamper("before_deal", {})
        dealing = self._dealing(lease, job)
        packages = []
        for seat in job.context.seats:
            plain = self.tamper(f"package-{seat.seat}", {"package": dealing.package(seat.seat)})["package"]
            sealed = seal(
                bytes.fromhex(seat.sealing_key[2:]), plain.to_bytes(), self._seal_seed(lease, seat.seat)
            )
            deal = Deal(job.context.job_id, job.context.attempt, seat.seat, "0x" + keccak(sealed).hex())
            packages.append(
                {
                    "seat": seat.seat,
                    "blob_id": self._upload(sealed, "share", lease, seat.party_id),
                    "content_hash": deal.content_hash,
                    "signature": deal.sign(self.market.domain("Market"), self.member.account.key),
                }
            )
        return self.tamper("deal", {"packages": packages})

    def blame_deal(self, lease: Lease, job: CheckedJob) -> Result:
        challenge = int(lease.task.payload["round2"][0]["round2"]["z"], 16)
        made = commit_deal(self.market.key, self._dealing(lease, job), challenge)
        return self._signed(lease, 3, self.tamper("blame_deal", {"commitments": made.document()}))

    def blame_open(self, lease: Lease, job: CheckedJob) -> Result:
        seat = lease.task.seat
        secret = ephemeral_secret(self._seal_seed(lease, seat))
        opening = {"seat": seat, "ephemeral_secret": "0x" + secret.hex()}
        return self._signed(lease, 5, self.tamper("blame_open", {"opening": opening}))

    def _seal_seed(self, lease: Lease, seat: int) -> bytes:
        return bytes(keccak(text=f"{self.party.name} {lease.task.job_id} {lease.task.attempt} {seat}"))

    def _dealing(self, lease: Lease, job: CheckedJob) -> Dealing:
        own = lease.task.payload["input_positions"]
        places = [job.positions(position) for position in own]
        columns = {place: self.columns[index] for part in places for index, place in part.items()}
        seed = keccak(text=f"{self.party.name} {job.context.job_id} {job.context.attempt}")
        return Dealing(self.market.key.backend, job.deal_context(self.market.key), seed, columns)

    # node --------------------------------------------------------------------------------------
    def compute(self, lease: Lease, job: CheckedJob) -> Result:
        done = node.round1(self.market.key, job.statement, self._packages(lease, job))
        self._kept[lease.task.job_id, lease.task.attempt, "state"] = done.state
        content = self.tamper("compute", {"round1": done.message.document()})
        result = self._signed(lease, 1, content)
        if done.share is not None:
            key = PublicKey(bytes.fromhex(job.order.recipient_key[2:]))
            sealed = bytes(SealedBox(key).encrypt(done.share.to_bytes()))
            consumer = str(self.market.consumer.party.id)
            result["result_share"] = {"blob_id": self._upload(sealed, "result_share", lease, consumer)}
        return result

    def prove(self, lease: Lease, job: CheckedJob) -> Result:
        answers = [Round1Message.from_document(e["round1"], e["seat"]) for e in lease.task.payload["round1"]]
        state = self._kept[lease.task.job_id, lease.task.attempt, "state"]
        done = node.round2(
            self.market.key, job.job, job.statement, self._packages(lease, job), state, answers
        )
        content = self.tamper("prove", {"round2": done.message.document()})
        result = self._signed(lease, 2, content)
        with suppress(ProofSystemError):  # what is not even well-formed cannot be signed for the chain
            message = Round2Message.from_document(content["round2"], lease.task.seat)
            if message.binding is not None:
                result["binding_signature"] = self.for_chain(binding_claim(lease.task, message))
        return result

    def blame_prove(self, lease: Lease, job: CheckedJob) -> Result:
        dealt = [DealerCommitments.from_document(e["commitments"]) for e in lease.task.payload["commitments"]]
        answer = blame.answer_blame(
            self.market.key, job.job, job.statement, self._packages(lease, job), dealt
        )
        name = "accusation" if isinstance(answer, blame.Accusation) else "own_statement"
        content = self.tamper("blame_prove", {name: answer.document()})
        result = self._signed(lease, 4, content)
        if "own_statement" in content:
            own = blame.OwnStatement.from_document(content["own_statement"], lease.task.seat)
            result["evidence_signature"] = self.for_chain(own_claim(lease.task, own))
        return result

    def for_chain(self, message: TypedMessage) -> str:
        """What a node signs for the contract Evidence."""
        return message.sign(self.market.domain(message.CONTRACT), self.member.account.key)

    def _packages(self, lease: Lease, job: CheckedJob) -> list[DealerPackage]:
        """From the compute task's payload, and from memory afterwards."""
        kept = (lease.task.job_id, lease.task.attempt, "packages")
        if kept not in self._kept:
            context = job.deal_context(self.market.key)
            packages = []
            for reference in lease.task.payload["packages"]:
                _, content = blob_open(party=self.party, blob_id=reference["blob_id"])
                with content:
                    plain = SealedBox(self.member.sealing).decrypt(content.read())
                packages.append(
                    DealerPackage.from_bytes(
                        self.market.key.backend, plain, context=context, seat=lease.task.seat
                    )
                )
            self._kept[kept] = packages
        return list(self._kept[kept])

    # both --------------------------------------------------------------------------------------
    def _signed(self, lease: Lease, number: int, content: Result) -> Result:
        (body,) = content.values()
        task = lease.task
        message = Contribution(task.job_id, task.attempt, number, task.seat, document_hash(body))
        signature = message.sign(self.market.domain("Market"), self.member.account.key)
        return {**content, "content_hash": message.content_hash, "signature": signature}

    def _upload(self, content: bytes, purpose: str, lease: Lease, recipient_id: str) -> str:
        blob = blob_declare(
            owner=self.party,
            purpose=purpose,
            size=len(content),
            sha256="0x" + hashlib.sha256(content).hexdigest(),
            job_id=lease.task.job_id,
            recipient_id=recipient_id,
        )
        blob_store(owner=self.party, blob_id=blob.id, chunks=[content], check_digest=lambda _: None)
        return str(blob.id)


class PlayedChain:
    """Mines the outbox's wishes in order. ``refusals``: function → error name of the contract."""

    def __init__(self, make_event: Callable[..., Any]) -> None:
        self.make_event = make_event
        self.refusals: dict[str, str] = {}
        self.is_reachable = True
        self.mined: list[str] = []

    def mine(self) -> bool:
        """Whether anything happened."""
        if not self.is_reachable:
            return False
        due = ChainTransaction.objects.filter(state="QUEUED", next_attempt_at__lte=timezone.now())
        wishes = list(due.order_by("sequence"))
        for wish in wishes:
            encode_call(wish.contract, wish.function, wish.arguments)
            if wish.function in self.refusals:
                self._update(wish, state="REVERTED", error_name=self.refusals[wish.function], error_code="x")
                continue
            event = getattr(self, f"_{wish.function}")(wish)
            self.mined.append(wish.function)
            block = event.block_number if event else 1
            tx_hash = event.transaction_hash if event else "0x" + "ab" * 32
            self._update(wish, state="MINED", tx_hash=tx_hash, block_number=block, gas_used=300_000)
        return bool(wishes)

    def _update(self, wish: ChainTransaction, **fields: Any) -> None:
        """Past the table of the outbox's states, which is tested with the real chain."""
        if fields["state"] == "MINED":
            fields |= {"block_hash": "0x" + "cd" * 32, "nonce": wish.sequence, "signer": self._signer()}
        ChainTransaction.objects.filter(pk=wish.pk).update(**fields)

    def _signer(self) -> Any:
        from marketplace.chain.models import SignerAccount

        account, _ = SignerAccount.objects.get_or_create(chain_id=31337, address="0x" + "11" * 20)
        return account

    def _move(self, wish: ChainTransaction, transition: JobTransition, **fields: Any) -> None:
        job_transition(job=Job.objects.get(job_id=wish.job_id), event=transition, **fields)

    def _open(self, wish: ChainTransaction) -> Any:
        self._move(wish, JobTransition.OPEN)

    def _startDealing(self, wish: ChainTransaction) -> Any:  # noqa: N802 - the contract's name
        return None

    def _reseat(self, wish: ChainTransaction) -> Any:
        self._move(wish, JobTransition.RESEAT)

    def _settleSealed(self, wish: ChainTransaction) -> Any:  # noqa: N802 - the contract's name
        event = self.make_event("Market", "JobSettled", {"jobId": wish.job_id})
        self._move(wish, JobTransition.SETTLE)
        return event

    _settlePublic = _settleSealed  # noqa: N815 - the contract's name

    def _fail(self, wish: ChainTransaction) -> Any:
        self._move(wish, JobTransition.FAIL, reason_code=text_from_bytes32(wish.arguments[1]))

    def _accuse(self, wish: ChainTransaction) -> Any:
        """What Evidence does changes nothing of the job."""

    _accuseBinding = _demandContribution = _demandDeal = _accuse  # noqa: N815 - the contract's names

    def _expire(self, wish: ChainTransaction) -> Any:
        self._move(wish, JobTransition.EXPIRE, reason_code="deadline_passed")


class World:
    """Market, parties and chain; ``run`` lets everyone act until nothing moves any more."""

    def __init__(self, market: Any, chain: PlayedChain) -> None:
        self.market = market
        self.chain = chain
        self.actors: dict[str, Actor] = {}
        for name in ("telecom", "bank"):
            provider = market.add_provider(name)
            self.actors[name] = Actor(market, provider.member, columns=provider.columns)

    def add_nodes(self, count: int) -> None:
        for number in range(len(self.actors) - 1, len(self.actors) - 1 + count):
            self.actors[f"node-{number}"] = Actor(self.market, self.market.add_node(f"node-{number}"))

    def step(self, job: Job) -> bool:
        """One step of the pipeline; whether the job moved."""
        before = self._mark(job)
        step = step_of(job.job_id)
        assert step is not None
        job_step(job.job_id, step)
        return self._mark(job) != before

    def run(self, job: Job, *, until: JobState | None = None, rounds: int = 60) -> Job:
        for _ in range(rounds):
            job.refresh_from_db()
            if until is not None and job.state == until:
                return job
            moved = self.step(job)
            moved |= self.chain.mine()
            for actor in self.actors.values():
                moved |= actor.work()
            if not moved:
                break
        job.refresh_from_db()
        return job

    def actor_of_seat(self, job: Job, seat: int, attempt: int = 1) -> Actor:
        node_id = job.seats.get(seat=seat, attempt=attempt).node_id
        return next(a for a in self.actors.values() if a.member.node and a.member.node.node_id == node_id)

    def events(self, job: Job) -> list[str]:
        return list(job.events.order_by("sequence").values_list("kind", flat=True))

    def lose_silent(self, job: Job) -> None:
        """So much time passes that the sweep gives up the tasks of silent nodes."""
        for actor in self.actors.values():
            if actor.is_silent:
                long_ago = timezone.now() - timedelta(hours=1)
                Party.objects.filter(id=actor.party.id).update(last_seen_at=long_ago)
                Task.objects.filter(job=job, party=actor.party, state=TaskState.READY).update(
                    ready_at=long_ago
                )
        leases_sweep()

    def refused(self, code: str, detail: str = "", evidence: Any = None) -> Refused:
        return Refused(code, detail, evidence)

    def pass_deadline(self, job: Job) -> None:
        Job.objects.filter(job_id=job.job_id).update(deadline=timezone.now() - timedelta(seconds=30))

    def tasks(self, job: Job, kind: str) -> list[str]:
        """States of the job's tasks of one kind."""
        return list(job.tasks.filter(kind=kind).values_list("state", flat=True))

    @property
    def committed(self) -> dict[Any, Any]:
        """What dealers committed to, by party."""
        tasks = Task.objects.filter(kind=TaskKind.BLAME_DEAL, state=TaskState.DONE)
        return {task.party_id: (task.result or {})["commitments"] for task in tasks}

    def _mark(self, job: Job) -> tuple[Any, ...]:
        job.refresh_from_db()
        tasks = sorted(job.tasks.values_list("id", "state"))
        return job.state, job.attempt, job.events.count(), tasks, job.chain_transactions.count()


@pytest.fixture
def quick_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both verifications on the fastest backend; py_ecc takes seconds and has its own test."""
    monkeypatch.setattr("scheduler.pipeline.steps.proving.REFERENCE", available_backends()[0])


@pytest.fixture
def world(
    market: Any, make_event: Callable[..., Any], broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Two providers, a consumer, three nodes. The market takes two per cent."""
    monkeypatch.setattr("scheduler.pipeline.offers.market_fee_bps", lambda: 200)
    made = World(market, PlayedChain(make_event))
    made.add_nodes(3)
    return made


def tampering(kind: str, change: Callable[[Result], Result]) -> Tamper:
    """Change the content of one kind of answer, leave all others honest."""
    return lambda name, content: change(content) if name == kind else content


@pytest.fixture
def tamper_with() -> Callable[..., Tamper]:
    return tampering


def done_tasks(job: Job, kind: str) -> int:
    return int(job.tasks.filter(kind=kind, state=TaskState.DONE).count())
