"""Events of the NodeRegistry contract."""

from __future__ import annotations

from marketplace.chain.models import ChainEvent
from scheduler.nodes.services import node_mark_registered

__all__ = ["node_registered"]


def node_registered(event: ChainEvent) -> None:
    """SUBMITTED → REGISTERED."""
    node_mark_registered(node_id=event.arguments["nodeId"])
