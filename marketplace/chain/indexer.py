"""Reads what happened on the chain into the database, and applies it through the handlers.

Two steps, both safe to repeat and to interrupt: blocks are stored with a checkpoint that moves by compare-
and-set; then every stored event that is not handled yet is handled in order, each in a database transaction
of its own. When the chain drops blocks, their events are marked as orphaned, the checkpoint goes back, and
the new blocks are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from eth_utils.address import to_checksum_address
from web3.exceptions import BlockNotFound, Web3RPCError
from web3.types import BlockData, LogReceipt

from marketplace.chain.abi import decode_event, event_by_topic
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ChainUnreachable, CheckpointLost, DeploymentMismatch
from marketplace.chain.locks import advisory_lock
from marketplace.chain.models import ChainEvent, Checkpoint, IndexedBlock
from marketplace.chain.reader import ChainReader
from marketplace.chain.rpc import chain_failures_typed

__all__ = ["EventHandler", "IndexSummary", "Indexer"]

logger = structlog.get_logger(__name__)

EventHandler = Callable[[ChainEvent], None]
DEFAULT_SPAN_BLOCKS = 500
HANDLED_AT_ONCE = 200


@dataclass(slots=True)
class IndexSummary:
    """What one pass did."""

    events: int = 0
    rolled_back_blocks: int = 0
    problems: int = 0


class Indexer:
    """The index of one deployment.

    `on_orphaned` is told, in the same transaction, which events are no more.
    """

    def __init__(
        self,
        *,
        reader: ChainReader,
        deployment: Deployment,
        handle: EventHandler,
        on_orphaned: Callable[[Sequence[ChainEvent]], None],
        confirmations: int = 0,
        span_blocks: int = DEFAULT_SPAN_BLOCKS,
    ) -> None:
        self._web3 = reader.web3
        self._deployment = deployment
        self._names = {address.lower(): name for name, address in deployment.addresses.items()}
        self._handle = handle
        self._on_orphaned = on_orphaned
        self._confirmations = confirmations
        self._span_blocks = span_blocks

    def run(self) -> IndexSummary:
        """Catch up with the chain; return at once if another process is at it. Raises `ChainUnreachable`."""
        summary = IndexSummary()
        with advisory_lock(f"indexer/{self._deployment.name}") as is_held:
            if is_held:
                try:
                    self._read_blocks(summary)
                finally:
                    self._handle_pending(summary)
        return summary

    # Reading -----------------------------------------------------------------------------------

    def _read_blocks(self, summary: IndexSummary) -> None:
        with chain_failures_typed():
            checkpoint = self._checkpoint()
            checkpoint = self._roll_back_if_reorganised(checkpoint, summary)
            target = self._web3.eth.block_number - self._confirmations
            span = self._span_blocks
            while checkpoint.block_number < target:
                last = min(checkpoint.block_number + span, target)
                try:
                    checkpoint = self._read_range(checkpoint, last, target, summary)
                except Web3RPCError:  # providers refuse ranges with too many blocks or events
                    if span == 1:
                        raise
                    span //= 2

    def _checkpoint(self) -> Checkpoint:
        stored = Checkpoint.objects.filter(name=self._deployment.name).first()
        if stored is not None:
            return stored
        start = self._block(max(self._deployment.block_number - 1, 0))
        with transaction.atomic():
            checkpoint, _ = Checkpoint.objects.get_or_create(
                name=self._deployment.name,
                defaults={"block_number": start["number"], "block_hash": _hex(start["hash"])},
            )
            self._store_block(checkpoint, start)
        return checkpoint

    def _read_range(
        self, checkpoint: Checkpoint, last_number: int, target: int, summary: IndexSummary
    ) -> Checkpoint:
        """Store blocks after the checkpoint up to `last_number`, all of one chain, or nothing at all."""
        first, last = self._block(checkpoint.block_number + 1), self._block(last_number)
        logs = self._logs(int(first["number"]), last_number)
        blocks = {int(block["number"]): block for block in (first, last)}
        for number in {int(log["blockNumber"]) for log in logs} - blocks.keys():
            blocks[number] = self._block(number)
        is_one_chain = (
            _hex(first["parentHash"]) == checkpoint.block_hash
            and all(log["blockHash"] == blocks[int(log["blockNumber"])]["hash"] for log in logs)
            and self._block(last_number)["hash"] == last["hash"]
        )
        if not is_one_chain:
            return self._roll_back_if_reorganised(checkpoint, summary)
        with transaction.atomic():
            self._move(checkpoint, last, head_number=target)
            for number in sorted(blocks):
                self._store_block(checkpoint, blocks[number])
            for log in logs:
                summary.events += self._store_event(checkpoint, log, blocks[int(log["blockNumber"])])
        return checkpoint

    def _logs(self, first: int, last: int) -> list[LogReceipt]:
        addresses = [to_checksum_address(address) for address in self._deployment.addresses.values()]
        return list(self._web3.eth.get_logs({"fromBlock": first, "toBlock": last, "address": addresses}))

    def _store_block(self, checkpoint: Checkpoint, block: BlockData) -> None:
        IndexedBlock.objects.update_or_create(
            checkpoint=checkpoint,
            number=block["number"],
            defaults={
                "block_hash": _hex(block["hash"]),
                "parent_hash": _hex(block["parentHash"]),
                "mined_at": _time(block),
            },
        )

    def _store_event(self, checkpoint: Checkpoint, log: LogReceipt, block: BlockData) -> int:
        contract = self._names[str(log["address"]).lower()]
        item = event_by_topic(contract).get(bytes(log["topics"][0])) if log["topics"] else None
        if item is None:  # an event of a library, such as RoleGranted, that is not in our interfaces
            return 0
        ChainEvent.objects.update_or_create(
            block_hash=_hex(log["blockHash"]),
            log_index=log["logIndex"],
            defaults={
                "checkpoint": checkpoint,
                "block_number": log["blockNumber"],
                "transaction_hash": _hex(log["transactionHash"]),
                "contract": contract,
                "name": item.name,
                "arguments": decode_event(
                    item, [bytes(topic) for topic in log["topics"]], bytes(log["data"])
                ),
                "mined_at": _time(block),
                "orphaned_at": None,
                "handled_at": None,
                "problem": "",
            },
        )
        return 1

    # Reorganisations ---------------------------------------------------------------------------

    def _roll_back_if_reorganised(self, checkpoint: Checkpoint, summary: IndexSummary) -> Checkpoint:
        """Go back to the newest indexed block that is still part of the chain."""
        if self._is_canonical(checkpoint.block_number, checkpoint.block_hash):
            return checkpoint
        for block in checkpoint.blocks.order_by("-number"):
            if self._is_canonical(block.number, block.block_hash):
                summary.rolled_back_blocks += checkpoint.block_number - block.number
                self._roll_back(checkpoint, block)
                return checkpoint
        raise DeploymentMismatch(
            f"no block that was indexed for {checkpoint.name} is part of this chain: it was wiped, or "
            "ETH_RPC_URL leads to another one"
        )

    def _roll_back(self, checkpoint: Checkpoint, ancestor: IndexedBlock) -> None:
        with transaction.atomic():
            orphans = list(
                checkpoint.events.filter(
                    block_number__gt=ancestor.number, orphaned_at__isnull=True
                ).select_for_update()
            )
            from_number = checkpoint.block_number
            self._move_to(checkpoint, ancestor.number, ancestor.block_hash, checkpoint.head_number)
            checkpoint.blocks.filter(number__gt=ancestor.number).delete()
            ChainEvent.objects.filter(pk__in=[event.pk for event in orphans]).update(
                orphaned_at=timezone.now()
            )
            self._on_orphaned(orphans)
        logger.warning(
            "chain_reorganised", from_block=from_number, to_block=ancestor.number, orphaned=len(orphans)
        )

    def _is_canonical(self, number: int, block_hash: str) -> bool:
        try:
            return _hex(self._web3.eth.get_block(number)["hash"]) == block_hash
        except BlockNotFound:
            return False

    def _block(self, number: int) -> BlockData:
        try:
            return self._web3.eth.get_block(number)
        except BlockNotFound as error:  # the chain shrank while we read, or nodes behind one address differ
            raise ChainUnreachable(f"the chain's node does not have block {number} at present") from error

    def _move(self, checkpoint: Checkpoint, block: BlockData, *, head_number: int) -> None:
        self._move_to(checkpoint, int(block["number"]), _hex(block["hash"]), head_number)

    def _move_to(self, checkpoint: Checkpoint, number: int, block_hash: str, head_number: int) -> None:
        """Compare-and-set; raises `CheckpointLost` when someone else moved it."""
        moved = Checkpoint.objects.filter(
            name=checkpoint.name, block_number=checkpoint.block_number, block_hash=checkpoint.block_hash
        ).update(
            block_number=number, block_hash=block_hash, head_number=head_number, updated_at=timezone.now()
        )
        if not moved:
            raise CheckpointLost(f"{checkpoint.name} is no longer at block {checkpoint.block_number}")
        checkpoint.block_number, checkpoint.block_hash = number, block_hash

    # Handling ----------------------------------------------------------------------------------

    def _handle_pending(self, summary: IndexSummary) -> None:
        """Handle what is stored and not handled, oldest first. One that fails is tried again next time."""
        pending = ChainEvent.objects.filter(
            checkpoint=self._deployment.name, handled_at__isnull=True, orphaned_at__isnull=True
        ).order_by("block_number", "log_index")
        for event in list(pending[:HANDLED_AT_ONCE]):
            problem = self._handle_one(event)
            if problem is None:
                continue
            summary.problems += 1
            if problem != event.problem:
                logger.error(
                    "chain_event_not_handled", contract=event.contract, name=event.name, problem=problem
                )
                ChainEvent.objects.filter(pk=event.pk).update(problem=problem)

    def _handle_one(self, event: ChainEvent) -> str | None:
        try:
            with transaction.atomic():
                self._handle(event)
                event.handled_at = timezone.now()
                event.problem = ""
                event.save(update_fields=["handled_at", "problem"])
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None


def _hex(value: Any) -> str:
    return "0x" + bytes(value).hex()


def _time(block: BlockData) -> datetime:
    return datetime.fromtimestamp(int(block["timestamp"]), UTC)
