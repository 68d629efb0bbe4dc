"""A receipt beside the chain: everything that the contracts know of the job must be what the receipt says.

Addresses are the receipt's own claim; what is behind them is checked by what the contracts answer: the Market
settled exactly this job with this result hash and proof, and its verifier holds the receipt's verifying key.
"""

from __future__ import annotations

from collections.abc import Iterator

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from marketplace.chain.reader import ChainReader, JobOnChain, JobState
from proofs import formats
from proofs.proof import Proof
from proofs.receipt import Receipt
from proofs.statement import BoundStatement, Result, SealedResult
from scheduler.agents.chain import chain_errors
from scheduler.agents.errors import ConfigurationError, ResultError
from scheduler.agents.settlement import settlement_of

__all__ = ["checks_against_chain"]

Check = tuple[str, str]
"""What was checked, and what was found."""


def checks_against_chain(receipt: Receipt, rpc_url: str) -> Iterator[Check]:
    """Each check that passed. Raises ResultError naming the first that does not, AgentError without a
    chain.
    """
    if receipt.chain is None:
        raise ResultError(
            "receipt_without_chain", "The receipt names no transaction.", "Get the final receipt."
        )
    claimed = receipt.chain["contracts"].items()
    addresses = {str(name): str(to_checksum_address(address)) for name, address in claimed}
    market = to_checksum_address(receipt.market)
    if addresses.get("Market") != market:
        raise _differs("market", addresses.get("Market"), market)
    reader = ChainReader(rpc_url, addresses)
    with chain_errors():
        chain_id = reader.chain_id()
    if chain_id != receipt.chain_id:
        raise ConfigurationError(
            "chain_id_mismatch",
            f"{rpc_url} is chain {chain_id}, the receipt is of chain {receipt.chain_id}.",
            "Give an RPC URL of the receipt's chain.",
        )
    yield "chain id", str(chain_id)
    yield from _contracts(reader, addresses)
    bound = receipt.bound()
    yield from _job(reader, receipt, bound)
    yield from _settlement(reader, receipt, bound)
    yield from _inputs(reader, receipt)
    yield from _verifying_key(reader, receipt)


def _contracts(reader: ChainReader, addresses: dict[str, str]) -> Iterator[Check]:
    for name, address in sorted(addresses.items()):
        with chain_errors():
            code = bytes(reader.web3.eth.get_code(to_checksum_address(address)))
        if not code:
            raise ResultError(
                "chain_disagrees", f"There is no code at {address} ({name}).", "Do not trust it."
            )
    yield "contracts have code", f"{len(addresses)}"


def _job(reader: ChainReader, receipt: Receipt, bound: BoundStatement) -> Iterator[Check]:
    with chain_errors():
        job: JobOnChain = reader.job(formats.to_hex(receipt.job_id))
    yield _equal("job state", job.state.name, JobState.SETTLED.name)
    yield _equal("program", job.program_id, formats.to_hex(receipt.program.program_id))
    yield _equal("columns", job.columns_hash, formats.to_hex(bound.statement.columns_hash))
    yield _equal("rows", job.rows, receipt.rows)
    shape = (bound.statement.left_count, bound.statement.right_count)
    yield _equal("outputs", (job.left_count, job.right_count), shape)
    licences = [formats.to_hex(entry.licence_id) for entry in receipt.inputs]
    yield _equal("licences", [item.licence_id for item in job.inputs], licences)


def _settlement(reader: ChainReader, receipt: Receipt, bound: BoundStatement) -> Iterator[Check]:
    assert receipt.chain is not None  # by checks_against_chain
    transaction = str(receipt.chain["transaction_hash"])
    found = settlement_of(reader, formats.to_hex(receipt.job_id), transaction)
    yield _equal("block", found.block_number, receipt.chain["block_number"])
    yield _equal("result", found.result_hash, formats.to_hex(bound.result.result_hash))
    yield _equal("proof", found.proof_hash, proof_hash(receipt.proof, receipt.result))


def _inputs(reader: ChainReader, receipt: Receipt) -> Iterator[Check]:
    """Every commitment is registered for its dataset, with its schema, and the dataset is the licensed
    one.
    """
    for entry in receipt.inputs:
        licence_id, dataset_id = formats.to_hex(entry.licence_id), formats.to_hex(entry.dataset_id)
        with chain_errors():
            licensed = reader.licence(licence_id).dataset_id
            dataset = reader.dataset(dataset_id)
            registered = [reader.column_hash(dataset_id, index) for index in entry.columns]
        yield _equal(f"licence {licence_id[:10]} is for dataset", licensed, dataset_id)
        yield _equal(
            f"dataset {dataset_id[:10]} schema", dataset.schema_hash, formats.to_hex(entry.schema_hash)
        )
        committed = [formats.to_hex(keccak(commitment.f)) for commitment in entry.commitments]
        _equal(f"dataset {dataset_id[:10]} commitments", registered, committed)
        yield f"dataset {dataset_id[:10]} commitments", f"{len(committed)} registered"


def _verifying_key(reader: ChainReader, receipt: Receipt) -> Iterator[Check]:
    """The contract that verified the proof holds the receipt's verifying key: its setup id is the key's
    hash.
    """
    program_id = formats.to_hex(receipt.program.program_id)
    with chain_errors():
        verifier = str(reader.job(formats.to_hex(receipt.job_id)).verifier)
        setup_id = str(reader.call("Groth16Verifier", "setupId", address=verifier))
        registered = reader.call("ProgramRegistry", "program", program_id)
    wanted = formats.to_hex(receipt.verifying_key.setup_id)
    yield _equal("verifying key", setup_id, wanted)
    if isinstance(registered, dict) and "setupId" in registered:
        yield _equal("program's setup", registered["setupId"], wanted)


def proof_hash(proof: Proof, result: Result) -> str:
    """keccak256 of the abi-encoded SealedProof or PublicProof (IGroth16Verifier.sol), as JobSettled has
    it.
    """
    parts = [proof.a, proof.b, proof.c]
    if proof.binding is not None and isinstance(result, SealedResult):
        parts += [result.commitment, proof.binding.y, proof.binding.p, proof.binding.pi]
    return formats.to_hex(keccak(b"".join(parts)))


def _equal(name: str, on_chain: object, in_receipt: object) -> Check:
    if on_chain != in_receipt:
        raise _differs(name, on_chain, in_receipt)
    return name, _shown(in_receipt)


def _differs(name: str, on_chain: object, in_receipt: object) -> ResultError:
    return ResultError(
        "chain_disagrees",
        f"{name}: the chain says {_shown(on_chain)}, the receipt {_shown(in_receipt)}",
        "The receipt is not of this job on this chain.",
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
