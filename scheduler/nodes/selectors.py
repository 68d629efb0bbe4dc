"""Reads of nodes."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from marketplace.chain.binding import bound_to
from scheduler.nodes.errors import NodeUnknown
from scheduler.nodes.models import Availability, Node

__all__ = ["is_draining", "node_get", "nodes_listed", "nodes_of_party"]


def nodes_listed() -> QuerySet[Node]:
    """Those of the current deployment."""
    return Node.objects.filter(chain_contract=bound_to("NodeRegistry")).select_related("party__organisation")


def nodes_of_party(*, party_id: UUID) -> QuerySet[Node]:
    return nodes_listed().filter(party_id=party_id)


def node_get(*, node_id: str) -> Node:
    """Raises NodeUnknown."""
    node = nodes_listed().filter(node_id=node_id).first()
    if node is None:
        raise NodeUnknown(f"there is no node {node_id}", node_id=node_id)
    return node


def is_draining(party_id: UUID) -> bool:
    """Whether the party should take no new work: it has nodes, and every one is draining."""
    availabilities = set(Node.objects.filter(party_id=party_id).values_list("availability", flat=True))
    return availabilities == {Availability.DRAINING}
