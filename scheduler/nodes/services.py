"""Writes of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from marketplace.accounts.models import Party, PartyKind
from marketplace.chain.conf import deployment_current
from marketplace.chain.encoding import text_from_bytes32
from marketplace.chain.services import transaction_enqueue
from marketplace.orders.models import Job
from marketplace.signing.eip712 import Eip712Domain, RegisterNode
from marketplace.signing.errors import SigningError
from scheduler.nodes.domain import Capabilities
from scheduler.nodes.errors import NodeExists, NodeUnknown, RegistrationInvalid
from scheduler.nodes.models import Availability, Node, NodeOutcome, NodeState, Tier

__all__ = [
    "node_availability_set",
    "node_mark_registered",
    "node_note_speed",
    "node_outcome_append",
    "node_project",
    "node_register",
    "node_unmark_registered",
]

logger = structlog.get_logger(__name__)

LARGEST_FEE = 2**96 - 1
REGION_CHARACTERS = 32


def node_register(
    *, party: Party, registration: Mapping[str, Any], signature: str, capabilities: Mapping[str, Any]
) -> Node:
    """Check a signed registration, keep it, and put it into the chain's outbox, in one transaction.

    The same registration of the same party again returns the node that is there. Raises
    RegistrationInvalid, CapabilitiesInvalid, NodeExists.
    """
    able = Capabilities.from_json(capabilities)
    message, node_id = _checked(party=party, registration=registration, signature=signature)
    with transaction.atomic():
        node, is_new = Node.objects.get_or_create(
            node_id=node_id,
            defaults={
                "party": party,
                "operator": message.operator,
                "signer": message.signer,
                "sealing_key": message.sealing_key,
                "tier": message.tier,
                "region": text_from_bytes32(message.region),
                "fee_per_job": message.fee_per_job,
                "registration": {"message": message.to_json(), "signature": signature},
                "capabilities": able.to_json(),
            },
        )
        if node.party_id != party.id:
            raise NodeExists(f"node {node_id} was registered by another party", node_id=node_id)
        if is_new:
            _enqueue_registration(node=node, message=message, signature=signature)
    return node


def node_mark_registered(*, node_id: str) -> None:
    """The chain's NodeRegistered was indexed. Repeating it changes nothing; an unknown node is ignored."""
    changed = Node.objects.filter(node_id=node_id, state=NodeState.SUBMITTED).update(
        state=NodeState.REGISTERED
    )
    if changed:
        logger.info("node_registered", node_id=node_id)


def node_unmark_registered(*, node_id: str) -> None:
    """REGISTERED → SUBMITTED, because a reorganisation took the event away."""
    Node.objects.filter(node_id=node_id, state=NodeState.REGISTERED).update(state=NodeState.SUBMITTED)


def node_project(*, node_id: str, update: Mapping[str, Any] | None) -> None:
    """What the chain says of a node now: the newest `NodeUpdated`, or its registration without one."""
    node = Node.objects.select_for_update().filter(node_id=node_id).first()
    if node is None:
        return
    registered = node.registration["message"]
    said = registered if update is None else update
    node.signer = said["signer"]
    node.sealing_key = said["sealingKey"]
    node.fee_per_job = int(said["feePerJob"])
    node.is_active = True if update is None else update["isActive"]
    node.version = 0 if update is None else update["version"]
    node.save(update_fields=["signer", "sealing_key", "fee_per_job", "is_active", "version"])


def node_availability_set(*, party: Party, node_id: str, availability: Availability) -> Node:
    """What the node's own party says about it. Raises NodeUnknown for any other party."""
    changed = Node.objects.filter(node_id=node_id, party=party).update(availability=availability)
    if not changed:
        raise NodeUnknown(f"this party has no node {node_id}", node_id=node_id)
    return Node.objects.select_related("party").get(node_id=node_id)


def node_outcome_append(*, node_id: str, job: Job, attempt: int, kind: NodeOutcome.Kind) -> None:
    """How the node did in the attempt; the same again changes nothing."""
    NodeOutcome.objects.get_or_create(node_id=node_id, job=job, attempt=attempt, kind=kind)


def node_note_speed(*, node_id: str, cells: int, seconds: float) -> None:
    """One answered task of ``cells`` = rows × columns took ``seconds`` from lease to answer."""
    Node.objects.filter(node_id=node_id).update(
        compute_cells=F("compute_cells") + cells, compute_seconds=F("compute_seconds") + seconds
    )


def _checked(*, party: Party, registration: Mapping[str, Any], signature: str) -> tuple[RegisterNode, str]:
    if party.kind != PartyKind.NODE:
        raise RegistrationInvalid(f"{party.name} is a {party.kind}; only a node's party registers nodes")
    deployment = deployment_current()
    domain = Eip712Domain(deployment.chain_id, deployment.addresses[RegisterNode.CONTRACT])
    try:
        message = RegisterNode.from_json(registration)
        signed_by = message.recover(domain, signature)
    except SigningError as error:
        raise RegistrationInvalid(str(error)) from error
    if (message.signer, message.sealing_key) != (party.eth_address, party.sealing_key):
        raise RegistrationInvalid("signer and sealingKey are not the Ethereum and sealing key of this party")
    if signed_by != message.operator:
        raise RegistrationInvalid(f"the signature is by {signed_by}, not by the operator {message.operator}")
    if message.deadline <= timezone.now().timestamp():
        raise RegistrationInvalid("the registration's deadline has passed; sign it with a later one")
    if message.tier not in Tier.values:
        raise RegistrationInvalid(f"tier {message.tier} is none of cloud (0), network (1), edge (2)")
    if message.fee_per_job > LARGEST_FEE:
        raise RegistrationInvalid(f"the fee per job is above {LARGEST_FEE}, the most that a seat holds")
    region = text_from_bytes32(message.region)
    if not region.isprintable() or not 1 <= len(region) <= REGION_CHARACTERS:
        raise RegistrationInvalid("the region is not 1 to 32 printable ASCII characters as bytes32")
    return message, message.digest(domain)


def _enqueue_registration(*, node: Node, message: RegisterNode, signature: str) -> None:
    transaction_enqueue(
        kind="register_node",
        dedupe_key=f"register-node/{node.node_id}",
        contract=RegisterNode.CONTRACT,
        function="registerNode",
        arguments=[[getattr(message, item.name) for item in fields(message)], signature],
    )
    logger.info("node_submitted", node_id=node.node_id, party_id=str(node.party_id))
