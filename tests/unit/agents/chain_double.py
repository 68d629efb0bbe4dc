"""What the contracts would say, held in memory: stands in for ``ChainReader`` where no chain is needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from eth_abi.abi import encode
from web3.exceptions import TransactionNotFound

from marketplace.chain.abi import event_by_topic
from marketplace.chain.reader import (
    DatasetState,
    JobInputState,
    JobOnChain,
    JobState,
    LicenceState,
    NodeOnChain,
    Quantity,
    QuantityState,
    SeatState,
)

NOTHING = Quantity(0, 0, 0)


@dataclass
class ChainDouble:
    """Tests change its tables to make the chain say something else."""

    addresses: dict[str, str]
    jobs: dict[str, JobOnChain] = field(default_factory=dict)
    nodes: dict[str, NodeOnChain] = field(default_factory=dict)
    licences: dict[str, LicenceState] = field(default_factory=dict)
    reserved: dict[str, Quantity] = field(default_factory=dict)
    datasets: dict[str, DatasetState] = field(default_factory=dict)
    column_hashes: dict[tuple[str, int], str] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=lambda: {"NodeRegistry.minimumStake": 100})
    stakes: dict[str, int] = field(default_factory=dict)
    timestamp: int = 0

    @property
    def web3(self) -> Any:
        return SimpleNamespace(
            eth=SimpleNamespace(get_transaction_receipt=self._receipt, get_code=lambda address: b"\x60")
        )

    def chain_id(self) -> int:
        return 31337

    def head(self) -> tuple[int, int]:
        return 1, self.timestamp

    def job(self, job_id: str) -> JobOnChain:
        return self.jobs.get(job_id) or NO_JOB

    def node(self, node_id: str) -> NodeOnChain:
        return self.nodes[node_id]

    def licence(self, licence_id: str) -> LicenceState:
        return self.licences[licence_id]

    def quantities(self, licence_id: str) -> QuantityState:
        return QuantityState(NOTHING, NOTHING, self.reserved[licence_id], NOTHING)

    def dataset(self, dataset_id: str) -> DatasetState:
        return self.datasets[dataset_id]

    def column_hash(self, dataset_id: str, index: int) -> str:
        return self.column_hashes[dataset_id, index]

    def call(self, contract: str, function: str, *arguments: object, **_: object) -> Any:
        if function == "stakeOf":
            return {"bonded": self.stakes.get(str(arguments[0]), 0), "unbonding": 0, "withdrawableAt": 0}
        return self.answers[f"{contract}.{function}"]

    def settle(self, job_id: str, result_hash: str, proof_hash: str, transaction_hash: str) -> None:
        """The job is settled by a transaction with a JobSettled event."""
        self.jobs[job_id] = replace(self.jobs[job_id], state=JobState.SETTLED)
        topic, _ = next((t, e) for t, e in event_by_topic("Market").items() if e.name == "JobSettled")
        words = [bytes.fromhex(text[2:]) for text in (result_hash, proof_hash)]
        data = encode(
            ["uint256", "bytes32", "bytes32", "(address,uint256)[]"],
            [7, *words, [(self.addresses["Market"], 5)]],
        )
        program_id = bytes.fromhex(self.jobs[job_id].program_id[2:])
        log = {
            "address": self.addresses["Market"],
            "topics": [topic, bytes.fromhex(job_id[2:]), program_id],
            "data": data,
        }
        self.receipts[transaction_hash] = {"logs": [log], "blockNumber": 9, "gasUsed": 123_456}

    def _receipt(self, transaction_hash: str) -> dict[str, Any]:
        if transaction_hash not in self.receipts:
            raise TransactionNotFound("none")
        return self.receipts[transaction_hash]


NO_JOB = JobOnChain(
    state=JobState.NONE,
    consumer="0x" + "00" * 20,
    deadline=0,
    visibility=0,
    is_dealing=False,
    verifier="0x" + "00" * 20,
    rows=0,
    left_count=0,
    right_count=0,
    program_id="0x" + "00" * 32,
    columns_hash="0x" + "00" * 32,
    price=0,
    max_price=0,
    fee_bps=0,
    inputs=(JobInputState("0x" + "00" * 32, "0x" + "00" * 20, 0, 0),),
    seats=(SeatState("0x" + "00" * 20, 0),),
)
